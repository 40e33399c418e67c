#include "platform/audit/audit.hpp"

#include "base/text.hpp"
#include "io/pg/database.hpp"
#include "io/telemetry/log.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

namespace acme::audit {
namespace {

constexpr std::size_t json_bytes_max = std::size_t{16} * 1024;

// One statement, so that no entry is without its place in the line for the sealer.
constexpr pg::Query insert_entry{"audit.insert", R"sql(
    WITH entry AS (
        INSERT INTO audit_entries (org_id, actor, action, target, before, after, request_id, ip)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        RETURNING id
    )
    INSERT INTO audit_unsealed (entry_id) SELECT id FROM entry
)sql"};

constexpr pg::Query find_done{"audit.find_done", R"sql(
    SELECT EXISTS (SELECT 1 FROM audit_entries WHERE actor = $1 AND action = $2)
)sql"};

void redact(boost::json::value& value, std::string_view name) {
    // A name that is secret hides whatever it holds, also numbers and objects.
    if (redacted(name, "") != "") {
        value = redacted(name, "");
    } else if (auto* text = value.if_string()) {
        *text = redacted(name, std::string_view(*text));
    } else if (auto* array = value.if_array()) {
        for (auto& item : *array) redact(item, "");
    } else if (auto* object = value.if_object()) {
        for (auto& [key, item] : *object) redact(item, std::string_view(key));
    }
}

}  // namespace

std::string json_of(std::initializer_list<std::pair<std::string_view, std::string_view>> fields) {
    std::string json;
    for (const auto& [name, value] : fields) {
        json += json.empty() ? '{' : ',';
        append_json_string(json, name);
        json += ':';
        append_json_string(json, value);
    }
    return json.empty() ? "{}" : json + "}";
}

std::string redacted_json(std::string_view json) {
    if (json.empty()) return "";
    if (json.size() > json_bytes_max) return R"("[too long]")";
    boost::json::error_code error;
    auto value = boost::json::parse({json.data(), json.size()}, error);
    if (error) value = std::string(json);
    redact(value, "");
    return boost::json::serialize(value);
}

Task<> record(pg::Transaction& transaction, trace::Context context, Actor actor, Entry entry) {
    co_await transaction.run(
        context,
        insert_entry,
        actor.org,
        actor.name,
        entry.action,
        entry.target,
        redacted_json(entry.before),
        redacted_json(entry.after),
        context.trace == nullptr ? std::string() : context.trace->request_id,
        actor.ip
    );
}

Task<bool> has_done(
    pg::Database& db, trace::Context context, std::string actor, std::string_view action
) {
    const auto rows = co_await db.run(context, find_done, actor, std::string(action));
    co_return rows[0].boolean();
}

}  // namespace acme::audit
