#include "operate/changes/drills.hpp"

#include "io/http/time.hpp"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>

namespace acme::changes {
namespace {

namespace json = boost::json;

constexpr pg::Query begin_drill{"drills.begin", R"sql(
    INSERT INTO drills (id, kind, environment, release, actor, begun_at, window_until)
    VALUES ($1, $2, $3, $4, $5, $6, $7)
)sql"};

constexpr pg::Query end_drill{"drills.end", R"sql(
    UPDATE drills SET ended_at = $2, result = $3, expected = $4::text::jsonb
    WHERE id = $1 AND ended_at IS NULL RETURNING 1::bigint
)sql"};

constexpr pg::Query list_drills{"drills.list", R"sql(
    SELECT id, kind, environment, release, actor, begun_at, ended_at, result, expected,
           window_until
    FROM drills WHERE environment = $1 ORDER BY begun_at DESC, id DESC LIMIT $2
)sql"};

json::value time_or_null(std::optional<WallTime> time) {
    return time ? json::value(http::to_json(*time)) : json::value();
}

json::array to_json(const std::vector<Expectation>& expected) {
    json::array all;
    for (const Expectation& one : expected) {
        all.push_back(json::object{{"what", one.what}, {"found", one.found}, {"is_met", one.is_met}}
        );
    }
    return all;
}

/// As to_json() wrote it.
std::vector<Expectation> expected_in(const std::string& text) {
    std::vector<Expectation> all;
    for (const json::value& one : json::parse(text).as_array()) {
        all.push_back({
            .what = std::string(one.at("what").as_string()),
            .found = std::string(one.at("found").as_string()),
            .is_met = one.at("is_met").as_bool(),
        });
    }
    return all;
}

}  // namespace

json::object to_json(const Drill& drill) {
    return {
        {"id", drill.id.str()},
        {"kind", drill.kind},
        {"environment", drill.environment},
        {"release", drill.release},
        {"actor", drill.actor},
        {"begun_at", http::to_json(drill.begun_at)},
        {"ended_at", time_or_null(drill.ended_at)},
        {"result", drill.result},
        {"window_until", time_or_null(drill.window_until)},
        {"expected", to_json(drill.expected)},
    };
}

std::string result_of(const std::vector<Expectation>& expected, bool was_stopped) {
    if (was_stopped) return "stopped";
    const bool is_met = !expected.empty() && std::ranges::all_of(expected, &Expectation::is_met);
    return is_met ? "passed" : "failed";
}

Task<> Drills::begin(trace::Context context, Drill drill) {
    auto transaction = co_await db_.begin(context);
    co_await transaction.run(
        context,
        begin_drill,
        drill.id,
        drill.kind,
        drill.environment,
        drill.release,
        drill.actor,
        drill.begun_at,
        drill.window_until
    );
    co_await audit::record(
        transaction,
        context,
        {.name = drill.actor},
        {.action = "drills.begin",
         .target = drill.id.str(),
         .after = audit::json_of({{"kind", drill.kind}, {"environment", drill.environment}})}
    );
    co_await transaction.commit(context);
}

Task<> Drills::end(trace::Context context, Drill drill) {
    auto transaction = co_await db_.begin(context);
    const auto ended = co_await transaction.run(
        context,
        end_drill,
        drill.id,
        drill.ended_at,
        drill.result,
        json::serialize(to_json(drill.expected))
    );
    if (ended.empty()) co_return;
    co_await audit::record(
        transaction,
        context,
        {.name = drill.actor},
        {.action = "drills.end",
         .target = drill.id.str(),
         .after = audit::json_of({{"result", drill.result}})}
    );
    co_await transaction.commit(context);
}

Task<std::vector<Drill>> Drills::list(trace::Context context, std::string environment, int limit) {
    const auto rows =
        co_await db_.run(context, list_drills, environment, std::clamp(limit, 1, list_max));
    std::vector<Drill> all;
    for (int i = 0; i < rows.size(); ++i) {
        pg::Row row = rows[i];
        all.push_back({
            .id = row.id<DrillId>(),
            .kind = row.text(),
            .environment = row.text(),
            .release = row.text(),
            .actor = row.text(),
            .begun_at = row.time(),
            .ended_at = row.time_or_null(),
            .result = row.text(),
            .expected = expected_in(row.text()),
            .window_until = row.time_or_null(),
        });
    }
    co_return all;
}

}  // namespace acme::changes
