// How long it takes to know whose a token is once it was seen before. One organization, one account
// and one token in an empty database; prints nanoseconds a look, of each of eleven rounds.
#include "app/config.hpp"
#include "app/config_docs.hpp"
#include "app/platform.hpp"

#include <chrono>
#include <csignal>
#include <cstdio>
#include <unistd.h>

namespace {

using namespace acme;

constexpr int rounds = 11;
constexpr int looks = 100'000;

constexpr pg::Query insert_org{
    "bench.org", "INSERT INTO orgs (id, name, created_at) VALUES ($1, 'Bench', now())"
};

Task<Result<std::string>> make_token(app::Platform& platform, trace::Context context) {
    const OrgId org{make_uuid7(platform.clock.now(), platform.random)};
    co_await platform.db.run(context, insert_org, org);
    tokens::NewAccount wanted{.name = "Bench", .scopes = {"files:read"}};
    const auto account =
        ACME_TRY(co_await platform.service_accounts.create(context, {}, org, std::move(wanted)));
    const auto token = ACME_TRY(co_await platform.tokens.issue(context, account, std::nullopt));
    co_return token.text;
}

Task<> look(app::Platform& platform) {
    trace::Trace trace(platform.clock, platform.random);
    const auto context = trace.begin(std::nullopt, 0);
    const auto token = co_await make_token(platform, context);
    if (!token) throw std::runtime_error(token.error().message);
    for (int round = 0; round < rounds; ++round) {
        const auto began = std::chrono::steady_clock::now();
        for (int i = 0; i < looks; ++i) {
            if (!co_await platform.tokens.inspect(context, *token)) {
                throw std::runtime_error("a good token is refused");
            }
        }
        const std::chrono::nanoseconds took = std::chrono::steady_clock::now() - began;
        std::printf("%lld\n", static_cast<long long>(took.count() / looks));
    }
    co_await platform.close();
}

int run() {
    std::signal(SIGPIPE, SIG_IGN);
    const app::Reading reading = app::read_config(app::process_environment());
    for (const std::string& line : app::report(reading.problems)) {
        std::fprintf(stderr, "%s\n", line.c_str());
    }
    if (!reading.problems.empty()) return 78;
    Metrics metrics;
    LogPipe pipe(STDERR_FILENO);
    const SystemClock clock;
    flag_feed::Ground flags(metrics, clock, false, reading.config.environment);
    app::Platform platform(reading.config, metrics, pipe, flags);
    platform.run(look(platform));
    return 0;
}

}  // namespace

int main() {
    try {
        return run();
    } catch (const std::exception& fault) {
        std::fprintf(stderr, "bench: %s\n", fault.what());
    }
    std::_Exit(70);
}
