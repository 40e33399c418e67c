// Answers of a socket that may be anybody's: a table, or a Fault.
#include "io/haproxy/runtime.hpp"

#include <cstdint>

namespace acme::haproxy {
namespace {

template <class Parse>
void try_to(Parse parse) {
    try {
        parse();
    } catch (const Fault&) {
        // what it is for
    }
}

}  // namespace
}  // namespace acme::haproxy

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(data, data + size);
    acme::haproxy::try_to([&text] { acme::haproxy::parse_stats(text); });
    acme::haproxy::try_to([&text] { acme::haproxy::parse_states(text); });
    acme::haproxy::try_to([&text] { acme::haproxy::parse_map(text); });
    return 0;
}
