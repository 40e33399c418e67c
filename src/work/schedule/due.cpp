#include "work/schedule/due.hpp"

namespace acme::schedule {
namespace {

void give_up(Due& due, WallTime moment) {
    if (!due.missed) due.missed = Missed{.first = moment, .last = moment};
    due.missed->last = moment;
    ++due.missed->moments;
}

}  // namespace

Due find_due(
    const Rule& rule,
    const cron::Timing& timing,
    std::chrono::seconds jitter,
    WallTime last,
    WallTime now
) {
    Due due{.fire = {}, .missed = {}, .last = last, .next = next_of(rule, timing, last)};
    const auto lag_max = rule.catchup == Catchup::none
                             ? std::chrono::seconds(in_time)
                             : std::max(std::chrono::seconds(rule.window_s), in_time);
    int looked_at = 0;
    while (due.next && *due.next + jitter <= now) {
        if (looked_at == looked_at_max || std::ssize(due.fire) == fired_max) break;
        ++looked_at;
        due.last = *due.next;
        due.next = next_of(rule, timing, due.last);
        const auto lag = now - due.last - jitter;
        const bool is_newest = !due.next || *due.next + jitter > now;
        if (lag > lag_max || (rule.catchup != Catchup::all && !is_newest)) {
            give_up(due, due.last);
        } else {
            due.fire.push_back({due.last, !is_newest || lag > in_time});
        }
    }
    return due;
}

}  // namespace acme::schedule
