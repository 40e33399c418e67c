#include "operate/drills/calendar.hpp"

#include "io/http/time.hpp"

namespace acme::drills {
namespace {

boost::json::value time_or_null(std::optional<WallTime> time) {
    return time ? boost::json::value(http::to_json(*time)) : boost::json::value();
}

Due due_of(const Kind& kind, const std::vector<changes::Drill>& newest_first, WallTime now) {
    Due due{.kind = std::string(kind.name), .every = kind.every};
    for (const changes::Drill& drill : newest_first) {
        if (drill.kind != kind.name || !drill.ended_at) continue;
        if (!due.last) due.last = drill;
        if (drill.result == "passed" && !due.passed_at) due.passed_at = drill.ended_at;
    }
    if (due.passed_at) due.due_at = *due.passed_at + kind.every;
    due.is_overdue = !due.due_at || *due.due_at < now;
    return due;
}

}  // namespace

boost::json::object to_json(const Due& due) {
    return {
        {"kind", due.kind},
        {"every_days", due.every.count()},
        {"last_result", due.last ? boost::json::value(due.last->result) : boost::json::value()},
        {"last_at", time_or_null(due.last ? due.last->ended_at : std::nullopt)},
        {"passed_at", time_or_null(due.passed_at)},
        {"due_at", time_or_null(due.due_at)},
        {"is_overdue", due.is_overdue},
    };
}

std::vector<Due> calendar(const std::vector<changes::Drill>& newest_first, WallTime now) {
    std::vector<Due> all;
    for (const Kind& kind : kinds) all.push_back(due_of(kind, newest_first, now));
    return all;
}

}  // namespace acme::drills
