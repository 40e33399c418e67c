#include "io/http/page.hpp"

#include "base/bytes.hpp"
#include "base/hash.hpp"
#include "base/text.hpp"
#include "io/http/json.hpp"

#include <boost/json/object.hpp>

#include <algorithm>

namespace acme::http {
namespace {

/// As much of the signature as nobody can guess.
constexpr std::size_t mark_bytes = 16;
constexpr std::size_t cursor_bytes_max = 512;

std::string mark_of(const Secret& key, std::string_view scope, std::string_view place) {
    std::string signed_text(scope);
    signed_text.append(1, '\0').append(place);
    return hmac_sha256(key.reveal(), signed_text).substr(0, mark_bytes);
}

/// The address of this request with another cursor, which needs no escape.
std::string next_address(const Request& request, std::string_view cursor) {
    std::string next(request.path());
    next += '?';
    const auto mark = std::min(request.target.find('?'), request.target.size() - 1);
    std::string_view rest = request.target.substr(mark + 1);
    while (!rest.empty()) {
        const std::string_view pair = rest.substr(0, rest.find('&'));
        rest.remove_prefix(std::min(pair.size() + 1, rest.size()));
        if (!pair.starts_with("cursor=")) next.append(pair).append("&");
    }
    return next.append("cursor=").append(cursor);
}

}  // namespace

std::string Cursors::sign(std::string_view scope, std::string_view place) const {
    return to_base64url(mark_of(keys_.front(), scope, place).append(place));
}

Result<std::string> Cursors::read(std::string_view scope, std::string_view cursor) const {
    const auto bytes = cursor.size() <= cursor_bytes_max ? parse_base64url(cursor) : std::nullopt;
    if (bytes && bytes->size() > mark_bytes) {
        const std::string_view mark = std::string_view(*bytes).substr(0, mark_bytes);
        const std::string_view place = std::string_view(*bytes).substr(mark_bytes);
        const bool is_ours = std::ranges::any_of(keys_, [&](const Secret& key) {
            return equals_in_constant_time(mark_of(key, scope, place), mark);
        });
        if (is_ours) return std::string(place);
    }
    return refuse(
        ErrorKind::invalid, "http.cursor", "This cursor is not one that this list has given out."
    );
}

Result<PageAsked> page_asked(
    const Request& request, const Cursors& cursors, std::string_view scope
) {
    PageAsked asked;
    if (const auto limit = request.query("limit")) {
        const auto number = parse_number<int>(*limit);
        if (!number || *number < 1 || *number > page_limit_max) {
            return refuse(ErrorKind::invalid, "http.page_limit", "The limit is 1 to 200.");
        }
        asked.limit = *number;
    }
    if (const auto cursor = request.query("cursor")) {
        auto place = cursors.read(scope, *cursor);
        if (!place) return std::unexpected(std::move(place).error());
        asked.after = std::move(*place);
    }
    return asked;
}

Response page(const Request& request, boost::json::array data, std::string next_cursor) {
    boost::json::object body;
    body["data"] = std::move(data);
    HeaderList headers;
    if (next_cursor.empty()) {
        body["next_cursor"] = nullptr;
    } else {
        headers.emplace_back("Link", "<" + next_address(request, next_cursor) + R"(>; rel="next")");
        body["next_cursor"] = std::move(next_cursor);
    }
    Response response = json(200, body);
    response.headers = std::move(headers);
    return response;
}

}  // namespace acme::http
