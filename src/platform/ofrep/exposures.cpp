#include "platform/ofrep/exposures.hpp"

#include "base/hash.hpp"
#include "io/http/json.hpp"
#include "io/pg/database.hpp"
#include "platform/flag_settings/counts.hpp"

#include <boost/json/parse.hpp>

namespace acme::ofrep {
namespace {

namespace json = boost::json;

constexpr std::size_t unit_bytes_max = 200;
constexpr std::size_t hash_bytes = 16;  // enough that two units are never one

struct Seen {
    std::vector<flag_settings::Exposure> exposures;
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
        seen.exposures.push_back(
            {.flag = text_of(told[i], "flag"),
             .unit_hash = sha256(unit).substr(0, hash_bytes),
             .variant = variant}
        );
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
    const std::size_t count = seen.exposures.size();
    co_await flag_settings::add_exposures(
        db_,
        call.context,
        std::string(snapshot->environment()),
        std::move(seen.exposures),
        pg::sql_now(telemetry_.clock)
    );
    co_return accepted(count);
}

}  // namespace acme::ofrep
