#include "base/networks.hpp"

#include "base/bytes.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <arpa/inet.h>

namespace acme {
namespace {

constexpr int ipv4_offset_bits = 96;

bool is_ipv4(const AddressBytes& address) {
    constexpr std::array<std::uint8_t, 12> prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    return std::equal(prefix.begin(), prefix.end(), address.begin());
}

/// The first `bits` bits, zeros after them.
AddressBytes first_bits(AddressBytes address, int bits) {
    for (int i = 0; i < 16; ++i) {
        const int kept = std::clamp(bits - 8 * i, 0, 8);
        const auto mask = static_cast<std::uint8_t>(0xff00 >> kept);
        auto& byte = address[static_cast<std::size_t>(i)];
        byte = static_cast<std::uint8_t>(byte & mask);
    }
    return address;
}

/// So many bits of IPv4, 64 of IPv6.
std::string network_of(std::string_view text, int ipv4_bits) {
    const auto address = parse_address(text);
    if (!address) return std::string(text);
    const auto network =
        first_bits(*address, is_ipv4(*address) ? ipv4_offset_bits + ipv4_bits : 64);
    return to_hex(std::string(network.begin(), network.end()));
}

std::string_view trim(std::string_view text) {
    const auto first = text.find_first_not_of(" \t");
    if (first == text.npos) return "";
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

}  // namespace

std::optional<AddressBytes> parse_address(std::string_view text) {
    const std::string terminated(text);
    AddressBytes address{};
    if (::inet_pton(AF_INET6, terminated.c_str(), address.data()) == 1) return address;
    address = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    if (::inet_pton(AF_INET, terminated.c_str(), address.data() + 12) == 1) return address;
    return std::nullopt;
}

std::string neighbourhood_of(std::string_view text) { return network_of(text, 24); }

std::string visitor_of(std::string_view text) { return network_of(text, 32); }

std::optional<Networks> Networks::parse(std::string_view list) {
    Networks networks;
    while (!list.empty()) {
        const auto comma = std::min(list.find(','), list.size());
        const std::string_view item = trim(list.substr(0, comma));
        list.remove_prefix(std::min(comma + 1, list.size()));
        if (item.empty()) continue;
        const auto slash = item.find('/');
        const auto address = parse_address(item.substr(0, slash));
        if (!address) return std::nullopt;
        const int offset = is_ipv4(*address) ? ipv4_offset_bits : 0;
        int bits = 128;
        if (slash != item.npos) {
            const auto given = parse_number<int>(item.substr(slash + 1));
            if (!given || *given < 0 || *given > 128 - offset) return std::nullopt;
            bits = *given + offset;
        }
        networks.networks_.push_back({first_bits(*address, bits), bits});
    }
    return networks;
}

bool Networks::contains(std::string_view text) const {
    const auto address = parse_address(text);
    return address && std::ranges::any_of(networks_, [&](const Network& network) {
               return first_bits(*address, network.bits) == network.address;
           });
}

}  // namespace acme
