#include "app/deploy_parts.hpp"

#include "app/visitors.hpp"
#include "io/process/machine.hpp"
#include "operate/local/engine_client.hpp"
#include "operate/local/plan.hpp"
#include "operate/local/running.hpp"
#include "operate/smoke/smoke.hpp"

#include <filesystem>

namespace acme::app {
namespace {

local::Layout layout_of(const Config& config) {
    std::string home = std::filesystem::absolute(config.home).lexically_normal();
    return local::make_layout(std::move(home), process::own_user());
}

Result<deploy::Ground> find_ground(Platform& platform) {
    const local::Layout layout = layout_of(platform.config);
    auto balancer = balancer::Balancer::load(layout.run);
    if (!balancer) return std::unexpected(balancer.error());
    deploy::Ground ground;
    ground.driver = std::make_unique<local::EngineClient>(layout.engine());
    ground.balancer = std::make_unique<balancer::Balancer>(*std::move(balancer));
    ground.judging = std::make_unique<deploy::Judging>(
        platform.telemetry, platform.fetch, *ground.balancer, *ground.driver
    );
    return ground;
}

Task<deploy::Wish> wish_of(Platform& platform, trace::Context context, deploy::DeploymentId id) {
    deploy::Deployments deployments(platform.db);
    co_return co_await deployments.wish_of(context, id);
}

Task<Result<std::string>> may_deploy(
    Platform& platform, trace::Context context, changes::Entrance entrance
) {
    co_return co_await platform.freezes.admit(context, std::move(entrance));
}

Task<Result<std::string>> run_smoke(
    Platform& platform, trace::Context context, std::string release
) {
    smoke::Parts parts{
        .telemetry = platform.telemetry,
        .make_account = smoke_account(platform),
    };
    smoke::Options options{
        .endpoint = local::url_of_running(platform.config.home), .release = std::move(release)
    };
    const smoke::Report report =
        ACME_TRY(co_await smoke::run(context, std::move(parts), std::move(options)));
    std::string lines;
    for (const smoke::Check& check : report.checks) {
        lines.append(lines.empty() ? "" : "\n").append(smoke::line_of(check));
    }
    if (report.is_green()) co_return lines;
    co_return refuse(
        ErrorKind::conflict,
        "deploy.smoke_red",
        "The smoke suite is red: " + report.failures() + "\n" + lines
    );
}

/// Reads of what users read, past every cache: each needs the session, its user and the database.
Task<judge::Reads> reads_of(Platform& platform, trace::Context context) {
    judge::Reads reads{.paths = {"/v1/openapi.json"}, .cookie = ""};
    try {
        smoke::Visitor visitor(platform.fetch, local::url_of_running(platform.config.home));
        const auto make_account = smoke_account(platform);
        const auto account = co_await make_account(context);
        if (!account) co_return reads;
        const auto answer = co_await visitor.sign_in(context, *account);
        if (answer.status != 200) co_return reads;
        reads = {.paths = {"/v1/me", "/v1/files", "/v1/nodes"}, .cookie = visitor.cookie()};
    } catch (const pg::Fault&) {
        co_return reads;
    } catch (const fetch::Fault&) {
        co_return reads;
    }
    co_return reads;
}

}  // namespace

deploy::CliParts deploy_parts(Platform& platform) {
    return {
        .find_ground = [&platform] { return find_ground(platform); },
        .db = platform.db,
        .fetch = platform.fetch,
        .telemetry = platform.telemetry,
        .tasks = platform.tasks,
        .hooks = {
            .fleet = [file = layout_of(platform.config).home + "/fleet.toml"](
                         const std::string& environment
                     ) { return deploy::asked_by_fleet(file, environment); },
            .wish = [&platform](
                        trace::Context context, deploy::DeploymentId id
                    ) { return wish_of(platform, context, id); },
            .may_deploy = [&platform](
                              trace::Context context, changes::Entrance entrance
                          ) { return may_deploy(platform, context, std::move(entrance)); },
            .smoke = [&platform](
                         trace::Context context, std::string release
                     ) { return run_smoke(platform, context, std::move(release)); },
            .reads = [&platform](trace::Context context) { return reads_of(platform, context); }
        },
        .journal_folder = layout_of(platform.config).home + "/deployments",
        .environment = platform.config.environment,
        .is_production = platform.config.profile == "production",
    };
}

}  // namespace acme::app
