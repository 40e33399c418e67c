#include "platform/flag_settings/overview.hpp"

#include "platform/accounts/people.hpp"
#include "platform/flag_settings/rows.hpp"
#include "platform/flag_settings/words.hpp"
#include "platform/flags/ruleset.hpp"

#include <algorithm>

namespace acme::flag_settings {
namespace {

using std::chrono::hours;

// One look at the end of an index a flag, however many counts there are.
constexpr pg::Query read_traces{"flag_settings.traces", R"sql(
    SELECT f.key,
           (SELECT c.hour FROM flag_counts c
            WHERE c.flag_key = f.key AND c.environment_id = $1
            ORDER BY c.flag_key DESC, c.environment_id DESC, c.hour DESC LIMIT 1),
           EXISTS (SELECT 1 FROM flag_references r WHERE r.flag_id = f.id),
           EXISTS (SELECT 1 FROM flag_references)
    FROM flags f WHERE $2::text IS NULL OR f.key = $2
)sql"};

constexpr pg::Query read_recent{"flag_settings.recent", R"sql(
    SELECT flag_key, hour, variant, count FROM flag_counts
    WHERE environment_id = $1 AND flag_key = ANY ($2::text[]) AND hour >= $3
)sql"};

constexpr pg::Query count_exposures{"flag_settings.exposures", R"sql(
    SELECT variant, count(*) FROM flag_exposures
    WHERE flag_key = $1 AND environment_id = $2 GROUP BY variant ORDER BY variant
)sql"};

std::string lower(std::string_view text) {
    std::string low(text);
    for (char& c : low) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
    }
    return low;
}

bool says(const Facts& facts, const std::string& text) {
    const std::string wanted = lower(text);
    const auto has = [&](const std::string& where) {
        return lower(where).find(wanted) != std::string::npos;
    };
    return has(facts.key) || has(facts.name) || has(facts.description) ||
           std::ranges::any_of(facts.tags, has);
}

std::vector<UserId> owners_of(const std::vector<Line>& lines) {
    std::set<UserId> owners;
    for (const Line& line : lines) {
        const auto owner = UserId::parse(line.flag.facts.owner);
        if (owner) owners.insert(*owner);
    }
    return {owners.begin(), owners.end()};
}

/// `owners` are those whose name or address holds the text.
bool is_asked_for(const Line& line, const Asked& asked, const std::set<std::string>& owners) {
    const Facts& facts = line.flag.facts;
    const bool is_archived = facts.archived_at.has_value();
    const bool is_on = line.flag.targeting.is_enabled;
    if (is_archived != (asked.state == "archived")) return false;
    if (asked.state == "on" && !is_on) return false;
    if (asked.state == "off" && is_on) return false;
    if (asked.state == "stale" && line.signals.empty()) return false;
    if (!asked.kind.empty() && facts.kind != asked.kind) return false;
    if (!asked.owner.empty() && facts.owner != asked.owner) return false;
    if (!asked.tag.empty() && std::ranges::find(facts.tags, asked.tag) == facts.tags.end()) {
        return false;
    }
    const bool is_meant =
        asked.text.empty() || says(facts, asked.text) || owners.contains(facts.owner);
    return is_meant && facts.key > asked.after;
}

WallTime hour_of(WallTime time) { return std::chrono::floor<hours>(time); }

std::map<std::string, Traces> by_flag(const pg::Rows& rows) {
    std::map<std::string, Traces> all;
    for (int i = 0; i < rows.size(); ++i) {
        pg::Row row = rows[i];
        Traces& traces = all[row.text()];
        traces.evaluated_at = row.time_or_null();
        traces.has_reference = row.boolean();
        traces.is_scanned = row.boolean();
    }
    return all;
}

}  // namespace

std::vector<Signal> signals_of(const Flag& flag, const Traces& traces, WallTime now) {
    std::vector<Signal> signals;
    const Facts& facts = flag.facts;
    if (facts.is_permanent || facts.kind == "ops" || facts.archived_at) return signals;
    const bool is_old = facts.created_at <= now - stale_after;
    if (is_old && traces.evaluated_at.value_or(WallTime{}) <= now - stale_after) {
        signals.push_back({"not_evaluated", "Nobody has asked for it for 30 days."});
    }
    if (flag.targeting.updated_at <= now - stale_after) {
        const auto parsed = flags::parse_flag(document_of(flag));
        const auto variant = parsed ? sole_variant(*parsed) : std::nullopt;
        if (variant) {
            signals.push_back(
                {"one_variant", "Everybody has been served " + *variant + " for 30 days."}
            );
        }
    }
    const std::string today = to_rfc3339(now).substr(0, 10);
    if (!facts.expected_removal_at.empty() && facts.expected_removal_at < today) {
        signals.push_back(
            {"past_removal", "It was to be removed by " + facts.expected_removal_at + "."}
        );
    }
    if (is_old && traces.is_scanned && !traces.has_reference) {
        signals.push_back({"no_reference", "No source that was reported names it."});
    }
    return signals;
}

