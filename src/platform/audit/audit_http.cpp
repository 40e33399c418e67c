#include "platform/audit/audit_http.hpp"

#include "io/cli/commands.hpp"
#include "io/http/json.hpp"
#include "io/http/page.hpp"
#include "io/http/time.hpp"
#include "io/pg/database.hpp"
#include "platform/audit/chain.hpp"
#include "work/jobs/jobs.hpp"

#include <boost/json/parse.hpp>

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

boost::json::value json_in(const std::string& text) {
    boost::json::error_code error;
    auto value = boost::json::parse(text, error);
    return error ? boost::json::value(nullptr) : value;
}

boost::json::object to_json(const Stored& entry) {
    boost::json::object json{
        {"id", entry.id.str()},
        {"created_at", http::to_json(entry.created_at)},
        {"org", nullptr},
        {"actor", entry.actor},
        {"action", entry.action},
        {"target", entry.target},
        {"before", json_in(entry.before)},
        {"after", json_in(entry.after)},
        {"request_id", entry.request_id},
        {"ip", entry.ip},
    };
    if (entry.org) json["org"] = OrgId{*entry.org}.str();
    return json;
}

Task<Result<Response>> show(pg::Database& db, const http::Cursors& cursors, const Call& call) {
    const Identity& who = call.who();
    const bool sees_all = who.platform_role.has_value();
    if (!sees_all) ACME_TRY(http::Access::org(OrgRole::admin).check(call.identity));
    const auto org = sees_all ? std::nullopt : std::optional(who.org);
    const std::string scope = "audit " + (org ? org->str() : std::string("all"));
    const auto asked = ACME_TRY(http::page_asked(call.request, cursors, scope));
    const auto entries =
        co_await list(db, call.context, org, AuditId::parse(asked.after), asked.limit + 1);
    boost::json::array data;
    std::string next;
    for (const Stored& entry : entries) {
        if (std::ssize(data) == asked.limit) {
            next = cursors.sign(scope, entries[data.size() - 1].id.str());
            break;
        }
        data.push_back(to_json(entry));
    }
    co_return http::page(call.request, std::move(data), std::move(next));
}

Task<Result<>> seal_all(pg::Database& db, trace::Context context) {
    while (co_await seal(db, context)) {
    }
    co_return done;
}

Task<Result<>> verify_chain(pg::Database& db, const cli::Call& call) {
    const std::int64_t count = ACME_TRY(co_await verify(db, call.context));
    call.print("The chain of " + std::to_string(count) + " entries is whole.");
    co_return done;
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
            {.summary = "Lists who changed what, newest first.",
             .response = "AuditEntries",
             .query = {"limit", "cursor"},
             .errors = {"access.role_required", "http.page_limit", "http.cursor"}},
        .handler = [&](const Call& call) { return show(db, cursors, call); },
    });
}

void add_jobs(jobs::Registry& jobs, pg::Database& db) {
    jobs.add("audit.seal", [&db](trace::Context context, std::string) {
        return seal_all(db, context);
    });
}

void add_commands(cli::Commands& commands, pg::Database& db) {
    commands.add({
        .name = "audit verify",
        .about = "Computes the chain of audit entries again and says where it is broken.",
        .example = "acme audit verify",
        .run = [&db](const cli::Call& call) { return verify_chain(db, call); },
    });
}

}  // namespace acme::audit
