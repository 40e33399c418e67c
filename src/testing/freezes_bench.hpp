#pragma once

/// Freezes on a database of their own.

#include "operate/changes/freezes.hpp"
#include "testing/bench.hpp"

namespace acme::changes {

struct FreezesBench : testing::Bench {
    Result<Freeze> begin(std::optional<std::chrono::hours> ahead, std::string reason = "the sale") {
        NewFreeze wanted{.environment = "production", .reason = std::move(reason)};
        if (ahead) wanted.until = clock.now() + *ahead;
        return wait(freezes.begin(context, {.name = "anna"}, std::move(wanted)));
    }

    Entrance entrance(std::string environment = "production") {
        return {
            .environment = std::move(environment),
            .release = "4f2a91c",
            .deployment = "dpl_1",
            .actor = {.name = "carla"},
        };
    }

    Result<std::string> check(std::string environment = "production") {
        return wait(freezes.admit(context, entrance(std::move(environment))));
    }

    Result<Pass> let_through(FreezeId freeze, std::string actor, std::string release = "4f2a91c") {
        return wait(freezes.let_through(
            context, {.name = std::move(actor)}, {freeze, std::move(release), "sign-in is down"}
        ));
    }

    Result<Freeze> lift(FreezeId id, std::string reason = "it is over") {
        return wait(freezes.lift(context, {.name = "berta"}, id, std::move(reason)));
    }

    std::string audited() { return sql.value("SELECT string_agg(action, ' ') FROM audit_entries"); }

    Secret conninfo = testing::fresh_database();
    pg::Database own{{.conninfo = conninfo.clone(), .connections_max = 2}, telemetry};
    testing::Sql sql{conninfo};
    Freezes freezes{own, clock};
};

}  // namespace acme::changes
