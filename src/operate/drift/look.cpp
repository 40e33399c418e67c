#include "operate/drift/look.hpp"

#include "operate/deploy/releases.hpp"
#include "operate/deploy/usual_return.hpp"

#include <algorithm>

namespace acme::drift {
namespace {

using deploy::Deployment;
using deploy::Instance;

/// One that waits has changed nothing yet, and one that is only watched changes nothing more.
bool changes_nodes(const Deployment& deployment) {
    return deployment.state != "queued" && deployment.state != "succeeded";
}

/// Before anything was deployed it is what the platform began with.
Task<std::string> recorded_release(
    const deploy::CliParts& parts, trace::Context context, std::string otherwise
) {
    deploy::Releases releases(parts.db);
    const auto current = co_await releases.current(context, parts.environment);
    co_return current ? current->release : otherwise;
}

Task<std::string> note_of(const deploy::CliParts& parts, trace::Context context) {
    deploy::Deployments deployments(parts.db);
    for (const Deployment& each : co_await deployments.running(context, parts.environment)) {
        if (!changes_nodes(each)) continue;
        co_return each.id.str() + " is under way, and nodes differ on purpose: acme deploy watch";
    }
    co_return "";
}

}  // namespace

Task<Result<Found>> find(
    const deploy::CliParts& parts, deploy::Ground& ground, trace::Context context
) {
    Found found{.world = {}, .note = co_await note_of(parts, context)};
    World& world = found.world;
    world.instances = ACME_TRY(co_await ground.driver->instances());
    world.release =
        co_await recorded_release(parts, context, deploy::known_good_of(world.instances));
    if (!found.note.empty()) co_return found;
    world.servers = ACME_TRY(co_await ground.balancer->servers());
    world.files = ACME_TRY(co_await ground.balancer->compare());
    const auto stored = ACME_TRY(co_await ground.driver->releases());
    world.has_release =
        std::ranges::find(stored, world.release, &deploy::Stored::id) != stored.end();
    for (const Instance& instance : world.instances) {
        if (instance.facts.role != "serve") continue;
        const auto said = co_await deploy::ask_ready(
            parts.fetch, context, instance.facts.address, instance.facts.role
        );
        world.answers[instance.facts.node] = said.release;
    }
    found.note = co_await note_of(parts, context);  // one may have begun meanwhile
    co_return found;
}

Task<Look> look(const deploy::CliParts& parts, trace::Context context) {
    Looks looks(parts.db);
    const WallTime now = parts.telemetry.clock.now();
    auto ground = parts.find_ground();
    Result<Found> found = ground ? co_await find(parts, *ground, context)
                                 : Result<Found>(std::unexpected(ground.error()));
    if (!found) {
        co_return co_await looks.keep(
            context, parts.environment, now, "", found.error().message, {}
        );
    }
    const World& world = found->world;
    co_return co_await looks.keep(
        context,
        parts.environment,
        now,
        world.release,
        found->note,
        found->note.empty() ? compare(world) : std::vector<Deviation>()
    );
}

}  // namespace acme::drift
