#pragma once

/// Whole rule sets, for programs that evaluate themselves: GET /v1/flags/ruleset,
/// GET /v1/flags/ruleset/lists/{id} for the long lists that they name, and GET /v1/flags/stream,
/// which says what has changed since. One for each thread.

#include "base/result.hpp"
#include "io/http/message.hpp"
#include "io/loop/line.hpp"
#include "io/loop/loop.hpp"
#include "io/telemetry/telemetry.hpp"
#include "platform/flag_feed/ground.hpp"

#include <deque>
#include <map>

namespace acme::pg {
class Database;
}

namespace acme::ofrep {

struct RulesetOptions {
    std::size_t streams_max = 256;
    std::chrono::milliseconds heartbeat{15'000};
    std::chrono::milliseconds look_period{50};  // how soon news are told
    /// Then it ends, so that whether its reader still may is asked anew.
    std::chrono::milliseconds stream_time_max{300'000};
};

class Rulesets {
public:
    /// Everything outlives it.
    Rulesets(
        flag_feed::Ground& ground,
        pg::Database& db,
        Loop& loop,
        Telemetry& telemetry,
        RulesetOptions options = {}
    )
        : ground_(ground),
          reader_(ground.shelf),
          db_(db),
          loop_(loop),
          telemetry_(telemetry),
          options_(options) {}

    /// With an ETag; 304 for who has it. Errors: flags.environment_unknown (not_found),
    /// flags.not_ready (unavailable).
    Result<http::Response> download(const http::Call& call);

    /// The members of a long segment, which never change under the same id. One that no rule set
    /// here names may be of a rule set that another node has already, or that was the newest a
    /// moment ago: PostgreSQL is asked. Error: flags.list_unknown (not_found). Throws pg::Fault.
    Task<Result<http::Response>> download_list(const http::Call& call);

    /// Events `ruleset` (the whole) and `ruleset-patch` (what has changed since the last one, whose
    /// id is its version). Errors: those of download(), flags.too_many_streams (unavailable).
    Task<Result<http::Response>> stream(const http::Call& call);

    /// Streams end soon.
    void end();

private:
    class Source;

    static constexpr std::size_t history_max = 8;

    std::string environment_of(const http::Request& request);
    Result<flag_feed::Shown> find(const std::string& environment);
    flag_feed::Held find_list(std::string_view id) const;
    Task<std::optional<std::string>> packed_list(trace::Context context, std::string id);
    void remember(const flag_feed::Shown& shown);
    std::string event_since(std::int64_t version, const flag_feed::Edition& newest);

    flag_feed::Ground& ground_;
    flag_feed::Reader reader_;
    pg::Database& db_;
    Loop& loop_;
    Telemetry& telemetry_;
    RulesetOptions options_;
    std::map<std::string, std::deque<flag_feed::Shown>, std::less<>> history_;
    std::map<std::pair<std::int64_t, std::int64_t>, std::string> patches_;  // of the last news
    std::size_t open_ = 0;
    Line<bool> waiting_;
    bool is_ending_ = false;
};

/// What turns one rule set into the other: {"environment", "version", "from", "flags" and
/// "segments" that are new or have changed, "removed_flags", "removed_segments"}.
std::string patch_between(const flag_feed::Edition& from, const flag_feed::Edition& to);

}  // namespace acme::ofrep
