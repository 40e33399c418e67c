#pragma once

/// The smoke suite (PIPE-10): whether the platform behind an address does what people come for.
///
/// Each check is tried at most twice, attempt_time_max each, and all together at most time_max,
/// with what is cleared up at the end: also after a failure.

#include "io/telemetry/telemetry.hpp"
#include "operate/smoke/visitor.hpp"

#include <boost/json/object.hpp>

#include <optional>
#include <vector>

namespace acme::smoke {

inline constexpr std::chrono::milliseconds attempt_time_max{10'000};
inline constexpr std::chrono::milliseconds clean_up_time_max{10'000};
inline constexpr std::chrono::milliseconds time_max{120'000};
inline constexpr int tries_max = 2;

struct Parts {
    Telemetry& telemetry;  // outlives the suite
    MakeAccount make_account;
};

struct Options {
    std::string endpoint;      // an origin, "https://app.example.com"
    std::string release = "";  // that every node has to name; "" for any
    int nodes = 0;             // that serve; 0: as many as GET /v1/nodes shows
    std::string ca_file = "";  // in place of the system's authorities
};

enum class State : std::uint8_t { passed, failed, skipped };
std::string_view name_of(State state);

struct Check {
    std::string_view name;  // a literal, "sign_in"
    State state = State::failed;
    int tries = 0;
    std::chrono::milliseconds took{0};
    std::string detail = "";  // what was seen, or why not; one line, no secret
};

struct Report {
    std::string endpoint;
    std::string release;
    std::vector<Check> checks = {};
    std::string left_behind = "";  // what could not be cleared up; "" for nothing
    std::chrono::milliseconds took{0};

    /// Nothing failed, and nothing was left behind.
    bool is_green() const;

    /// The names of what failed, with commas between; "" when green.
    std::string failures() const;

    boost::json::object to_json() const;
};

/// One line for a person.
std::string line_of(const Check& check);

/// Hears of each check when it has ended.
using Tell = std::function<void(const Check&)>;

/// Runs the suite. What fails is in the report; an Error is only smoke.endpoint (invalid), for what
/// is no origin.
Task<Result<Report>> run(trace::Context context, Parts parts, Options options, Tell tell = {});

}  // namespace acme::smoke
