#include "work/schedule/schedule.hpp"

#include <algorithm>
#include <stdexcept>

namespace acme::schedule {

void Schedule::every(
    std::string name, std::chrono::seconds period, std::string kind, std::string args
) {
    if (period < period_min) throw std::logic_error(name + " has a period under a second");
    if (std::ranges::count(entries_, name, &Entry::name) > 0) {
        throw std::logic_error("two schedules are called " + name);
    }
    entries_.push_back({std::move(name), period, std::move(kind), std::move(args)});
}

WallTime moment_before(WallTime now, std::chrono::seconds period) {
    const auto since = now.time_since_epoch();
    return WallTime(since - since % std::chrono::microseconds(period));
}

}  // namespace acme::schedule
