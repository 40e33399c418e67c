#include "operate/drills/exercise.hpp"

#include <cstdio>

namespace acme::drills {
namespace {

/// "" when the node is as it should be.
std::string flaw_of(const deploy::NodeNow& node, const std::string& release) {
    if (!node.is_running) return "does not run";
    if (!node.is_ready) return "is not ready";
    if (!node.takes_traffic) return "is taken out of the balancer";
    if (node.release != release) return "runs " + node.release + ", and others " + release;
    return "";
}

}  // namespace

Task<Result<std::vector<deploy::NodeNow>>> nodes_well(
    const deploy::CliParts& parts, deploy::Ground& ground, trace::Context context
) {
    const deploy::Fence held = ACME_TRY(co_await ground.driver->held());
    if (!held.holder.empty()) {
        co_return refuse(
            ErrorKind::unavailable, "engine.held", "The machines are held by " + held.holder + "."
        );
    }
    auto nodes =
        ACME_TRY(co_await deploy::nodes_now(*ground.driver, *ground.balancer, parts.fetch, context)
        );
    std::vector<FieldError> flaws;
    for (const deploy::NodeNow& node : nodes) {
        const std::string flaw = flaw_of(node, nodes.front().release);
        if (!flaw.empty()) flaws.push_back({node.name, "drills.not_well", flaw});
    }
    if (flaws.empty() && !nodes.empty()) co_return nodes;
    co_return std::unexpected(Error{
        .kind = ErrorKind::conflict,
        .code = "drills.not_well",
        .message = "A drill begins when all nodes are well: acme deploy status, acme drift show.",
        .fields = std::move(flaws),
    });
}

std::string url_of(const balancer::Settings& settings) {
    const bool is_everywhere = settings.address == "0.0.0.0";
    return "http://" + (is_everywhere ? "127.0.0.1" : settings.address) + ":" +
           std::to_string(settings.port);
}

std::string seconds_text(std::chrono::milliseconds time) {
    char text[32];
    std::snprintf(text, sizeof(text), "%.1f s", static_cast<double>(time.count()) / 1000);
    return text;
}

}  // namespace acme::drills
