// A fleet file from anywhere.
#include "operate/deploy/fleet.hpp"

#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace acme::deploy;
    Findings findings;
    const Fleet fleet = read_fleet(std::string(data, data + size), findings);
    const std::size_t read = failures_in(findings);
    check_fleet(fleet, findings);
    // What could not be read has been said, and no look at what it means takes that back.
    if (fleet.environments.empty() && read == 0) std::abort();
    if (failures_in(findings) < read) std::abort();
    return 0;
}
