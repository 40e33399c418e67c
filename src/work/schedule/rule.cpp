#include "work/schedule/rule.hpp"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>

namespace acme::schedule {
namespace {

constexpr std::array<std::string_view, 5> overlaps{
    "skip", "queue_one", "queue_all", "cancel_running", "allow"
};
constexpr std::array<std::string_view, 3> catchups{"last", "all", "none"};
constexpr std::string_view own_field = "schedule";

template <class Enum, std::size_t count>
std::optional<Enum> value_of(
    const std::array<std::string_view, count>& names, std::string_view name
) {
    const auto found = std::ranges::find(names, name);
    if (found == names.end()) return std::nullopt;
    return static_cast<Enum>(found - names.begin());
}

void add_problems(
    std::string_view field,
    const std::vector<cron::Problem>& found,
    std::vector<FieldError>& problems
) {
    for (const cron::Problem& problem : found) {
        problems.push_back({
            "/" + std::string(field),
            "schedules." + std::string(field),
            "at character " + std::to_string(problem.position) + ": expected " + problem.expected,
        });
    }
}

bool is_word(std::string_view text, std::size_t bytes_max) {
    const auto is_letter = [](char c) { return c >= 'a' && c <= 'z'; };
    const auto is_part = [&](char c) {
        return is_letter(c) || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-';
    };
    return !text.empty() && text.size() <= bytes_max && is_letter(text[0]) &&
           std::ranges::all_of(text, is_part);
}

/// What is wrong with arguments; "" for nothing.
std::string_view problem_of_args(const std::string& args) {
    if (args.size() > args_bytes_max) return "must have 60 KiB at most";
    boost::json::error_code error;
    const auto json = boost::json::parse(args, error);
    if (error || !json.is_object()) return "must be a JSON object";
    if (json.get_object().contains({own_field.data(), own_field.size()})) {
        return "must not have a field \"schedule\", which tells the job of its moment";
    }
    return "";
}

void check_range(
    std::string_view field,
    std::string_view code,
    std::int64_t value,
    std::int64_t least,
    std::int64_t most,
    std::vector<FieldError>& problems
) {
    if (value >= least && value <= most) return;
    problems.push_back({
        "/" + std::string(field),
        std::string(code),
        "must be " + std::to_string(least) + " to " + std::to_string(most),
    });
}

}  // namespace

std::string_view name_of(Overlap overlap) { return overlaps.at(static_cast<std::size_t>(overlap)); }

std::string_view name_of(Catchup catchup) { return catchups.at(static_cast<std::size_t>(catchup)); }

std::optional<Overlap> overlap_of(std::string_view name) {
    return value_of<Overlap>(overlaps, name);
}

std::optional<Catchup> catchup_of(std::string_view name) {
    return value_of<Catchup>(catchups, name);
}

bool is_name(std::string_view text) { return is_word(text, name_bytes_max); }

std::optional<cron::Timing> timing_of(const Rule& rule, std::vector<FieldError>& problems) {
    const std::size_t before = problems.size();
    const auto zone = cron::Zone::find(rule.zone);
    if (!zone) {
        problems.push_back(
            {"/zone", "schedules.zone", "must be the IANA name of a time zone, as Europe/Berlin"}
        );
    }
    if (rule.starts_at && rule.ends_at && *rule.ends_at < *rule.starts_at) {
        problems.push_back({"/ends_at", "schedules.times", "must not be before starts_at"});
    }
    if (rule.cron.empty() == rule.rrule.empty()) {
        problems.push_back({"/cron", "schedules.timing", "must be there, or rrule, and not both"});
        return std::nullopt;
    }
    if (!rule.rrule.empty() && !rule.starts_at) {
        problems.push_back(
            {"/starts_at", "schedules.times", "must be there with rrule: it is its DTSTART"}
        );
    }
    const auto used = zone.value_or(cron::Zone());
    auto timing = rule.rrule.empty()
                      ? cron::Timing::of_cron(rule.cron, used, rule.dst)
                      : cron::Timing::of_rrule(
                            rule.rrule, rule.starts_at.value_or(WallTime()), used, rule.dst
                        );
    if (!timing) add_problems(rule.rrule.empty() ? "cron" : "rrule", timing.error(), problems);
    if (problems.size() > before) return std::nullopt;
    return *std::move(timing);
}

std::vector<FieldError> problems_of(const Rule& rule, WallTime now) {
    std::vector<FieldError> problems;
    const auto timing = timing_of(rule, problems);
    if (timing && !next_of(rule, *timing, now)) {
        const std::string field = rule.rrule.empty() ? "/cron" : "/rrule";
        problems.push_back({field, "schedules.never", "must come again, at least once"});
    }
    if (!is_word(rule.queue, name_bytes_max)) {
        problems.push_back(
            {"/queue",
             "schedules.queue",
             "must be lower-case letters, digits, _, . and -, 63 at most"}
        );
    }
    if (!is_word(rule.kind, kind_bytes_max)) {
        problems.push_back(
            {"/kind",
             "schedules.kind",
             "must be lower-case letters, digits, _, . and -, 100 at most"}
        );
    }
    if (const auto problem = problem_of_args(rule.args); !problem.empty()) {
        problems.push_back({"/payload", "schedules.payload", std::string(problem)});
    }
    check_range("priority", "schedules.priority", rule.priority, 0, 9, problems);
    check_range("window_seconds", "schedules.window", rule.window_s, 0, window_s_max, problems);
    check_range("jitter_seconds", "schedules.jitter", rule.jitter_s, 0, jitter_s_max, problems);
    check_range(
        "pause_after_failures",
        "schedules.failures",
        rule.failures_max.value_or(1),
        1,
        failures_most,
        problems
    );
    return problems;
}

std::chrono::seconds jitter_of(const Rule& rule, std::string_view key) {
    if (rule.jitter_s <= 0) return std::chrono::seconds(0);
    std::uint64_t hash = 14695981039346656037U;  // FNV-1a: the same in every release
    for (const char c : key) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211U;
    return std::chrono::seconds(hash % static_cast<std::uint64_t>(rule.jitter_s));
}

std::optional<WallTime> next_of(const Rule& rule, const cron::Timing& timing, WallTime after) {
    if (rule.starts_at) after = std::max(after, *rule.starts_at - std::chrono::microseconds(1));
    const auto next = timing.next(after);
    if (!next || (rule.ends_at && *next > *rule.ends_at)) return std::nullopt;
    return next;
}

std::string args_for(
    const Rule& rule, std::string_view name, WallTime moment, WallTime now, bool is_catchup
) {
    boost::json::object args = boost::json::parse(rule.args).as_object();
    args[{own_field.data(), own_field.size()}] = boost::json::object{
        {"name", name},
        {"scheduled_at", to_rfc3339(moment)},
        {"fired_at", to_rfc3339(now)},
        {"catchup", is_catchup},
    };
    return boost::json::serialize(args);
}

}  // namespace acme::schedule
