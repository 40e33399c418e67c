#include "platform/sessions/cookie.hpp"

#include "base/bytes.hpp"
#include "base/hash.hpp"

#include <array>

namespace acme::sessions {
namespace {

constexpr std::string_view version = "v1.";
constexpr std::size_t user_chars = 30;
constexpr std::size_t chance_bytes = 32;
constexpr std::size_t chance_chars = 43;
constexpr std::size_t value_chars = version.size() + user_chars + 1 + chance_chars;

}  // namespace

Fresh Cookie::make(UserId user, Random& random) {
    std::array<std::byte, chance_bytes> chance{};
    random.fill(chance);
    std::string bytes;
    for (const std::byte byte : chance) bytes += static_cast<char>(byte);
    Fresh fresh;
    fresh.value = std::string(version) + user.str() + "." + to_base64url(bytes);
    fresh.hash = to_base64url(sha256(fresh.value));
    return fresh;
}

std::optional<Presented> Cookie::read(const http::Request& request) const {
    const std::string_view value = request.cookie(name());
    if (value.size() != value_chars || !value.starts_with(version)) return std::nullopt;
    const auto user = UserId::parse(value.substr(version.size(), user_chars));
    const auto rest = value.substr(version.size() + user_chars);
    if (!user || rest.front() != '.' || !parse_base64url(rest.substr(1))) return std::nullopt;
    return Presented{.user = *user, .hash = to_base64url(sha256(value))};
}

std::string Cookie::set(std::string_view value, std::chrono::seconds life) const {
    return attributes(value, life);
}

std::string Cookie::clear() const { return attributes("", std::chrono::seconds(0)); }

std::string Cookie::attributes(std::string_view value, std::chrono::seconds life) const {
    std::string text(name());
    text.append("=").append(value).append("; Path=/; Max-Age=");
    text.append(std::to_string(life.count())).append("; HttpOnly; SameSite=Lax");
    return is_secure_ ? text + "; Secure" : text;
}

}  // namespace acme::sessions
