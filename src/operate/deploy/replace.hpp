#pragma once

/// One node gets another release: drained first, then stopped, then started (PIPE-9); or the other
/// one is started beside it first, takes traffic, and then what was there is drained and stopped.
///
/// Every part of it asks how things are before it does something, so it can be begun again after
/// any of them.

#include "operate/deploy/nodes_now.hpp"

#include <functional>
#include <map>

namespace acme::deploy {

/// Told what is waited for, in words; an Error ends the wait and is returned.
using Interrupt = std::function<Result<>(std::string doing)>;

/// What a replacement took.
struct Replaced {
    std::string node;
    WallTime drained_at{};  // no request of the balancer was there any more
    WallTime started_at{};  // of the new program, as its machine says
    std::chrono::milliseconds drained{0};
    std::int64_t cut = 0;      // connections that the drain's limit ended
    std::int64_t streams = 0;  // of events, which the node itself sends elsewhere as it ends
    bool ended_by_itself = true;
    std::chrono::milliseconds stopped{0};
    std::chrono::milliseconds ready{0};
    std::chrono::milliseconds in_rotation{0};
    bool started_first = false;

    /// "app-1: drained in 0.2 s at 12:03:04.120, stopped in 0.1 s, started at 12:03:04.231, …"
    std::string evidence() const;
};

class Replacer {
public:
    /// What it is given outlives it.
    Replacer(
        Driver& driver,
        balancer::Balancer& balancer,
        fetch::Client& fetch,
        const Clock& clock,
        Limits limits
    )
        : driver_(driver), balancer_(balancer), fetch_(fetch), clock_(clock), limits_(limits) {}

    /// `weights` are of nodes, and are set while the node is still drained: else it would take a
    /// full share first. What another deployment left beside the node is ended before.
    /// Errors: deploy.not_ready (conflict) with what the node last said, how it ended and its last
    /// lines; deploy.other_release (conflict), when it says that it is another one;
    /// deploy.no_rotation (conflict), when the balancer does not find it ready; those of driver,
    /// balancer and `interrupt`.
    Task<Result<Replaced>> replace(
        trace::Context context,
        Fence fence,
        Facts facts,
        std::map<std::string, int> weights,
        Interrupt interrupt
    );

    /// The release runs there already and is ready, whether or not it takes traffic.
    Task<bool> is_there(trace::Context context, Facts facts);

    /// The other order: the new program beside the old one, whose `facts` have the node's present
    /// address; in the balancer, there with its weight, and only then the old one is drained and
    /// ended. Broken off anywhere, the node is what it was until the old one has ended, and the
    /// same call goes on. Errors: the same; engine.no_room.
    Task<Result<Replaced>> replace_beside(
        trace::Context context,
        Fence fence,
        Facts facts,
        std::map<std::string, int> weights,
        Interrupt interrupt
    );

    /// For such a node: it takes traffic again, and what runs beside it is drained and ended.
    /// Errors: deploy.no_rotation; those of the balancer and of the driver.
    Task<Result<Replaced>> readmit(
        trace::Context context, Fence fence, Facts facts, Interrupt interrupt
    );

    /// Takes those servers of the node out of the balancer that do not lead to `address`, when one
    /// does.
    Task<Result<>> sweep(std::string node, std::string address);

    /// Of nodes; the rest keeps its own.
    Task<Result<>> set_weights(std::map<std::string, int> weights);

    /// Drains the node and leaves it out. A node that does not drain in time is cut off. Streams of
    /// events would last for ever: who has only those is told to end, and says "event: drain".
    Task<Result<Replaced>> drain(trace::Context context, Facts facts, Interrupt interrupt);

private:
    Task<Result<>> until_ready(
        trace::Context context, Facts facts, Replaced& replaced, Interrupt interrupt
    );
    Task<Result<>> until_in_rotation(Facts facts, Replaced& replaced, Interrupt interrupt);
    Task<bool> ends_again_and_again(Facts facts);
    Task<WallTime> start_of(Facts facts);
    Task<Result<Instance>> instance_of(std::string node);
    Task<std::string> server_name(Facts facts);
    Task<Result<>> lead_to(Facts facts, std::map<std::string, int> weights);
    Task<Result<>> end_beside(trace::Context context, Fence fence, Instance there, Interrupt);
    Task<Result<>> end_leftover(trace::Context context, Fence fence, Facts facts, Interrupt);
    Task<std::int64_t> streams_of(trace::Context context, std::string address);
    Task<> tell_drained(trace::Context context, std::string address);
    Task<std::string> why_not(Facts facts, std::string said);
    std::chrono::milliseconds since(SteadyTime begun) const;

    Driver& driver_;
    balancer::Balancer& balancer_;
    fetch::Client& fetch_;
    const Clock& clock_;
    Limits limits_;
};

}  // namespace acme::deploy
