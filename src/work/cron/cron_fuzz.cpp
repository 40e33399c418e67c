// Expressions and rules as somebody types them. What is taken goes on for ever, or ends; and what
// comes next is later, with nothing between it and what came before.
#include "work/cron/timing.hpp"

#include <cstdint>
#include <cstdlib>

namespace {

void walk(const acme::cron::Timing& timing, acme::WallTime time) {
    for (int i = 0; i < 3; ++i) {
        const auto next = timing.next(time);
        if (!next) return;
        if (*next <= time) std::abort();
        const auto back = timing.prev(*next);
        if (back && *back > time) std::abort();
        time = *next;
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace acme::cron;
    if (size < 2) return 0;
    const std::string text(data + 2, data + size);
    constexpr std::string_view zones[] = {"UTC", "America/New_York", "Australia/Lord_Howe"};
    const auto zone = Zone::find(zones[data[0] % 3]).value();
    const auto dst = static_cast<Dst>(data[0] / 4 % 4);
    const acme::WallTime start =
        std::chrono::sys_days(std::chrono::year(2010) / 1 / 1) + std::chrono::days(data[1] * 40);
    const auto cron = Timing::of_cron(text, zone, dst);
    if (cron) walk(*cron, start);
    if (!cron && cron.error().empty()) std::abort();
    if (const auto rule = Timing::of_rrule(text, start, zone, dst)) walk(*rule, start);
    return 0;
}
