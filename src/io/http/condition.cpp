#include "io/http/condition.hpp"

namespace acme::http {
namespace {

/// Whether a list such as `"a", W/"b"` names `etag`, or is "*". A weak tag may serve to read, but
/// not to change.
bool names(std::string_view list, std::string_view etag, bool takes_weak) {
    while (!list.empty()) {
        const auto end = std::min(list.find(','), list.size());
        std::string_view tag = list.substr(0, end);
        list.remove_prefix(std::min(end + 1, list.size()));
        while (tag.starts_with(' ')) tag.remove_prefix(1);
        while (tag.ends_with(' ')) tag.remove_suffix(1);
        if (takes_weak && tag.starts_with("W/")) tag.remove_prefix(2);
        if (tag == "*" || tag == etag) return true;
    }
    return false;
}

}  // namespace

std::string etag_of(std::int64_t version) { return "\"" + std::to_string(version) + "\""; }

Result<> check_if_match(const Request& request, std::string_view etag) {
    const std::string_view wanted = request.header("If-Match");
    if (wanted.empty()) {
        return refuse(
            ErrorKind::invalid,
            "http.precondition_required",
            "Say by If-Match which version is to be changed."
        );
    }
    if (!names(wanted, etag, false)) {
        return refuse(
            ErrorKind::conflict,
            "http.precondition_failed",
            "It has changed meanwhile. Read it again and repeat the change."
        );
    }
    return {};
}

bool is_not_modified(const Request& request, std::string_view etag) {
    return names(request.header("If-None-Match"), etag, true);
}

}  // namespace acme::http
