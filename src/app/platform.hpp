#pragma once

/// Everything that one thread needs: its loop, its connections, its rooms. Threads share nothing
/// but the configuration, the metrics and the log's descriptor.

#include "app/config.hpp"
#include "io/fetch/fetch.hpp"
#include "io/http/page.hpp"
#include "io/loop/line.hpp"
#include "io/loop/loop.hpp"
#include "io/loop/task_group.hpp"
#include "io/objects/store.hpp"
#include "io/otlp/error_news.hpp"
#include "io/pg/database.hpp"
#include "io/redis/client.hpp"
#include "operate/changes/freezes.hpp"
#include "operate/log_level/log_level.hpp"
#include "operate/nodes/nodes.hpp"
#include "operate/pings/pings.hpp"
#include "platform/accounts/accounts.hpp"
#include "platform/accounts/accounts_http.hpp"
#include "platform/accounts/links.hpp"
#include "platform/accounts/memberships.hpp"
#include "platform/accounts/passwords.hpp"
#include "platform/accounts/proofs.hpp"
#include "platform/accounts/sign_ups.hpp"
#include "platform/assets/assets.hpp"
#include "platform/events/hub.hpp"
#include "platform/factors/passkeys.hpp"
#include "platform/files/files.hpp"
#include "platform/files/links.hpp"
#include "platform/flag_feed/feed.hpp"
#include "platform/flag_settings/settings.hpp"
#include "platform/flags/flags.hpp"
#include "platform/idempotency/idempotency.hpp"
#include "platform/identities/identities.hpp"
#include "platform/identities/identities_http.hpp"
#include "platform/identities/remote.hpp"
#include "platform/keys/keys.hpp"
#include "platform/limits/limits.hpp"
#include "platform/mail/mail.hpp"
#include "platform/ofrep/exposures.hpp"
#include "platform/ofrep/ofrep.hpp"
#include "platform/ofrep/rulesets.hpp"
#include "platform/organizations/invitations.hpp"
#include "platform/organizations/organizations_http.hpp"
#include "platform/queues/pull_news.hpp"
#include "platform/schedules/schedules.hpp"
#include "platform/sessions/sessions.hpp"
#include "platform/sessions/sessions_http.hpp"
#include "platform/sessions/sign_up_http.hpp"
#include "platform/sessions/tries.hpp"
#include "platform/tokens/device_logins.hpp"
#include "platform/tokens/service_accounts_http.hpp"
#include "platform/tokens/tokens.hpp"
#include "platform/unleash/importer.hpp"
#include "platform/uploads/direct.hpp"
#include "platform/uploads/uploads.hpp"
#include "platform/webhooks/lanes.hpp"
#include "work/jobs/jobs.hpp"
#include "work/schedule/schedule.hpp"

#include <functional>

namespace acme::app {

/// Of what all threads of the process have together: the part of one, at least 1.
std::size_t share_of(std::int64_t all, std::int64_t threads);

/// Of the traces that begin here, those that are kept though nothing went wrong.
double trace_share_of(const Config& config);

/// What it is for: taking jobs needs its database to be spoken to in its own way.
enum class Work { any, jobs };

struct Platform {
    /// `ground` is what the threads of the process have together of feature flags.
    Platform(
        const Config& config,
        Metrics& metrics,
        LogPipe& pipe,
        flag_feed::Ground& ground,
        Work work = Work::any
    );
    Platform(const Platform&) = delete;
    Platform& operator=(const Platform&) = delete;

    /// From now on a database that hangs does not hold the end of this process up: when `is_busy`
    /// has said no for a moment, and close() has not come to its end, every session is ended. Once.
    void limit_end(std::function<bool()> is_busy);

    /// Ends every connection; what still waits fails. Tasks that end with them are joined first.
    Task<> close();

    /// What has ended: for the collector, or for the grace ring.
    void keep(trace::Trace& trace);

    /// Exports what is kept, until close().
    void spawn_exports();

