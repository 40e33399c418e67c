#include "platform/factors/challenges.hpp"

#include "base/bytes.hpp"
#include "base/hash.hpp"

#include <algorithm>
#include <array>

namespace acme::factors {
namespace {

constexpr std::size_t chance_bytes = 16;
constexpr std::size_t time_bytes = 8;
constexpr std::size_t head_bytes = chance_bytes + time_bytes;

std::string mac_of(const Secret& key, std::string_view head, std::string_view about) {
    return hmac_sha256(key.reveal(), std::string(head).append(about));
}

}  // namespace

std::string Challenges::make(Random& random, std::string_view about) const {
    std::array<std::byte, chance_bytes> chance{};
    random.fill(chance);
    std::string head;
    for (const std::byte byte : chance) head += static_cast<char>(byte);
    const auto until =
        static_cast<std::uint64_t>((clock_.now() + challenge_life).time_since_epoch().count());
    for (std::size_t i = 0; i < time_bytes; ++i) head += static_cast<char>(until >> (56 - 8 * i));
    return to_base64url(head + mac_of(keys_.front(), head, about));
}

std::optional<WallTime> Challenges::expiry_of(std::string_view challenge, std::string_view about)
    const {
    const auto bytes = parse_base64url(challenge);
    if (!bytes || bytes->size() != head_bytes + sha256_bytes) return std::nullopt;
    const std::string_view head = std::string_view(*bytes).substr(0, head_bytes);
    const std::string_view mac = std::string_view(*bytes).substr(head_bytes);
    const bool is_ours = std::ranges::any_of(keys_, [&](const Secret& key) {
        return equals_in_constant_time(mac_of(key, head, about), mac);
    });
    std::uint64_t count = 0;
    for (const char byte : head.substr(chance_bytes)) {
        count = (count << 8) | static_cast<unsigned char>(byte);
    }
    const WallTime until{std::chrono::microseconds(static_cast<std::int64_t>(count))};
    if (!is_ours || until <= clock_.now()) return std::nullopt;
    return until;
}

}  // namespace acme::factors
