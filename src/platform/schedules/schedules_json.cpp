#include "platform/schedules/schedules_json.hpp"

#include "io/http/time.hpp"

#include <boost/json/parse.hpp>

namespace acme::schedules {
namespace {

constexpr std::size_t zeros = 13;  // that a number leaves of 128 bits

boost::json::value time_or_null(const std::optional<WallTime>& time) {
    if (!time) return nullptr;
    return boost::json::string(http::to_json(*time));
}

boost::json::value text_or_null(const std::string& text) {
    if (text.empty()) return nullptr;
    return boost::json::string(text);
}

template <class Number>
boost::json::value number_or_null(const std::optional<Number>& number) {
    if (!number) return nullptr;
    return *number;
}

/// "job_" and 13 characters of base32, as everywhere.
boost::json::value job_or_null(const std::optional<std::int64_t>& job) {
    if (!job) return nullptr;
    const Uuid uuid{.high = 0, .low = static_cast<std::uint64_t>(*job)};
    return boost::json::string("job_" + to_base32(uuid).substr(zeros));
}

}  // namespace

boost::json::object to_json(const Row& row) {
    const Rule& rule = row.rule;
    boost::json::object json{
        {"name", row.name},
        {"cron", text_or_null(rule.cron)},
        {"rrule", text_or_null(rule.rrule)},
        {"zone", rule.zone},
        {"dst", cron::name_of(rule.dst)},
        {"queue", rule.queue},
        {"kind", rule.kind},
        {"payload", boost::json::parse(rule.args)},
        {"priority", rule.priority},
        {"overlap", schedule::name_of(rule.overlap)},
        {"catchup", schedule::name_of(rule.catchup)},
        {"window_seconds", rule.window_s},
        {"jitter_seconds", rule.jitter_s},
        {"starts_at", time_or_null(rule.starts_at)},
        {"ends_at", time_or_null(rule.ends_at)},
        {"pause_after_failures", number_or_null(rule.failures_max)},
        {"paused_at", nullptr},
        {"paused_by", nullptr},
        {"pause_reason", nullptr},
        {"failures", row.failures},
        {"missed", row.missed},
        {"last_state", nullptr},
        {"created_at", http::to_json(row.created_at)},
        {"updated_at", http::to_json(row.updated_at)},
    };
    if (row.last_state) json["last_state"] = *row.last_state == "fired" ? "open" : *row.last_state;
    if (row.pause) {
        json["paused_at"] = http::to_json(row.pause->at);
        json["paused_by"] = row.pause->by;
        json["pause_reason"] = text_or_null(row.pause->reason);
    }
    return json;
}

boost::json::array to_json(const std::vector<Run>& runs) {
    boost::json::array array;
    for (const Run& run : runs) {
        array.push_back(boost::json::object{
            {"at", http::to_json(run.at)}, {"local", run.local}, {"abbreviation", run.abbreviation}
        });
    }
    return array;
}

boost::json::object to_json(const Row& row, const std::vector<Run>& runs) {
    boost::json::object json = to_json(row);
    json["next_runs"] = to_json(runs);
    return json;
}

boost::json::object to_json(const Fire& fire) {
    return {
        {"scheduled_at", http::to_json(fire.moment)},
        {"through", time_or_null(fire.through)},
        {"moments", fire.moments},
        {"state", fire.state},
        {"cause", fire.cause},
        {"asked_by", text_or_null(fire.asked_by)},
        {"fired_at", time_or_null(fire.fired_at)},
        {"ended_at", time_or_null(fire.ended_at)},
        {"job", job_or_null(fire.job)},
    };
}

boost::json::object to_json(const Backfilled& result, bool is_dry_run) {
    boost::json::array moments;
    for (const WallTime moment : result.moments) {
        moments.push_back(boost::json::string(http::to_json(moment)));
    }
    return {
        {"dry_run", is_dry_run},
        {"moments", std::move(moments)},
        {"fired", result.fired},
        {"waiting", result.waiting},
    };
}

}  // namespace acme::schedules
