#pragma once

/// Everything that one thread needs: its loop, its connections, its rooms. Threads share nothing
/// but the configuration, the metrics and the log's descriptor.

#include "app/config.hpp"
#include "io/fetch/fetch.hpp"
#include "io/http/page.hpp"
#include "io/loop/loop.hpp"
#include "io/loop/task_group.hpp"
#include "io/objects/store.hpp"
#include "io/otlp/exporter.hpp"
#include "io/pg/database.hpp"
#include "io/redis/client.hpp"
#include "operate/nodes/nodes.hpp"
#include "platform/accounts/accounts.hpp"
#include "platform/accounts/accounts_http.hpp"
#include "platform/accounts/links.hpp"
#include "platform/accounts/passwords.hpp"
#include "platform/events/hub.hpp"
#include "platform/files/files.hpp"
#include "platform/idempotency/idempotency.hpp"
#include "platform/sessions/sessions.hpp"
#include "platform/sessions/sessions_http.hpp"
#include "platform/sessions/tries.hpp"
#include "work/jobs/jobs.hpp"
#include "work/schedule/schedule.hpp"

namespace acme::app {

/// Of what all threads of the process have together: the part of one, at least 1.
std::size_t share_of(std::int64_t all, std::int64_t threads);

struct Platform {
    Platform(const Config& config, Metrics& metrics, LogPipe& pipe);
    Platform(const Platform&) = delete;
    Platform& operator=(const Platform&) = delete;

    /// Ends every connection; what still waits fails. Tasks that end with them are joined first.
    Task<> close();

    /// Runs the loop until `task` and all that it left running have ended; rethrows what it throws.
    void run(Task<> task);

    // In the order in which they need each other. Clients are made before the loop on which they
    // run, so that it dies first; the rooms come after it.
    const Config& config;
    SystemClock clock;
    SystemRandom random;
    Log log;
    Metrics& metrics;
    Telemetry telemetry;
    pg::Database db;
    redis::Client redis;
    fetch::Client fetch;
    otlp::Exporter exporter;
    TaskGroup tasks;
    Loop loop;
    std::unique_ptr<objects::Store> store;

    idempotency::Idempotency idempotency;
    events::Hub hub;
    http::Cursors cursors;
    accounts::Accounts accounts;
    accounts::Passwords passwords;
    accounts::Links links;
    accounts::Administration administration{accounts, passwords, links, cursors};
    sessions::Tries tries;
    sessions::Sessions sessions;
    sessions::Auth auth{sessions, passwords, links, tries};
    files::Files files;
    nodes::Nodes nodes;
    jobs::Registry jobs;
    schedule::Schedule schedule;
};

}  // namespace acme::app
