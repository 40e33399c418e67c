#pragma once

#include "io/redis/client.hpp"

namespace acme::limits {

/// The windows in Redis. Private to the room.
///
/// KEYS: the caller's window; a companion, if ARGV[5] is 1; the window of the caller's
/// organization, if that is known. ARGV: limit, weight, seconds of the windows, and what passed
/// unheard by Redis, which counts in any case; whether there is a companion; limit (0: none),
/// weight and what is owed of the organization; and the pattern by which the companion names it
/// where it is not known.
///
/// Answers the companion alone if it is not alive; else companion, whether it passes, and of the
/// caller what had passed before and milliseconds until more may; of the organization the same, and
/// its window's key. It passes if it fits into both, and else counts in neither.
///
/// The same as Window; but a clock that went back takes all of a window along: how long ago its
/// newest second was is not known then, so it was just now. A key that is made here and is not
/// among KEYS is no matter: servers that divide keys among them cannot hold both windows in one
/// call anyway.
inline constexpr redis::Script count_request{"limits.count", R"lua(
    local at, companion = 2, ''
    if ARGV[5] == '1' then
        companion = redis.call('GET', KEYS[2])
        if not companion or companion == '-' then return {companion} end
        at = 3
    end
    local time = redis.call('TIME')
    local now, milliseconds = tonumber(time[1]), math.floor(tonumber(time[2]) / 1000)
    local window = tonumber(ARGV[3])
    local function look(key, limit, weight, owed)
        local packed = redis.call('GET', key) or ''
        local words = #packed / 4
        local found = {struct.unpack('>' .. string.rep('I4', words), packed)}
        local ahead = 0
        if words > 0 then ahead = math.max(found[words - 1] - now, 0) end
        local first, used = 1, owed
        for at = 1, words, 2 do
            if found[at] - ahead < now - window then
                first = at + 2
            else
                used = used + found[at + 1]
            end
        end
        return {
            key = key, packed = packed, words = words, found = found, ahead = ahead,
            first = first, used = used, weight = weight, owed = owed,
            lacking = used + weight - limit,
        }
    end
    local function keep(seen, is_allowed)
        local found, first, words, packed = seen.found, seen.first, seen.words, seen.packed
        local added = seen.owed + (is_allowed and seen.weight or 0)
        if seen.ahead > 0 then
            local moved = {}
            for at = first, words, 2 do
                found[at] = found[at] - seen.ahead
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
        if added > 0 or seen.ahead > 0 then
            redis.call('SET', seen.key, packed, 'EX', window + 2)
        end
        local reset, lacking = 0, math.max(seen.lacking, 1)
        for at = first, words, 2 do
            reset = (found[at] + window + 1 - now) * 1000 - milliseconds
            lacking = lacking - found[at + 1]
            if lacking <= 0 then break end
        end
        return reset
    end
    local own = look(KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[4]))
    local org
    if ARGV[6] ~= '0' then
        local key = KEYS[at]
        if not key and ARGV[9] ~= '' then
            local name = string.match(companion, ARGV[9])
            if name then key = 'rl:{org:' .. name .. '}' end
        end
        if key then org = look(key, tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8])) end
    end
    local is_allowed = own.lacking <= 0 and (not org or org.lacking <= 0)
    local answer = {companion, is_allowed and 1 or 0, own.used, keep(own, is_allowed)}
    if org then
        answer[5], answer[6], answer[7] = org.used, keep(org, is_allowed), org.key
    end
    return answer
)lua"};

}  // namespace acme::limits
