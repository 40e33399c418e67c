#include "platform/schedules/terminal.hpp"

#include "base/moment.hpp"
#include "base/text.hpp"
#include "io/http/time.hpp"
#include "platform/schedules/schedules_json.hpp"

#include <boost/json/serialize.hpp>

namespace acme::schedules {
namespace {

std::string text_of(const Rule& rule) { return rule.rrule.empty() ? rule.cron : rule.rrule; }

}  // namespace

void print_row(const cli::Call& call, const Row& row, WallTime now) {
    const auto runs = runs_of(row.rule, now, 1);
    if (call.has("--json")) {
        call.print(boost::json::serialize(to_json(row, runs)));
        return;
    }
    std::string state = runs.empty() ? "ended" : "next " + runs[0].local;
    if (row.pause) state = "paused";
    call.print(
        row.name + "  " + state + "  " + text_of(row.rule) + "  " + row.rule.zone + "  " +
        row.rule.kind
    );
}

void print_runs(const cli::Call& call, const std::vector<Run>& runs) {
    if (call.has("--json")) {
        for (const auto& run : to_json(runs)) call.print(boost::json::serialize(run));
        return;
    }
    for (const Run& run : runs) {
        call.print(run.local + " " + run.abbreviation + "  " + http::to_json(run.at));
    }
    if (runs.empty()) call.print("never again");
}

void print_fire(const cli::Call& call, const Fire& fire) {
    const auto json = to_json(fire);
    if (call.has("--json")) {
        call.print(boost::json::serialize(json));
        return;
    }
    const std::string moments =
        fire.moments > 1 ? "  " + std::to_string(fire.moments) + " moments" : "";
    const std::string job =
        fire.job ? "  " + std::string(json.at("job").as_string()) : std::string();
    call.print(http::to_json(fire.moment) + "  " + fire.state + "  " + fire.cause + moments + job);
}

std::optional<WallTime> time_in(
    const cli::Call& call, std::string_view option, std::vector<FieldError>& problems
) {
    if (!call.has(option)) return std::nullopt;
    const auto time = parse_time(call.value(option));
    if (!time) {
        problems.push_back({
            "/" + std::string(option.substr(2)),
            "schedules.times",
            "must be a time such as 2026-11-24T18:00:00Z",
        });
    }
    return time;
}

std::int64_t number_in(const cli::Call& call, std::string_view option, std::string_view usual) {
    return parse_number<std::int64_t>(call.value(option, usual)).value_or(-1);
}

Rule times_in(const cli::Call& call, std::vector<FieldError>& problems) {
    Rule rule;
    rule.cron = call.value("--cron");
    rule.rrule = call.value("--rrule");
    rule.zone = call.value("--zone", "UTC");
    rule.dst =
        choice_in(call, "--dst", "vixie", cron::dst_of, "vixie, skip, shift or both", problems);
    rule.starts_at = time_in(call, "--starts", problems);
    rule.ends_at = time_in(call, "--ends", problems);
    return rule;
}

Error invalid(std::vector<FieldError> problems) {
    return {
        .kind = ErrorKind::invalid,
        .code = "schedules.invalid",
        .message = "The schedule cannot be as it is.",
        .fields = std::move(problems),
    };
}

}  // namespace acme::schedules
