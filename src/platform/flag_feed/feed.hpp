#pragma once

/// Keeps this process's rule sets up to date: one feed a process, on the loop of one thread.
///
/// What is new is heard of over PostgreSQL (LISTEN) and over Redis (SUBSCRIBE), and found by a look
/// at the versions every five seconds for when both were lost. It is then read from the copy in
/// Redis, which spares PostgreSQL a read by each node, and from PostgreSQL where that has not got
/// it. Neither is needed to evaluate: without them the last rule sets stay, and
/// feature_flag_snapshot_age_seconds says for how long.

#include "io/loop/line.hpp"
#include "io/loop/task_group.hpp"
#include "io/pg/database.hpp"
#include "io/pg/listener.hpp"
#include "io/redis/cache_meter.hpp"
#include "io/redis/subscription.hpp"
#include "io/telemetry/telemetry.hpp"
#include "platform/flag_feed/counts.hpp"
#include "platform/flag_feed/ground.hpp"
#include "platform/flag_feed/table.hpp"

#include <map>

namespace acme::flag_feed {

struct FeedOptions {
    std::string node;    // names who keeps the copy in Redis
    std::string folder;  // of flags.snap; "": there is none
    Secret conninfo;
    Secret redis_url;
    std::chrono::milliseconds poll_period{5'000};  // less up to a tenth, so that nodes spread
    std::chrono::milliseconds lead_period{10'000};
    std::chrono::milliseconds count_period{10'000};
    std::chrono::milliseconds redis_deadline{1'000};  // rule sets may be megabytes
};

class Feed {
public:
    /// Everything outlives it.
    Feed(FeedOptions options, Ground& ground, pg::Database& db, Loop& loop, Telemetry& telemetry);

    /// Until stop(). First what the state folder has, then what the servers have.
    Task<> run();

    void stop();

    /// When it was last known that nothing newer was published.
    SteadyTime current_at() const { return current_at_; }

private:
    Task<> read_disk();
    Task<> look_now_and_then();
    Task<> look(trace::Context context);
    void hear(std::string_view news);
    void want(std::string_view environment, std::int64_t version);
    Task<> take_wanted();
    Task<> take(trace::Context context, std::string environment, std::int64_t version);
    Task<std::optional<Printed>> fetch(
        trace::Context context, std::string environment, std::int64_t version
    );
    Task<bool> show(trace::Context context, Printed printed);
    Task<std::optional<std::vector<Held>>> gather(
        trace::Context context, std::vector<std::string> ids
    );
    Held find_held(std::string_view id) const;
    Task<Held> fetch_list(trace::Context context, std::string id);
    Task<Held> opened(std::string id, std::optional<std::string> packed);
    void refuse(std::string_view environment, std::int64_t version, const Error& error);
    Task<> keep_copies();
    Task<> keep_counts();
    void show_age();

    FeedOptions options_;
    Ground& ground_;
    pg::Database& db_;
    redis::Client redis_;  // of its own: a rule set takes longer than what others ask for
    Loop& loop_;
    Telemetry& telemetry_;
    pg::Listener listener_;
    redis::Subscription subscription_;
    redis::CacheMeter meter_;
    prometheus::Gauge& age_;
    Counts counts_;
    std::map<std::string, std::int64_t, std::less<>> wanted_;   // the least version, by environment
    std::map<std::string, std::int64_t, std::less<>> refused_;  // by the compiler: not asked again
    std::map<std::string, std::int64_t, std::less<>> ids_;      // of environments
    SteadyTime current_at_;
    Line<bool> wanting_;
    Line<bool> pausing_;
    bool is_stopping_ = false;
    bool was_well_ = true;
    TaskGroup tasks_;
};

}  // namespace acme::flag_feed
