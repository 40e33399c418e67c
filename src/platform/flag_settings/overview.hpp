#pragma once

/// All flags of an environment at a glance: what each serves, how often it is asked, and whether it
/// is done with.

#include "platform/flag_settings/catalog.hpp"

#include <array>
#include <map>
#include <set>

namespace acme::flag_settings {

inline constexpr std::chrono::days stale_after{30};

/// A sign that a flag is done with. Permanent ones and those for operations have none.
struct Signal {
    std::string_view name;  // not_evaluated, one_variant, past_removal, no_reference
    std::string detail;     // a sentence
};

/// What is known of a flag from outside of it.
struct Traces {
    std::optional<WallTime> evaluated_at = std::nullopt;  // the last hour in which it was
    bool has_reference = false;
    bool is_scanned = false;  // builds report where sources name flags
};

/// Pure.
std::vector<Signal> signals_of(const Flag& flag, const Traces& traces, WallTime now);

/// Evaluations of the last 24 hours, by the hour, the oldest first.
struct Recent {
    std::array<std::int64_t, 24> hours{};
    std::map<std::string, std::int64_t> shares = {};  // by variant
    std::int64_t total = 0;
};

struct Line {
    Flag flag;
    std::string serves;
    std::vector<Signal> signals;
    Recent recent = {};
};

/// Which lines: "" for all.
struct Asked {
    std::string state = "";  // on, off, archived, stale; "": all but archived ones
    std::string kind = "";
    std::string tag = "";
    std::string owner = "";
    std::string text = "";   // in key, name, description, a tag or who owns it, in any case
    std::string after = "";  // a key
    int limit = 50;
};

/// Errors: flags.state, flags.kind (invalid) for words that there are not.
Result<> check(const Asked& asked);

struct Totals {
    std::int64_t flags = 0;  // without those that are archived
    std::int64_t on = 0;
    std::int64_t experiments = 0;
    std::int64_t archived = 0;
    std::int64_t removable = 0;  // with a signal
    std::set<std::string> tags = {};
};

/// Evaluations hour by hour, the oldest first.
struct Chart {
    std::vector<WallTime> at;
    std::map<std::string, std::vector<std::int64_t>> series;  // by variant
    std::map<std::string, std::int64_t> exposures;            // units, ever
};

/// Every function throws pg::Fault when the database is out of reach.
class Overview {
public:
    explicit Overview(Parts parts) : parts_(parts) {}

    /// In the order of their keys, those after `asked.after`.
    Task<std::vector<Line>> list(trace::Context context, Environment environment, Asked asked);
    Task<Totals> totals(trace::Context context, Environment environment);

    /// Of a flag that is there.
    Task<std::vector<Signal>> signals(trace::Context context, Environment environment, Flag flag);

    Task<Chart> chart(trace::Context context, Environment environment, std::string flag, int hours);

private:
    Task<std::vector<Line>> all(
        trace::Context context, Environment environment, std::optional<std::string> key
    );
    Task<> add_recent(
        trace::Context context, const Environment& environment, std::vector<Line>& lines
    );

    Parts parts_;
};

}  // namespace acme::flag_settings