    /// Keeps the rule sets of the process up to date, until close(): on one thread of each process.
    /// Does nothing where flags are switched off.
    void feed_flags();

    /// Whoever hears of flags here goes to another node.
    void end_flag_streams();

    /// Runs the loop until `task` and all that it left running have ended; rethrows what it throws.
    void run(Task<> task);

    // In the order in which they need each other. Clients are made before the loop on which they
    // run, so that it dies first; the rooms come after it.
    const Config& config;
    Networks trusted_proxies;
    SystemClock clock;
    SystemRandom random;
    Log log;
    Metrics& metrics;
    Telemetry telemetry;
    flag_feed::Ground& flag_ground;
    pg::Database db;
    redis::Client redis;
    fetch::Client fetch;
    fetch::Client outgoing;  // to webhooks, and nothing else
    otlp::Exporter exporter;
    std::optional<otlp::ErrorNews> error_news;  // where traces are exported at all
    TaskGroup tasks;
    TaskGroup end_tasks{log};  // which close() ends when `tasks` have ended
    Loop loop;
    std::unique_ptr<objects::Store> store;

    idempotency::Idempotency idempotency;
    events::Hub hub;
    queues::PullNews pull_news;
    http::Cursors cursors;
    accounts::Accounts accounts;
    accounts::Passwords passwords;
    accounts::Links links;
    mail::Mail mail;
    accounts::Proofs proofs;
    accounts::SignUps sign_ups;
    accounts::Memberships memberships;
    factors::Factors factors;
    factors::Passkeys passkeys;
    organizations::Invitations invitations;
    accounts::Administration administration{
        db, accounts, passwords, links, idempotency, cursors, trusted_proxies
    };
    limits::Limits limits;
    sessions::Tries tries;
    sessions::Sessions sessions;
    sessions::Auth auth{sessions, passwords, links, tries, factors, passkeys};
    sessions::Entrance entrance{sign_ups, sessions, tries, metrics, factors, passkeys};
    identities::Identities identities{
        sign_ups.allowed(), db, accounts, passwords, passkeys, telemetry
    };
    identities::Remote providers;
    identities::Flights flights;
    identities::Room elsewhere{
        identities, providers, flights, accounts, factors, sessions, tries, telemetry
    };
    keys::Keys keys{db, accounts, limits, telemetry, trusted_proxies};
    tokens::ServiceAccounts service_accounts{db, telemetry};
    tokens::Machines machines{service_accounts, accounts, idempotency, cursors, trusted_proxies};
    tokens::DeviceLogins device_logins{db, keys, telemetry};
    tokens::SigningKeys signing_keys;
    tokens::Tokens tokens;
    organizations::Room organizations{
        accounts, memberships, invitations, sessions, tries, idempotency, cursors, metrics
    };
    files::Files files;
    uploads::Uploads uploads{db, *store, files, telemetry};
    uploads::Directs directs;
    files::Links file_links;
    webhooks::Webhooks webhooks;
    webhooks::Deliveries deliveries{db, telemetry};
    webhooks::Lanes lanes;
    schedules::Schedules schedules{db, telemetry};
    flags::Flags flags{flag_ground.depot};
    std::optional<flag_feed::Feed> flag_feed;  // see feed_flags()
    ofrep::Streams flag_streams;
    ofrep::Ofrep ofrep;
    ofrep::Rulesets flag_rulesets{flag_ground, db, loop, telemetry};
    ofrep::Exposures flag_exposures{db, flags, telemetry};
    flag_settings::Settings flag_settings{
        {db, loop, telemetry, accounts}, unleash::import_document
    };
    assets::Assets assets{db, clock};
    nodes::Nodes nodes;
    pings::Pings pings;
    log_level::Levels log_levels;
    changes::Freezes freezes{db, clock};
    jobs::Registry jobs;
    schedule::Schedule schedule;

private:
    Task<> end_sessions_in_time(std::function<bool()> is_busy);

    bool is_closed_ = false;
    Line<bool> ending_;
};

}  // namespace acme::app
