// A schedule out of JSON.
#include "base/moment.hpp"
#include "platform/schedules/calls.hpp"

#include <boost/json/serialize.hpp>

namespace acme::schedules {
namespace {

constexpr std::size_t rule_chars_max = 256;
constexpr std::size_t zone_chars_max = 64;

void complain(http::Fields& fields, const std::vector<FieldError>& problems) {
    for (const FieldError& problem : problems) {
        fields.complain(problem.pointer.substr(1), problem.code, problem.detail);
    }
}

std::string args_in(http::Fields& fields) {
    const boost::json::value* const value = fields.any("payload");
    if (value == nullptr || value->is_null()) return "{}";
    return boost::json::serialize(*value);
}

}  // namespace

std::optional<WallTime> optional_time(http::Fields& fields, std::string_view key) {
    const auto text = fields.optional_text(key, {1, 40});
    if (!text) return std::nullopt;
    const auto time = parse_time(*text);
    if (!time) {
        fields.complain(key, "schedules.times", "must be a time such as 2026-11-24T18:00:00Z");
    }
    return time;
}

Rule times_in(http::Fields& fields) {
    Rule rule;
    rule.cron = fields.optional_text("cron", {1, rule_chars_max}).value_or("");
    rule.rrule = fields.optional_text("rrule", {1, rule_chars_max}).value_or("");
    rule.zone = fields.optional_text("zone", {1, zone_chars_max}).value_or("UTC");
    const auto dst = fields.optional_choice("dst", {"vixie", "skip", "shift", "both"});
    rule.dst = cron::dst_of(dst.value_or("vixie")).value_or(cron::Dst::vixie);
    rule.starts_at = optional_time(fields, "starts_at");
    rule.ends_at = optional_time(fields, "ends_at");
    return rule;
}

Rule rule_in(http::Fields& fields, WallTime now) {
    Rule rule = times_in(fields);
    rule.queue = fields.optional_text("queue", {1, schedule::name_bytes_max}).value_or("default");
    rule.kind = fields.text("kind", {1, schedule::kind_bytes_max});
    rule.args = args_in(fields);
    rule.priority = fields.optional_integer("priority", {0, 9}).value_or(5);
    const auto overlap = fields.optional_choice(
        "overlap", {"skip", "queue_one", "queue_all", "cancel_running", "allow"}
    );
    rule.overlap = schedule::overlap_of(overlap.value_or("skip")).value_or(schedule::Overlap::skip);
    const auto catchup = fields.optional_choice("catchup", {"last", "all", "none"});
    rule.catchup = schedule::catchup_of(catchup.value_or("last")).value_or(schedule::Catchup::last);
    rule.window_s =
        fields.optional_integer("window_seconds", {0, schedule::window_s_max}).value_or(3600);
    rule.jitter_s =
        fields.optional_integer("jitter_seconds", {0, schedule::jitter_s_max}).value_or(0);
    rule.failures_max =
        fields.optional_integer("pause_after_failures", {1, schedule::failures_most});
    auto problems = schedule::problems_of(rule, now);
    if (!fields.has("kind")) {  // of which it is said that it is not there
        std::erase_if(problems, [](const FieldError& each) { return each.pointer == "/kind"; });
    }
    complain(fields, problems);
    return rule;
}

}  // namespace acme::schedules
