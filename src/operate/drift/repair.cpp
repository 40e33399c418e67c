#include "operate/drift/repair.hpp"

#include "base/bytes.hpp"
#include "base/text.hpp"
#include "operate/deploy/hold.hpp"
#include "operate/deploy/replace.hpp"
#include "platform/audit/audit.hpp"

#include <boost/json/serialize.hpp>

#include <algorithm>

namespace acme::drift {
namespace {

using deploy::Hold;
using deploy::Instance;

/// Ends the renewal, whatever happens.
struct AtEnd {
    std::shared_ptr<Hold> hold;
    ~AtEnd() { hold->forget(); }
};

class Repairing {
public:
    Repairing(const deploy::CliParts& parts, deploy::Ground& ground, Hold& hold, World world)
        : parts_(parts), ground_(ground), hold_(hold), world_(std::move(world)) {}

    Task<Result<>> carry_out(trace::Context context, const Action& action) {
        balancer::Balancer& balancer = *ground_.balancer;
        switch (action.kind) {
            case ActionKind::address:
                co_return co_await balancer.set_address(
                    server_of(action.node), action.address, deploy::service_port
                );
            case ActionKind::add:
                co_return co_await balancer.add(
                    action.node, action.address, deploy::service_port, action.weight
                );
            case ActionKind::remove: co_return co_await balancer.remove(server_of(action.node));
            case ActionKind::replace: co_return co_await replace(context, action.node);
            case ActionKind::ready: co_return co_await balancer.ready(server_of(action.node));
            case ActionKind::weight:
                co_return co_await balancer.set_weights({{server_of(action.node), action.weight}});
            case ActionKind::write: co_return co_await balancer.write();
        }
        co_return done;
    }

private:
    /// Its name at the balancer.
    std::string server_of(const std::string& node) const {
        const auto* const server = balancer::server_of(world_.servers, node, "");
        return server == nullptr ? node : server->name;
    }

    Task<Result<>> replace(trace::Context context, std::string node) {
        const auto found = std::ranges::find(world_.instances, node, [](const Instance& each) {
            return each.facts.node;
        });
        deploy::Facts facts = found->facts;
        facts.release = world_.release;
        facts.track = "stable";
        deploy::Replacer replacer(
            *ground_.driver,
            *ground_.balancer,
            parts_.fetch,
            parts_.telemetry.clock,
            deploy::Limits::of_return()
        );
        const auto replaced = co_await replacer.replace(
            context,
            hold_.fence(),
            std::move(facts),
            {},
            [this](const std::string&) { return interrupt(); }
        );
        if (!replaced) co_return std::unexpected(replaced.error());
        co_return done;
    }

    Result<> interrupt() const {
        if (!hold_.is_lost()) return {};
        return refuse(
            ErrorKind::conflict, "engine.fenced", "Somebody else has taken the machines over."
        );
    }

    const deploy::CliParts& parts_;
    deploy::Ground& ground_;
    Hold& hold_;
    World world_;
};

Task<> record(const deploy::CliParts& parts, trace::Context context, const Repair& repair) {
    auto transaction = co_await parts.db.begin(context);
    co_await audit::record(
        transaction,
        context,
        {.name = "cli"},
        {.action = "drift.repair",
         .target = parts.environment,
         .after = boost::json::serialize(repair.json())}
    );
    co_await transaction.commit(context);
}

Task<Result<>> repair_held(
    const deploy::CliParts& parts,
    deploy::Ground& ground,
    trace::Context context,
    std::string digest,
    Say say,
    std::shared_ptr<Hold> hold
) {
    Found found = ACME_TRY(co_await find(parts, ground, context));
    if (!found.note.empty()) {
        co_return refuse(ErrorKind::conflict, "drift.under_way", found.note + ".");
    }
    const Repair repair = repair_of(found.world);
    if (!digest.empty() && digest != repair.digest()) {
        co_return refuse(
            ErrorKind::conflict,
            "drift.plan_moved",
            "Things are not as they were when this plan was shown. Make a new one."
        );
    }
    if (repair.actions.empty()) co_return done;
    co_await record(parts, context, repair);
    Repairing repairing(parts, ground, *hold, std::move(found.world));
    for (const Action& action : repair.actions) {
        say(action.about);
        ACME_TRY(co_await repairing.carry_out(context, action));
    }
    co_return done;
}

}  // namespace

Task<Result<>> repair(
    const deploy::CliParts& parts,
    deploy::Ground& ground,
    trace::Context context,
    std::string digest,
    Say say
) {
    std::string holder = "drift repair by cli, run ";
    append_hex(holder, parts.telemetry.random.number());
    const auto hold = std::make_shared<Hold>(*ground.driver, parts.telemetry, std::move(holder));
    const deploy::Fence now = ACME_TRY(co_await ground.driver->held());
    if (!now.holder.empty()) {
        co_return refuse(
            ErrorKind::unavailable, "engine.held", "The machines are held by " + now.holder + "."
        );
    }
    ACME_TRY(co_await hold->take(deploy::Claim::deployment));
    parts.tasks.spawn(co_await asio::this_coro::executor, "drift.renew", Hold::renew(hold));
    const AtEnd at_end{hold};
    auto outcome = co_await repair_held(parts, ground, context, std::move(digest), say, hold);
    co_await hold->let_go();
    co_return outcome;
}

}  // namespace acme::drift