Task<std::vector<Line>> Overview::all(
    trace::Context context, Environment environment, std::optional<std::string> key
) {
    const auto traces = by_flag(co_await parts_.db.run(context, read_traces, environment.id, key));
    const WallTime now = parts_.telemetry.clock.now();
    std::vector<Line> lines;
    for (Flag& flag : co_await rows::flags(parts_.db, context, environment.id, key)) {
        const auto found = traces.find(flag.facts.key);
        const auto parsed = flags::parse_flag(document_of(flag));
        Line line{.flag = std::move(flag), .serves = "", .signals = {}};
        line.signals = signals_of(line.flag, found == traces.end() ? Traces{} : found->second, now);
        if (parsed) line.serves = serves_of(*parsed);
        lines.push_back(std::move(line));
    }
    co_return lines;
}

Task<> Overview::add_recent(
    trace::Context context, const Environment& environment, std::vector<Line>& lines
) {
    const WallTime first = hour_of(parts_.telemetry.clock.now()) - hours(23);
    std::vector<std::string> keys;
    std::map<std::string, Recent*> recents;
    for (Line& line : lines) {
        keys.push_back(line.flag.facts.key);
        recents[line.flag.facts.key] = &line.recent;
    }
    const auto rows = co_await parts_.db.run(context, read_recent, environment.id, keys, first);
    for (int i = 0; i < rows.size(); ++i) {
        pg::Row row = rows[i];
        Recent& recent = *recents.at(row.text());
        const auto hour = static_cast<std::size_t>((row.time() - first) / hours(1));
        const std::string variant = row.text();
        const std::int64_t count = row.integer();
        if (hour < recent.hours.size()) recent.hours[hour] += count;
        recent.shares[variant] += count;
        recent.total += count;
    }
}

Result<> check(const Asked& asked) {
    static const std::set<std::string_view> states{"", "on", "off", "archived", "stale"};
    static const std::set<std::string_view> kinds{
        "", "release", "experiment", "ops", "kill", "permission"
    };
    if (!states.contains(asked.state)) {
        return refuse(
            ErrorKind::invalid, "flags.state", "state must be on, off, archived or stale."
        );
    }
    if (kinds.contains(asked.kind)) return {};
    return refuse(
        ErrorKind::invalid,
        "flags.kind",
        "kind must be release, experiment, ops, kill or permission."
    );
}

Task<std::vector<Line>> Overview::list(
    trace::Context context, Environment environment, Asked asked
) {
    auto lines = co_await all(context, environment, std::nullopt);
    std::set<std::string> owners;
    if (!asked.text.empty()) {
        for (const UserId& each :
             co_await accounts::those_with(parts_.db, context, owners_of(lines), asked.text)) {
            owners.insert(each.str());
        }
    }
    std::erase_if(lines, [&](const Line& line) { return !is_asked_for(line, asked, owners); });
    if (std::ssize(lines) > asked.limit) {
        lines.erase(lines.begin() + asked.limit, lines.end());
    }
    co_await add_recent(context, environment, lines);
    co_return lines;
}

Task<Totals> Overview::totals(trace::Context context, Environment environment) {
    Totals totals;
    for (const Line& line : co_await all(context, environment, std::nullopt)) {
        const Facts& facts = line.flag.facts;
        if (facts.archived_at) {
            ++totals.archived;
            continue;
        }
        ++totals.flags;
        if (line.flag.targeting.is_enabled) ++totals.on;
        if (facts.kind == "experiment") ++totals.experiments;
        if (!line.signals.empty()) ++totals.removable;
        totals.tags.insert(facts.tags.begin(), facts.tags.end());
    }
    co_return totals;
}

Task<std::vector<Signal>> Overview::signals(
    trace::Context context, Environment environment, Flag flag
) {
    auto lines = co_await all(context, std::move(environment), flag.facts.key);
    if (lines.empty()) co_return std::vector<Signal>();
    co_return std::move(lines.front().signals);
}

Task<Chart> Overview::chart(
    trace::Context context, Environment environment, std::string flag, int count
) {
    const WallTime first = hour_of(parts_.telemetry.clock.now()) - hours(count - 1);
    Chart chart;
    for (int i = 0; i < count; ++i) chart.at.push_back(first + hours(i));
    const std::vector<std::string> keys{flag};
    const auto rows = co_await parts_.db.run(context, read_recent, environment.id, keys, first);
    for (int i = 0; i < rows.size(); ++i) {
        pg::Row row = rows[i];
        row.skip();
        const auto hour = static_cast<std::size_t>((row.time() - first) / hours(1));
        auto& counts = chart.series[row.text()];
        counts.resize(chart.at.size());
        if (hour < counts.size()) counts[hour] += row.integer();
    }
    const auto exposed = co_await parts_.db.run(context, count_exposures, flag, environment.id);
    for (int i = 0; i < exposed.size(); ++i) {
        pg::Row row = exposed[i];
        const std::string variant = row.text();
        chart.exposures[variant] = row.integer();
    }
    co_return chart;
}

}  // namespace acme::flag_settings
