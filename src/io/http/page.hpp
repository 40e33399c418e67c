#pragma once

/// Lists in pages: {"data": [...], "next_cursor": "..."}. A cursor is the place after which the
/// next page begins, signed, so that it is good only where it was given out. It is no offset:
/// rows that come or go meanwhile shift nothing. For .cpp files, like json.hpp.

#include "base/secret.hpp"
#include "io/http/router.hpp"

#include <boost/json/array.hpp>

namespace acme::http {

inline constexpr int page_limit = 50;
inline constexpr int page_limit_max = 200;

/// Signs with the first key and takes what any has signed, so that keys can be replaced. They are
/// keys of their own: hkdf_sha256(secret, "cursors v1").
class Cursors {
public:
    /// At least one.
    explicit Cursors(std::vector<Secret> keys) : keys_(std::move(keys)) {}

    /// `scope` names the list and whose it is, "files org_01...": a cursor is good in its own only.
    /// `place` is the sort key of the last row, and is not hidden from the caller.
    std::string sign(std::string_view scope, std::string_view place) const;

    /// The place. Errors: http.cursor (400).
    Result<std::string> read(std::string_view scope, std::string_view cursor) const;

private:
    std::vector<Secret> keys_;
};

struct PageAsked {
    int limit = page_limit;
    std::string after;  // a place; "" for the beginning
};

/// `?limit=` and `?cursor=`. Errors: http.page_limit (invalid), http.cursor (400).
Result<PageAsked> page_asked(
    const Request& request, const Cursors& cursors, std::string_view scope
);

/// `next_cursor` as signed; "" on the last page. The header Link says where the next page is.
Response page(const Request& request, boost::json::array data, std::string next_cursor);

}  // namespace acme::http
