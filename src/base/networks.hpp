#pragma once

/// IP addresses as text, and the networks that they lie in.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace acme {

/// 16 bytes; IPv4 as ::ffff:a.b.c.d. nullopt for what is no address.
using AddressBytes = std::array<std::uint8_t, 16>;
std::optional<AddressBytes> parse_address(std::string_view text);

/// The network that one household or host has: /24 of IPv4, /64 of IPv6, as hex; `text` itself when
/// it is no address.
std::string neighbourhood_of(std::string_view text);

/// What one visitor has: one address of IPv4, a /64 of IPv6, as hex; `text` itself when it is no
/// address.
std::string visitor_of(std::string_view text);

class Networks {
public:
    Networks() = default;

    /// "10.0.0.0/8, ::1"; nullopt when one of them is none.
    static std::optional<Networks> parse(std::string_view list);

    bool contains(std::string_view address) const;
    bool empty() const { return networks_.empty(); }

private:
    struct Network {
        AddressBytes address;
        int bits;
    };

    std::vector<Network> networks_;
};

}  // namespace acme
