#include "platform/ofrep/digest.hpp"

#include "base/text.hpp"
#include "platform/flags/text_hash.hpp"

#include <cstdint>
#include <cstring>

namespace acme::ofrep {
namespace {

using flags::mixed;

// Odd numbers with as many ones as zeros; source: wyhash.
constexpr std::uint64_t first_key = 0xa0761d6478bd642f;
constexpr std::uint64_t second_key = 0xe7037ed1a0b428db;
constexpr std::uint64_t third_key = 0x8ebc6af09c88c6e3;
constexpr std::uint64_t fourth_key = 0x589965cc75374cc3;

}  // namespace

std::string etag_of(std::string_view body) {
    std::uint64_t low = first_key ^ body.size();
    std::uint64_t high = second_key + body.size();
    const auto take = [&](std::uint64_t piece) {
        low = mixed(low ^ piece, third_key);
        high = mixed(high + piece, fourth_key ^ piece);
    };
    std::string_view rest = body;
    for (; rest.size() >= sizeof(std::uint64_t); rest.remove_prefix(sizeof(std::uint64_t))) {
        std::uint64_t piece = 0;
        std::memcpy(&piece, rest.data(), sizeof(piece));
        take(piece);
    }
    std::uint64_t last = 0;
    std::memcpy(&last, rest.data(), rest.size());
    take(last);
    std::string etag = "\"";
    append_hex(etag, mixed(low, first_key));
    append_hex(etag, mixed(high, second_key));
    return etag.append("\"");
}

}  // namespace acme::ofrep
