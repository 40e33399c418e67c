#pragma once

/// The journal of a test, with what tests tell again and again.

#include "operate/deploy/deployments.hpp"
#include "testing/bench.hpp"

#include <filesystem>

namespace acme::testing {

/// A database that is not there.
inline pg::Options nowhere() {
    return {.conninfo = Secret("host=/nonexistent user=nobody dbname=none")};
}

/// With a folder for the files.
struct JournalBench : Bench {
    ~JournalBench() { std::filesystem::remove_all(folder); }

    deploy::Journal fresh_journal() { return {folder, db, clock, telemetry}; }

    void begin(
        deploy::Journal& journal,
        deploy::DeploymentId id,
        std::string release,
        std::string kind = "release",
        std::int64_t fence = 0
    ) {
        wait(journal.add(
            context,
            id,
            "begun",
            {{"environment", "production"},
             {"kind", std::move(kind)},
             {"release", std::move(release)},
             {"from", "old"},
             {"known_good", "old"},
             {"actor", "cli"},
             {"reason", "a test"},
             {"canary", ""},
             {"canary_window_ms", 60'000},
             {"fence", fence}}
        ));
    }

    void cancel(
        deploy::Journal& journal, deploy::DeploymentId id, std::string state, std::int64_t fence
    ) {
        wait(journal.add(
            context,
            id,
            "cancels",
            {{"environment", "production"},
             {"outcome", "taken over"},
             {"state", std::move(state)},
             {"fence", fence}}
        ));
    }

    void state(
        deploy::Journal& journal,
        deploy::DeploymentId id,
        std::string name,
        std::string outcome = ""
    ) {
        boost::json::object data{{"state", std::move(name)}, {"outcome", std::move(outcome)}};
        wait(journal.add(context, id, "state", std::move(data)));
    }

    deploy::DeploymentId new_id() { return deploy::DeploymentId::make(clock.now(), random); }

    deploy::Deployment found(deploy::DeploymentId id) {
        return *wait(deployments.find(context, id));
    }

    std::string folder =
        (std::filesystem::temp_directory_path() / ("acme-journal-" + new_id().str())).string();
    deploy::Deployments deployments{db};
};

}  // namespace acme::testing
