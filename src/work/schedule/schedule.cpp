#include "work/schedule/schedule.hpp"

#include <algorithm>
#include <stdexcept>

namespace acme::schedule {

void Schedule::add(Entry entry) {
    if (std::ranges::count(entries_, entry.name, &Entry::name) > 0) {
        throw std::logic_error("two schedules are called " + entry.name);
    }
    entries_.push_back(std::move(entry));
}

void Schedule::every(
    std::string name, std::chrono::seconds period, std::string kind, std::string args
) {
    if (period < period_min) throw std::logic_error(name + " has a period under a second");
    const std::string text = "@every " + std::to_string(period.count()) + "s";
    add({std::move(name), text, cron::Timing::every(period), std::move(kind), std::move(args)});
}

void Schedule::cron(std::string name, std::string text, std::string kind, std::string args) {
    auto timing = cron::Timing::of_cron(text);
    if (!timing) throw std::logic_error(name + " has a malformed expression");
    add({std::move(name), std::move(text), *std::move(timing), std::move(kind), std::move(args)});
}

}  // namespace acme::schedule
