#include "platform/sessions/live.hpp"

#include "base/text.hpp"

#include <array>

namespace acme::sessions {
namespace {

constexpr std::string_view format = "1";
constexpr std::size_t words = 9;

std::string to_word(WallTime time) { return std::to_string(time.time_since_epoch().count()); }

std::optional<WallTime> to_time(std::string_view word) {
    const auto count = parse_number<std::int64_t>(word);
    if (!count) return std::nullopt;
    return WallTime(std::chrono::microseconds(*count));
}

std::optional<std::array<std::string_view, words>> split(std::string_view text) {
    std::array<std::string_view, words> parts;
    for (std::size_t i = 0; i < words; ++i) {
        const auto blank = text.find(' ');
        if ((blank == text.npos) != (i + 1 == words)) return std::nullopt;
        parts[i] = text.substr(0, blank);
        if (blank != text.npos) text.remove_prefix(blank + 1);
    }
    return parts;
}

template <class Role>
std::optional<Role> role_named(std::initializer_list<Role> roles, std::string_view name) {
    for (const Role role : roles) {
        if (name_of(role) == name) return role;
    }
    return std::nullopt;
}

}  // namespace

std::string pack(const Live& live) {
    std::string text(format);
    text.append(" ").append(live.id.str());
    text.append(" ").append(live.org.str());
    text.append(" ").append(name_of(live.org_role));
    text.append(" ").append(live.platform_role ? name_of(*live.platform_role) : "-");
    text.append(" ").append(std::to_string(live.version));
    text.append(" ").append(to_word(live.created_at));
    text.append(" ").append(to_word(live.last_seen_at));
    return text.append(" ").append(to_word(live.expires_at));
}

std::optional<Live> unpack(UserId user, std::string_view packed) {
    using enum OrgRole;
    const auto parts = split(packed);
    if (!parts || (*parts)[0] != format) return std::nullopt;
    const auto id = SessionId::parse((*parts)[1]);
    const auto org = OrgId::parse((*parts)[2]);
    const auto org_role = role_named({member, OrgRole::admin, owner}, (*parts)[3]);
    const auto platform_role = role_named(
        {PlatformRole::viewer, PlatformRole::operator_, PlatformRole::admin}, (*parts)[4]
    );
    const auto version = parse_number<std::int64_t>((*parts)[5]);
    const auto created = to_time((*parts)[6]);
    const auto seen = to_time((*parts)[7]);
    const auto expires = to_time((*parts)[8]);
    const bool has_roles = org_role && (platform_role || (*parts)[4] == "-");
    if (!id || !org || !has_roles || !version || !created || !seen || !expires) return std::nullopt;
    return Live{
        .id = *id,
        .user = user,
        .org = *org,
        .org_role = *org_role,
        .platform_role = platform_role,
        .version = *version,
        .created_at = *created,
        .last_seen_at = *seen,
        .expires_at = *expires,
    };
}

}  // namespace acme::sessions
