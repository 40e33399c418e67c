#include "operate/drift/drift.hpp"

#include "io/http/time.hpp"
#include "operate/changes/moment.hpp"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>

namespace acme::drift {
namespace {

namespace json = boost::json;

constexpr pg::Query find_look{"drift.last", R"sql(
    SELECT looked_at, release, note, seen FROM drift_looks WHERE environment = $1
)sql"};

// The newest counts, whoever is late with his.
constexpr pg::Query keep_look{"drift.keep", R"sql(
    INSERT INTO drift_looks (environment, looked_at, release, note, seen)
    VALUES ($1, $2, $3, $4, $5::text::jsonb)
    ON CONFLICT (environment) DO UPDATE SET looked_at = $2, release = $3, note = $4,
                                            seen = $5::text::jsonb
    WHERE drift_looks.looked_at <= $2
)sql"};

json::array to_json(const std::vector<Seen>& all) {
    json::array array;
    for (const Seen& seen : all) {
        array.push_back(json::object{
            {"what", seen.deviation.what},
            {"where", seen.deviation.where},
            {"recorded", seen.deviation.recorded},
            {"found", seen.deviation.found},
            {"since", to_rfc3339(seen.since)},
        });
    }
    return array;
}

/// As to_json() wrote it.
std::vector<Seen> seen_in(const std::string& text) {
    const auto member = [](const json::value& one, std::string_view name) {
        return std::string(one.as_object().at(name).as_string());
    };
    std::vector<Seen> all;
    for (const json::value& one : json::parse(text).as_array()) {
        all.push_back({
            .deviation =
                {.what = member(one, "what"),
                 .where = member(one, "where"),
                 .recorded = member(one, "recorded"),
                 .found = member(one, "found")},
            .since = changes::parse_time(member(one, "since")).value_or(WallTime()),
        });
    }
    return all;
}

WallTime since(const std::optional<Look>& before, const Deviation& deviation, WallTime now) {
    if (!before) return now;
    const auto found = std::ranges::find(before->seen, deviation, &Seen::deviation);
    return found == before->seen.end() ? now : found->since;
}

}  // namespace

json::object to_json(const Look& look) {
    json::array data = to_json(look.seen);
    for (std::size_t i = 0; i < look.seen.size(); ++i) {
        data[i].as_object()["since"] = http::to_json(look.seen[i].since);
    }
    return {
        {"looked_at", http::to_json(look.looked_at)},
        {"release", look.release},
        {"note", look.note},
        {"data", std::move(data)},
    };
}

Task<std::optional<Look>> Looks::last(trace::Context context, std::string environment) {
    const auto rows = co_await db_.run(context, find_look, environment);
    if (rows.empty()) co_return std::nullopt;
    pg::Row row = rows[0];
    co_return Look{
        .looked_at = row.time(),
        .release = row.text(),
        .note = row.text(),
        .seen = seen_in(row.text()),
    };
}

Task<Look> Looks::keep(
    trace::Context context,
    std::string environment,
    WallTime now,
    std::string release,
    std::string note,
    std::vector<Deviation> found
) {
    const auto before = co_await last(context, environment);
    Look look{.looked_at = now, .release = std::move(release), .note = std::move(note)};
    for (Deviation& deviation : found) {
        const WallTime begun = since(before, deviation, now);
        look.seen.push_back({std::move(deviation), begun});
    }
    if (!look.note.empty() && before) look.seen = before->seen;
    co_await db_.run(
        context,
        keep_look,
        environment,
        look.looked_at,
        look.release,
        look.note,
        json::serialize(to_json(look.seen))
    );
    co_return look;
}

}  // namespace acme::drift
