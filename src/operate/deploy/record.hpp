#pragma once

/// What a controller tells of a deployment, one thing at a time.

#include "base/clock.hpp"
#include "base/ids.hpp"

#include <boost/json/object.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace acme::deploy {

using DeploymentId = Id<"dpl_">;

/// Kinds and their data:
///   begun       environment, kind, release, from, known_good, actor, reason, canary,
///               canary_window_ms, strategy, sticky, digest, added_at (of the release; "" when not
///               known), fence
///   taken       fence: another controller goes on
///   state       state, outcome; of "succeeded" and "rolled_back" also release, known_good, fence:
///               what runs in the environment from now on
///   plan        the plan, as Plan::json() writes it
///   step_begun  number, kind, nodes, about, undo
///   step_ended  number, result, evidence, cut: connections
///   sample      what the judge saw, remaining_ms
///   note        text
///   cancels     environment, outcome, state, fence, begun_at: ends all others there that have not
///               ended and were begun before
///   passed      the canary
///   current     release, known_good, fence: the same, as earlier releases told it
///   good        release
///
/// `fence` is the number under which the machines were held. It only grows, also when a clock goes
/// back: so it says which of two deployments came later.
struct Record {
    DeploymentId deployment;
    std::int64_t seq = 0;
    WallTime at;
    std::string kind;
    boost::json::object data;

    std::string line() const;  // of the file
    /// Makes it storable first: a controller of an earlier release wrote bytes as they came.
    static std::optional<Record> parse(std::string_view line);

    /// What nodes and programs said is in it, so every string of the data: see to_storable(). In
    /// what people and programs wrote, whatever looks like a credential is masked.
    void make_storable();

    /// "", 0 or false for a member that is not there, or is something else.
    std::string text(std::string_view name) const;
    std::int64_t number(std::string_view name) const;
    bool flag(std::string_view name) const;
};

}  // namespace acme::deploy
