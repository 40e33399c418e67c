#pragma once

#include "io/redis/client.hpp"

namespace acme::limits {

/// The window in Redis. Private to the room.
///
/// KEYS: the window; a companion, if there is one. ARGV: limit, weight, seconds of the window, and
/// what passed unheard by Redis, which counts in any case. Answers the companion alone if it is not
/// alive, else companion, whether it passes, what had passed before, and milliseconds until more
/// may. The same as Window; but a clock that went back takes all of it along: how long ago its
/// newest second was is not known then, so it was just now.
inline constexpr redis::Script count_request{"limits.count", R"lua(
    local companion = ''
    if KEYS[2] then
        companion = redis.call('GET', KEYS[2])
        if not companion or companion == '-' then return {companion} end
    end
    local limit, weight, window = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
    local time = redis.call('TIME')
    local now, milliseconds = tonumber(time[1]), math.floor(tonumber(time[2]) / 1000)
    local packed = redis.call('GET', KEYS[1]) or ''
    local words = #packed / 4
    local found = {struct.unpack('>' .. string.rep('I4', words), packed)}
    local ahead = 0
    if words > 0 then ahead = math.max(found[words - 1] - now, 0) end
    local first, used, owed = 1, 0, tonumber(ARGV[4])
    for at = 1, words, 2 do
        if found[at] - ahead < now - window then
            first = at + 2
        else
            used = used + found[at + 1]
        end
    end
    used = used + owed
    local is_allowed = used + weight <= limit
    local lacking = is_allowed and 1 or used + weight - limit
    local added = owed + (is_allowed and weight or 0)
    if ahead > 0 then
        local moved = {}
        for at = first, words, 2 do
            found[at] = found[at] - ahead
            moved[#moved + 1] = struct.pack('>I4I4', found[at], found[at + 1])
        end
        packed = table.concat(moved)
    elseif first > 1 then
        packed = string.sub(packed, first * 4 - 3)
    end
    if added > 0 then
        if words > first and found[words - 1] == now then
            found[words] = found[words] + added
            packed = string.sub(packed, 1, -9)
        else
            if first > words then first = words + 1 end
            words = words + 2
            found[words - 1], found[words] = now, added
        end
        packed = packed .. struct.pack('>I4I4', now, found[words])
    end
    if added > 0 or ahead > 0 then redis.call('SET', KEYS[1], packed, 'EX', window + 2) end
    local reset = 0
    for at = first, words, 2 do
        reset = (found[at] + window + 1 - now) * 1000 - milliseconds
        lacking = lacking - found[at + 1]
        if lacking <= 0 then break end
    end
    return {companion, is_allowed and 1 or 0, used, reset}
)lua"};

}  // namespace acme::limits
