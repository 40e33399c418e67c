#include "platform/flag_settings/settings_json.hpp"

#include "io/http/time.hpp"
#include "platform/accounts/accounts.hpp"
#include "platform/flag_settings/words.hpp"

#include <boost/json/parse.hpp>

namespace acme::flag_settings {
namespace {

boost::json::value text_or_null(const std::string& text) {
    if (text.empty()) return nullptr;
    return boost::json::string(text);
}

boost::json::value time_or_null(const std::optional<WallTime>& time) {
    if (!time) return nullptr;
    return boost::json::string(http::to_json(*time));
}

boost::json::value name_or_null(const Names& names, const std::string& id) {
    const auto found = names.find(id);
    if (found == names.end()) return nullptr;
    return boost::json::string(found->second);
}

boost::json::object to_json(const Moves& moves) {
    boost::json::array list;
    for (const auto& [move, count] : moves.moves) {
        list.push_back(boost::json::object{
            {"from", text_or_null(move.first)}, {"to", text_or_null(move.second)}, {"count", count}
        });
    }
    return {{"kept", moves.kept}, {"moves", std::move(list)}};
}

boost::json::array texts(const auto& list) {
    boost::json::array array;
    for (const std::string& text : list) array.emplace_back(text);
    return array;
}

boost::json::value parsed_or_null(const std::string& json) {
    if (json.empty()) return nullptr;
    return boost::json::parse(json);
}

boost::json::object head_of(const Facts& facts, const Names& names) {
    return {
        {"key", facts.key},
        {"name", facts.name},
        {"description", facts.description},
        {"type", facts.type},
        {"kind", facts.kind},
        {"owner", text_or_null(facts.owner)},
        {"owner_name", name_or_null(names, facts.owner)},
        {"tags", texts(facts.tags)},
        {"expected_removal_at", text_or_null(facts.expected_removal_at)},
        {"permanent", facts.is_permanent},
        {"archived_at", time_or_null(facts.archived_at)},
        {"version", facts.version},
    };
}

}  // namespace

Task<Names> names_of(
    accounts::Accounts& accounts, trace::Context context, std::vector<std::string> ids
) {
    Names names;
    for (const std::string& id : ids) {
        const auto user = UserId::parse(id);
        if (!user || names.contains(id)) continue;
        const auto found = co_await accounts.find(context, *user);
        if (found) names.emplace(id, found->name);
    }
    co_return names;
}

boost::json::object to_json(const Environment& environment) {
    return {
        {"key", environment.key},
        {"name", environment.name},
        {"protected", environment.is_protected},
        {"version", environment.version},
        {"published_at", time_or_null(environment.published_at)},
        {"published_by", text_or_null(environment.published_by)},
        {"created_at", http::to_json(environment.created_at)},
    };
}

boost::json::array to_json(const std::vector<Signal>& signals) {
    boost::json::array array;
    for (const Signal& each : signals) {
        array.push_back(boost::json::object{{"signal", each.name}, {"detail", each.detail}});
    }
    return array;
}

boost::json::object to_json(const Line& line, const Environment& environment, const Names& names) {
    boost::json::object json = head_of(line.flag.facts, names);
    const Targeting& targeting = line.flag.targeting;
    boost::json::array shares;
    for (const auto& [variant, count] : line.recent.shares) {
        shares.push_back(boost::json::object{{"variant", variant}, {"count", count}});
    }
    boost::json::array hours;
    for (const std::int64_t count : line.recent.hours) hours.push_back(count);
    json["environment"] = environment.key;
    json["enabled"] = targeting.is_enabled;
    json["disabled_reason"] = text_or_null(targeting.disabled_reason);
    json["serves"] = line.serves;
    json["targeting_version"] = targeting.version;
    json["updated_at"] = http::to_json(targeting.updated_at);
    json["updated_by"] = targeting.updated_by;
    json["updated_by_name"] = name_or_null(names, targeting.updated_by);
    json["evaluations_24h"] = line.recent.total;
    json["shares_24h"] = std::move(shares);
    json["hours_24h"] = std::move(hours);
    json["stale"] = to_json(line.signals);
    return json;
}

boost::json::object to_json(const Facts& facts, const Names& names) {
    boost::json::object json = head_of(facts, names);
    json["variants"] = boost::json::parse(facts.variants);
    json["created_at"] = http::to_json(facts.created_at);
    json["updated_at"] = http::to_json(facts.updated_at);
    json["updated_by"] = facts.updated_by;
    json["updated_by_name"] = name_or_null(names, facts.updated_by);
    return json;
}

boost::json::object to_json(const Placed& placed, const Names& names) {
    const Targeting& targeting = placed.flag.targeting;
    boost::json::object json = boost::json::parse(targeting.rules).as_object();
    for (const char* const list : {"prerequisites", "overrides", "rules"}) {
        if (!json.contains(list)) json[list] = boost::json::array();
    }
    json["flag"] = placed.flag.facts.key;
    json["environment"] = placed.environment.key;
    json["protected"] = placed.environment.is_protected;
    json["enabled"] = targeting.is_enabled;
    json["salt"] = targeting.salt;
    json["version"] = targeting.version;
    json["ruleset_version"] = placed.environment.version;
    json["disabled_reason"] = text_or_null(targeting.disabled_reason);
    json["enabled_at"] = time_or_null(targeting.enabled_at);
    json["updated_at"] = http::to_json(targeting.updated_at);
    json["updated_by"] = targeting.updated_by;
    json["updated_by_name"] = name_or_null(names, targeting.updated_by);
    return json;
}

boost::json::object to_json(const Change& change, const Names& names) {
    boost::json::array diff;
    for (const Difference& each : differences_of(change)) diff.push_back(to_json(each));
    boost::json::object json{
        {"id", std::to_string(change.id)},
        {"at", http::to_json(change.at)},
        {"by", change.by},
        {"by_name", name_or_null(names, change.by)},
        {"action", change.action},
        {"environment", text_or_null(change.environment)},
        {"reason", text_or_null(change.reason)},
        {"before", parsed_or_null(change.before)},
        {"after", parsed_or_null(change.after)},
        {"diff", std::move(diff)},
        {"ruleset_version", nullptr},
    };
    if (change.ruleset) json["ruleset_version"] = *change.ruleset;
    return json;
}

boost::json::object to_json(const Chart& chart) {
    boost::json::array at;
    for (const WallTime time : chart.at) at.emplace_back(http::to_json(time));
    boost::json::array series;
    for (const auto& [variant, counts] : chart.series) {
        boost::json::array numbers;
        for (const std::int64_t count : counts) numbers.push_back(count);
        series.push_back(boost::json::object{{"variant", variant}, {"counts", std::move(numbers)}});
    }
    boost::json::array exposures;
    for (const auto& [variant, units] : chart.exposures) {
        exposures.push_back(boost::json::object{{"variant", variant}, {"units", units}});
    }
    return {
        {"step_s", 3600},
        {"at", std::move(at)},
        {"series", std::move(series)},
        {"exposures", std::move(exposures)},
    };
}

boost::json::object to_json(const Previewed& previewed) {
    boost::json::object json{{"draft", nullptr}, {"live", previewed.live}};
    if (previewed.draft) json["draft"] = *previewed.draft;
    return json;
}

boost::json::object to_json(const Impact& impact) {
    boost::json::object json = to_json(impact.moves);
    json["counted_over"] = "accounts";
    json["units"] = impact.units;
    json["if_on"] = nullptr;
    if (impact.if_on) json["if_on"] = to_json(*impact.if_on);
    json["exposed_units_24h"] = impact.exposed_24h;
    return json;
}

boost::json::object to_json(const Segment& segment, const std::vector<std::string>& used_by) {
    return {
        {"key", segment.key},
        {"name", segment.name},
        {"description", segment.description},
        {"if", boost::json::parse(segment.conditions)},
        {"users", segment.users},
        {"orgs", segment.orgs},
        {"version", segment.version},
        {"used_by", texts(used_by)},
        {"created_at", http::to_json(segment.created_at)},
        {"updated_at", http::to_json(segment.updated_at)},
        {"updated_by", segment.updated_by},
    };
}

boost::json::object to_json(const Reference& reference) {
    return {
        {"repo", reference.repo},
        {"path", reference.path},
        {"line", reference.line},
        {"commit", reference.commit},
        {"reported_at", http::to_json(reference.reported_at)},
    };
}

boost::json::object to_json(const Imported& imported) {
    boost::json::array diff;
    for (const auto& [flag, difference] : imported.differences) {
        boost::json::object each = to_json(difference);
        each["flag"] = flag;
        diff.push_back(std::move(each));
    }
    return {
        {"dry_run", imported.is_dry_run},
        {"created", texts(imported.created)},
        {"changed", texts(imported.changed)},
        {"unchanged", imported.unchanged},
        {"segments", texts(imported.segments)},
        {"warnings", texts(imported.warnings)},
        {"diff", std::move(diff)},
        {"version", imported.version},
    };
}

boost::json::object to_json(
    const Totals& totals, const Environment& environment, bool is_evaluated
) {
    return {
        {"environment", environment.key},
        {"flags", totals.flags},
        {"on", totals.on},
        {"off", totals.flags - totals.on},
        {"experiments", totals.experiments},
        {"archived", totals.archived},
        {"removable", totals.removable},
        {"tags", texts(totals.tags)},
        {"evaluation_is_on", is_evaluated},
        {"version", environment.version},
        {"published_at", time_or_null(environment.published_at)},
        {"published_by", text_or_null(environment.published_by)},
    };
}

}  // namespace acme::flag_settings
