#include "platform/ofrep/exposures.hpp"

#include "base/bytes.hpp"
#include "base/hash.hpp"
#include "io/http/json.hpp"
#include "io/pg/database.hpp"

#include <boost/json/parse.hpp>

namespace acme::ofrep {
namespace {

namespace json = boost::json;

constexpr std::size_t unit_bytes_max = 200;
constexpr std::size_t hash_bytes = 16;  // enough that two units are never one

constexpr pg::Query add_exposures{"ofrep.add_exposures", R"sql(
    INSERT INTO flag_exposures (flag_key, environment_id, unit_hash, variant, first_at, day)
    SELECT flag, e.id, decode(unit, 'hex'), variant, coalesce($5, now()),
           (coalesce($5, now()) AT TIME ZONE 'UTC')::date
    FROM flag_environments e, unnest($2::text[], $3::text[], $4::text[]) AS seen (flag, unit, variant)
    WHERE e.key = $1
    ORDER BY flag, unit
    ON CONFLICT DO NOTHING
)sql"};

struct Seen {
    std::vector<std::string> flags;
    std::vector<std::string> units;  // digests, in hex
    std::vector<std::string> variants;
    std::vector<FieldError> problems;
};

std::string text_of(const json::value& from, std::string_view name) {
    const auto* const object = from.if_object();
    const auto* const found = object == nullptr ? nullptr : object->if_contains(name);
    return found != nullptr && found->is_string() ? std::string(found->get_string()) : "";
}

bool has_variant(const flags::Snapshot& snapshot, std::uint32_t flag, std::string_view variant) {
    for (std::size_t i = 0; i < snapshot.variants_of(flag); ++i) {
        if (snapshot.value_of(flag, static_cast<std::uint16_t>(i)).key == variant) return true;
    }
    return false;
}

/// `own`: of who is signed in; "" for a program, which says for whom.
Seen read(const json::array& told, const flags::Snapshot& snapshot, const std::string& own) {
    Seen seen;
    for (std::size_t i = 0; i < told.size(); ++i) {
        const std::string at = "/" + std::to_string(i);
        const auto wrong = [&](const char* member, std::string code, std::string detail) {
            seen.problems.push_back({at + member, std::move(code), std::move(detail)});
        };
        const auto flag = snapshot.find(text_of(told[i], "flag"));
        const std::string variant = text_of(told[i], "variant");
        const std::string unit = own.empty() ? text_of(told[i], "unit") : own;
        if (!flag) wrong("/flag", "flags.unknown_flag", "must be the key of a flag that is there");
        if (flag && !has_variant(snapshot, *flag, variant)) {
            wrong("/variant", "flags.unknown_variant", "must be a variant of the flag");
        }
        if (unit.empty() || unit.size() > unit_bytes_max) {
            wrong("/unit", "flags.required", "must be 1 to 200 bytes that name who has seen it");
        }
        seen.flags.push_back(text_of(told[i], "flag"));
        seen.variants.push_back(variant);
        seen.units.push_back(to_hex(sha256(unit).substr(0, hash_bytes)));
    }
    return seen;
}

http::Response accepted(std::size_t count) {
    return http::json(202, json::object{{"accepted", count}});
}

}  // namespace

Task<Result<http::Response>> Exposures::take(const http::Call& call) {
    const std::string body = ACME_TRY(co_await call.request.body.read_all(exposures_bytes_max));
    boost::system::error_code malformed;
    const json::value told = json::parse(body, malformed);
    if (malformed || !told.is_array()) {
        co_return refuse(ErrorKind::invalid, "http.not_json", "The body must be a JSON array.");
    }
    if (told.get_array().size() > exposures_max) {
        co_return refuse(
            ErrorKind::too_large, "flags.too_large", "At most 1000 exposures at once."
        );
    }
    const std::string named = call.request.query("environment").value_or("");
    const auto snapshot = flags_.is_on() ? flags_.pin(named) : nullptr;
    if (!snapshot || told.get_array().empty()) co_return accepted(0);
    const bool is_person = call.who().session.has_value();
    Seen seen = read(told.get_array(), *snapshot, is_person ? call.who().user.str() : "");
    if (!seen.problems.empty()) {
        co_return std::unexpected(Error{
            .kind = ErrorKind::invalid,
            .code = "flags.invalid",
            .message = "Some exposures name what is not there.",
            .fields = std::move(seen.problems),
        });
    }
    co_await db_.run(
        call.context,
        add_exposures,
        snapshot->environment(),
        seen.flags,
        seen.units,
        seen.variants,
        pg::sql_now(telemetry_.clock)
    );
    co_return accepted(seen.flags.size());
}

}  // namespace acme::ofrep
