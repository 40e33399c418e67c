#include "platform/audit/audit_http.hpp"

#include "io/http/json.hpp"
#include "io/http/page.hpp"
#include "io/pg/database.hpp"
#include "platform/audit/entries.hpp"

#include <boost/json/array.hpp>

namespace acme::audit {
namespace {

using http::Call;
using http::Response;

constexpr http::Schema entries_schema{"AuditEntries", R"({
  "type": "object",
  "required": ["data", "next_cursor"],
  "properties": {
    "data": {"type": "array", "items": {
      "type": "object",
      "required": ["id", "created_at", "org", "actor", "action", "target", "before", "after", "request_id", "ip"],
      "properties": {
        "id": {"type": "string"},
        "created_at": {"type": "string", "format": "date-time"},
        "org": {"type": ["string", "null"]},
        "actor": {"type": "string"},
        "action": {"type": "string"},
        "target": {"type": "string"},
        "before": {},
        "after": {},
        "request_id": {"type": "string"},
        "ip": {"type": "string"}
      }
    }},
    "next_cursor": {"type": ["string", "null"]}
  }
})"};

/// Whoever has a platform role sees everything, others what concerns their organization.
Result<Filter> filter_in(const Call& call) {
    const http::Request& request = call.request;
    auto filter = read_filter({
        .org = request.query("org"),
        .actor = request.query("actor"),
        .action = request.query("action"),
        .target = request.query("target"),
        .since = request.query("since"),
        .until = request.query("until"),
    });
    if (!filter || call.who().platform_role) return filter;
    if (filter->org && *filter->org != call.who().org) {
        return refuse(
            ErrorKind::forbidden,
            "access.role_required",
            "Entries of other organizations are shown to those with a platform role."
        );
    }
    filter->org = call.who().org;
    return filter;
}

Task<Result<Response>> show(pg::Database& db, const http::Cursors& cursors, const Call& call) {
    if (!call.who().platform_role) {
        ACME_TRY(http::Access::org(OrgRole::admin).check(call.identity));
    }
    Filter filter = ACME_TRY(filter_in(call));
    const std::string scope = "audit " + (filter.org ? filter.org->str() : std::string("all"));
    const auto asked = ACME_TRY(http::page_asked(call.request, cursors, scope));
    auto entries = co_await list(
        db, call.context, std::move(filter), AuditId::parse(asked.after), asked.limit + 1
    );
    std::string next;
    if (std::ssize(entries) > asked.limit) {
        entries.pop_back();
        next = cursors.sign(scope, entries.back().id.str());
    }
    boost::json::array data;
    for (const Stored& entry : entries) data.push_back(to_json(entry));
    co_return http::page(call.request, std::move(data), std::move(next));
}

}  // namespace

void add_routes(http::Router& router, pg::Database& db, const http::Cursors& cursors) {
    router.add_schema(entries_schema);
    router.add({
        .method = http::Method::get,
        .pattern = "/v1/audit",
        .access = http::Access::signed_in(),
        .body_bytes_max = http::no_body,
        .doc =
            {.summary = "Lists who changed what, newest first; ?since= and ?until= are times.",
             .response = "AuditEntries",
             .query = {"org", "actor", "action", "target", "since", "until", "limit", "cursor"},
             .errors = {"access.role_required", "audit.filter", "http.page_limit", "http.cursor"}},
        .handler = [&](const Call& call) { return show(db, cursors, call); },
        .weight = http::heavy_weight,
    });
}

}  // namespace acme::audit
