#include "platform/sessions/same_site.hpp"

namespace acme::sessions {
namespace {

bool is_safe(http::Method method) {
    using enum http::Method;
    return method == get || method == head || method == options;
}

/// "host:port" of "https://host:port".
std::string_view authority_of(std::string_view origin) {
    const auto scheme = origin.find("://");
    return scheme == origin.npos ? "" : origin.substr(scheme + 3);
}

}  // namespace

Result<> check_same_site(const http::Request& request) {
    if (is_safe(request.method)) return {};
    const std::string_view site = request.header("sec-fetch-site");
    if (site == "same-origin" || site == "none") return {};
    const std::string_view origin = request.header("origin");
    const bool is_own = origin.empty() || authority_of(origin) == request.header("host");
    if (site != "cross-site" && is_own) return {};
    return refuse(
        ErrorKind::forbidden, "access.cross_site", "Another site may not do this in your name."
    );
}

}  // namespace acme::sessions
