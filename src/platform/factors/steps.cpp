#include "platform/factors/steps.hpp"

#include "base/bytes.hpp"
#include "base/hash.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <array>

namespace acme::factors {
namespace {

constexpr std::size_t words = 5;

std::string_view name_of(Use use) { return use == Use::sign_in ? "sign_in" : "reset"; }

std::unexpected<Error> invalid_token() {
    return refuse(
        ErrorKind::unauthenticated,
        "factors.token_invalid",
        "The first step took place too long ago. Begin again."
    );
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

}  // namespace

std::string Steps::token_of(const Passed& passed) const {
    const WallTime until = clock_.now() + step_life;
    std::string text(name_of(passed.use));
    text.append(" ").append(passed.user.str());
    text.append(" ").append(std::to_string(passed.token_epoch));
    text.append(" ").append(std::to_string(until.time_since_epoch().count()));
    text.append(" ").append(passed.method);
    return to_base64url(text) + "." + to_base64url(hmac_sha256(keys_.front().reveal(), text));
}

Result<Passed> Steps::read(std::string_view token, Use use) const {
    const auto dot = token.find('.');
    if (token.size() > step_token_chars_max || dot == token.npos) return invalid_token();
    const auto text = parse_base64url(token.substr(0, dot));
    const auto mac = parse_base64url(token.substr(dot + 1));
    if (!text || !mac) return invalid_token();
    const bool is_ours = std::ranges::any_of(keys_, [&](const Secret& key) {
        return equals_in_constant_time(hmac_sha256(key.reveal(), *text), *mac);
    });
    const auto parts = split(*text);
    if (!is_ours || !parts || (*parts)[0] != name_of(use)) return invalid_token();
    const auto user = UserId::parse((*parts)[1]);
    const auto epoch = parse_number<std::int64_t>((*parts)[2]);
    const auto until = parse_number<std::int64_t>((*parts)[3]);
    if (!user || !epoch || !until) return invalid_token();
    if (WallTime(std::chrono::microseconds(*until)) <= clock_.now()) return invalid_token();
    return Passed{
        .user = *user, .token_epoch = *epoch, .method = std::string((*parts)[4]), .use = use
    };
}

}  // namespace acme::factors
