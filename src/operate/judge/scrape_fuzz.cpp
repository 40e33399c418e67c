// A node may send anything.
#include "operate/judge/scrape.hpp"

#include <cmath>
#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(data, data + size);
    const acme::judge::NodeCounters counters = acme::judge::read_metrics(text);
    if (counters.requests < counters.errors || counters.errors < 0) std::abort();
    if (std::isnan(counters.latency.total())) std::abort();
    return 0;
}
