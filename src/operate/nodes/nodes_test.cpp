// The heartbeat and the list on a real PostgreSQL, and the figures by themselves.
#include "operate/nodes/nodes.hpp"

#include "io/http/service.hpp"
#include "operate/nodes/heartbeat.hpp"
#include "operate/nodes/nodes_http.hpp"
#include "testing/bench.hpp"
#include "testing/text_body.hpp"

#include <boost/json/parse.hpp>
#include <prometheus/counter.h>
#include <prometheus/histogram.h>

#include <limits>

namespace acme::nodes {
namespace {

namespace json = boost::json;
using std::chrono::seconds;

constexpr pg::Query make_silent{"test.make_silent", R"sql(
    UPDATE nodes SET seen_at = seen_at - $2 * interval '1 second' WHERE name = $1
)sql"};
constexpr pg::Query count_rows{"test.count_nodes", "SELECT count(*) FROM nodes"};

Self named(std::string name, std::string role = "serve", std::int64_t pid = 1) {
    return {
        .name = std::move(name),
        .role = std::move(role),
        .release = "r-1",
        .address = "127.0.0.1",
        .pid = pid,
        .started_at = testing::start
    };
}

Traffic traffic_of(std::vector<double> request_seconds, double errors = 0) {
    Traffic traffic{.seconds = 60, .totals = {}};
    for (double each : request_seconds) {
        const auto bucket = std::ranges::lower_bound(seconds_edges, each) - seconds_edges.begin();
        ++traffic.totals.buckets[static_cast<std::size_t>(bucket)];
        ++traffic.totals.requests;
    }
    traffic.totals.errors = errors;
    return traffic;
}

struct NodesBench : testing::Bench {
    void beat(const Self& self, const Figures& figures = {}, std::string state = "ready") {
        wait(nodes.beat(context, self, std::move(state), figures));
    }

    void fall_silent(std::string name, std::int64_t by) {
        wait(db.run(context, make_silent, name, by));
    }

    std::string state_of(std::string_view name) {
        for (const Node& node : wait(nodes.list(context)).nodes) {
            if (node.self.name == name) return node.state;
        }
        return "";
    }

    std::int64_t rows() { return wait(db.run(context, count_rows))[0].integer(); }

    Nodes nodes{db};
};

TEST(Nodes, ANodeIsWhatItLastSaid) {
    NodesBench bench;
    bench.beat(named("app-1"), {}, "starting");
    EXPECT_EQ(bench.state_of("app-1"), "starting");
    bench.beat(named("app-1"), {}, "ready");
    bench.beat(named("worker-1", "worker"));
    EXPECT_EQ(bench.state_of("app-1"), "ready");
    const Fleet fleet = bench.wait(bench.nodes.list(bench.context));
    ASSERT_EQ(fleet.nodes.size(), 2);
    EXPECT_EQ(fleet.nodes[0].self.started_at, testing::start);
    EXPECT_EQ(fleet.nodes[0].self.pid, 1);
}

TEST(Nodes, WhoIsSilentForThreeSecondsIsDeadAndComesBackWithItsNextBeat) {
    NodesBench bench;
    bench.beat(named("app-1"));
    bench.beat(named("app-2"));
    bench.fall_silent("app-1", 2);
    EXPECT_EQ(bench.state_of("app-1"), "ready");
    EXPECT_EQ(bench.wait(bench.nodes.count_live(bench.context, "serve")), 2);
    bench.fall_silent("app-1", 2);
    EXPECT_EQ(bench.state_of("app-1"), "dead");
    EXPECT_EQ(bench.state_of("app-2"), "ready");
    EXPECT_EQ(bench.wait(bench.nodes.count_live(bench.context, "serve")), 1);
    bench.beat(named("app-1", "serve", 2));
    EXPECT_EQ(bench.state_of("app-1"), "ready");
}

TEST(Nodes, OfTwoProgramsOfANameTheOneThatBeganLaterIsShownUntilItIsSilent) {
    NodesBench bench;
    Self later = named("app-1", "serve", 2);
    later.started_at = testing::start + seconds(1);
    bench.beat(later, {}, "starting");
    bench.beat(named("app-1"), {}, "draining");
    EXPECT_EQ(bench.state_of("app-1"), "starting");
    bench.fall_silent("app-1", 4);
    bench.beat(named("app-1"), {}, "ready");
    EXPECT_EQ(bench.state_of("app-1"), "ready");
}

TEST(Nodes, AfterTenMinutesADeadNodeIsNotShownAndThenRemoved) {
    NodesBench bench;
    bench.beat(named("app-1"));
    bench.beat(named("app-2"));
    bench.fall_silent("app-1", 601);
    EXPECT_EQ(bench.state_of("app-1"), "");
    EXPECT_EQ(bench.rows(), 2);
    bench.wait(bench.nodes.sweep(bench.context));
    EXPECT_EQ(bench.rows(), 1);
}

TEST(Nodes, WhoStartsOrDrainsLivesAndIsNotReady) {
    NodesBench bench;
    bench.beat(named("app-1"));
    bench.beat(named("app-2"), {}, "starting");
    bench.beat(named("app-3"), {}, "draining");
    EXPECT_EQ(bench.wait(bench.nodes.count_live(bench.context, "serve")), 3);
    EXPECT_EQ(bench.wait(bench.nodes.count_ready(bench.context, "serve")), 1);
    bench.fall_silent("app-1", 4);
    EXPECT_EQ(bench.wait(bench.nodes.count_ready(bench.context, "serve")), 0);
}

TEST(Nodes, WhoLeavesIsNotDeadAndLeavesItsSuccessorAlone) {
    NodesBench bench;
    bench.beat(named("app-1", "serve", 2));
    bench.wait(bench.nodes.leave(bench.context, named("app-1", "serve", 1)));
    EXPECT_EQ(bench.state_of("app-1"), "ready");
    bench.wait(bench.nodes.leave(bench.context, named("app-1", "serve", 2)));
    EXPECT_EQ(bench.rows(), 0);
}

TEST(Nodes, TheTotalsAreThoseOfAllLiveNodesThatServe) {
    NodesBench bench;
    bench.beat(
        named("app-1"), {.traffic = traffic_of({0.0005, 0.0005, 0.0005}), .memory_bytes = 7}
    );
    bench.beat(named("app-2"), {.traffic = traffic_of({0.3}, 1)});
    bench.beat(named("app-3"), {.traffic = traffic_of({9, 9, 9, 9}, 4)});
    bench.beat(named("worker-1", "worker"), {.traffic = traffic_of({9})});
    bench.fall_silent("app-3", 4);

    const json::value answer = json::parse(to_json(bench.wait(bench.nodes.list(bench.context))));

    const json::value& totals = answer.at("totals");
    EXPECT_NEAR(totals.at("requests_per_second").as_double(), 4 / 60.0, 1e-9);
    EXPECT_EQ(totals.at("error_ratio").as_double(), 0.25);
    EXPECT_LT(totals.at("p50_ms").as_double(), 1);
    EXPECT_GT(totals.at("p99_ms").as_double(), 250);
    EXPECT_EQ(answer.at("data").at(0).at("memory_bytes"), 7);
    EXPECT_EQ(answer.at("data").at(0).at("id"), "nod_serve_app-1");
    EXPECT_TRUE(answer.at("data").at(2).at("error_ratio").is_null());          // dead
    EXPECT_TRUE(answer.at("data").at(3).at("requests_per_second").is_null());  // serves nothing
}

TEST(Nodes, AServerIsDownWhenALiveNodeFindsItDown) {
    NodesBench bench;
    const auto redis = [](std::string state) {
        return Figures{
            .dependencies =
                {{.name = "Redis",
                  .kind = "redis",
                  .state = state,
                  .detail = state == "down" ? "refused" : ""}}
        };
    };
    bench.beat(named("app-1"), redis("up"));
    bench.beat(named("app-2"), redis("unknown"));
    const auto state = [&] {
        return dependencies_of(bench.wait(bench.nodes.list(bench.context)))[0].state;
    };
    EXPECT_EQ(state(), "up");
    bench.beat(named("app-2"), redis("down"));
    EXPECT_EQ(state(), "down");
    bench.fall_silent("app-2", 4);
    EXPECT_EQ(state(), "up");
}

Task<Health> answer_up() { co_return Health{.is_up = true}; }

Task<Health> answer_never() {
    co_await sleep_for(seconds(3600));
    co_return Health{.is_up = true};
}

Task<Health> fail() {
    throw std::runtime_error("redis://user:hunter2@host refused");
    co_return Health{};
}

Task<> run_for_a_moment(
    Heartbeat& heartbeat, TaskGroup& tasks, Nodes& nodes, trace::Context context, Fleet& fleet
) {
    tasks.spawn(co_await asio::this_coro::executor, "heartbeat", heartbeat.run());
    // The second beat tells what the looks found.
    const auto is_unknown = [](const auto& dependency) { return dependency.state == "unknown"; };
    while (fleet.nodes.empty() ||
           std::ranges::any_of(fleet.nodes[0].figures.dependencies, is_unknown)) {
        co_await sleep_for(std::chrono::milliseconds(20));
        fleet = co_await nodes.list(context);
    }
    heartbeat.stop();
    co_await tasks.join();
}

TEST(Nodes, TheHeartbeatTellsHowTheProcessAndItsServersFareAndLeavesInTheEnd) {
    NodesBench bench;
    TaskGroup tasks(bench.log);
    const std::chrono::milliseconds soon{20};
    Heartbeat heartbeat(
        named("app-1"),
        bench.nodes,
        bench.telemetry,
        {
            {.name = "PostgreSQL", .kind = "postgresql", .look = look_at(bench.db)},
            {.name = "Redis", .kind = "redis", .look = [](trace::Context) { return fail(); }},
            {.name = "S3",
             .kind = "objects",
             .look = [](trace::Context) { return answer_never(); },
             .time_max = soon},
            {.name = "Other", .kind = "objects", .look = [](trace::Context) { return answer_up(); }
            },
        },
        [] { return std::int64_t{5}; }
    );
    heartbeat.set_state("ready");
    Fleet fleet;

    bench.wait(run_for_a_moment(heartbeat, tasks, bench.nodes, bench.context, fleet));

    ASSERT_EQ(fleet.nodes.size(), 1);
    const Figures& figures = fleet.nodes[0].figures;
    EXPECT_EQ(fleet.nodes[0].state, "ready");
    EXPECT_EQ(figures.in_flight, 5);
    EXPECT_GT(figures.memory_bytes, 1'000'000);
    EXPECT_EQ(figures.dependencies[0].state, "up");
    EXPECT_EQ(figures.dependencies[1].state, "down");
    EXPECT_EQ(figures.dependencies[1].detail, "redis://[redacted]@host refused");
    EXPECT_EQ(figures.dependencies[2].state, "down");
    EXPECT_EQ(figures.dependencies[2].detail, "no answer in time");
    EXPECT_EQ(figures.dependencies[3].state, "up");
    EXPECT_EQ(bench.rows(), 0);
}

Task<> run_briefly(Heartbeat& heartbeat, TaskGroup& tasks) {
    tasks.spawn(co_await asio::this_coro::executor, "heartbeat", heartbeat.run());
    co_await sleep_for(std::chrono::milliseconds(1'200));  // two beats
    heartbeat.stop();
    co_await tasks.join();
}

TEST(Nodes, ADatabaseThatIsGoneIsSaidOnceAndTriedAgain) {
    NodesBench bench;
    pg::Database gone({.conninfo = Secret("host=127.0.0.1 port=1")}, bench.telemetry);
    Nodes nodes(gone);
    TaskGroup tasks(bench.log);
    Heartbeat heartbeat(named("app-1"), nodes, bench.telemetry, {}, [] { return std::int64_t{0}; });

    bench.wait(run_briefly(heartbeat, tasks));

    EXPECT_EQ(
        std::ranges::count_if(
            bench.lines,
            [](const std::string& line) {
                return line.find(R"("message":"nodes.beat")") != line.npos;
            }
        ),
        1
    );
}

Task<Result<std::optional<Identity>>> identify(std::optional<Identity> who) { co_return who; }

TEST(Nodes, TheListIsForThoseWithARoleOnThePlatform) {
    NodesBench bench;
    bench.beat(named("app-1"));
    std::optional<Identity> who;
    http::Router router([&](const http::Request&, trace::Context) { return identify(who); });
    add_routes(router, bench.nodes);
    http::Service service(router, bench.telemetry, [](trace::Trace&) {});
    const auto get = [&] {
        testing::TextBody body("");
        return bench.wait(
            service.answer(http::Request{.target = "/v1/nodes", .body = body}, bench.trace)
        );
    };
    EXPECT_EQ(get().status, 401);
    who = Identity{
        .user = UserId::make(bench.clock.now(), bench.random),
        .org = OrgId::make(bench.clock.now(), bench.random)
    };
    EXPECT_EQ(get().status, 403);
    who->platform_role = PlatformRole::viewer;
    const auto answer = get();
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(json::parse(answer.body).at("data").at(0).at("name"), "app-1");
    for (const http::Schema& schema : router.schemas())
        EXPECT_TRUE(json::parse(schema.json).is_object());
}

TEST(Figures, AQuantileLiesWhereItsShareOfTheRequestsEnds) {
    EXPECT_EQ(Traffic{}.quantile_ms(0.5), std::nullopt);
    EXPECT_EQ(Traffic{}.error_ratio(), std::nullopt);
    EXPECT_EQ(Traffic{}.requests_per_second(), std::nullopt);
    EXPECT_DOUBLE_EQ(*traffic_of({0.0005}).quantile_ms(1), 1);
    EXPECT_DOUBLE_EQ(*traffic_of({0.0015, 0.0015}).quantile_ms(0.5), 1.5);
    EXPECT_DOUBLE_EQ(*traffic_of({0.0005, 0.003}).quantile_ms(0.99), 2 + 3 * 0.98);
    EXPECT_DOUBLE_EQ(*traffic_of({60}).quantile_ms(0.5), 10'000);
}

TEST(Figures, TheBusiestMinuteIsRememberedForADay) {
    using std::chrono::minutes;
    CpuPeak peak;
    const SteadyTime begin{};
    peak.add(begin, 100);
    peak.add(begin + std::chrono::seconds(59), 130);
    EXPECT_EQ(peak.cores(), std::nullopt);

    peak.add(begin + minutes(1), 130);  // half a core
    peak.add(begin + minutes(2), 250);  // two
    peak.add(begin + minutes(3), 310);  // one
    EXPECT_EQ(peak.cores(), 2);

    peak.add(begin + minutes(24 * 60 + 2), 310);
    EXPECT_EQ(peak.cores(), 1);
    peak.add(begin + minutes(24 * 60 + 3), 310);
    EXPECT_EQ(peak.cores(), 0);
}

TEST(Figures, TheWindowForgetsWhatIsOlderThanAMinute) {
    Window window;
    HttpTotals totals;
    for (int second = 0; second <= 300; ++second) {
        window.add(SteadyTime(seconds(second)), totals);
        totals.requests += second < 200 ? 100 : 10;
    }
    const Traffic traffic = window.traffic();
    EXPECT_DOUBLE_EQ(traffic.seconds, 60);
    EXPECT_DOUBLE_EQ(*traffic.requests_per_second(), 10);
}

TEST(Figures, WhatAnotherReleaseWroteDoesNoHarm) {
    EXPECT_EQ(parse_figures("").memory_bytes, 0);
    EXPECT_EQ(parse_figures("[]").memory_bytes, 0);
    EXPECT_EQ(
        parse_figures(R"({"memory_bytes":"x","buckets":[1],"dependencies":[7,{"name":3}]})")
            .dependencies.size(),
        1
    );
    Figures figures{
        .traffic = traffic_of({0.1, 9}, 1),
        .in_flight = 3,
        .memory_bytes = 9,
        .cpu_share = 0.5,
        .leads = true,
        .dependencies = {{.name = "a", .kind = "redis", .state = "up", .latency_ms = 1.5}}
    };
    EXPECT_EQ(to_json(parse_figures(to_json(figures))), to_json(figures));
}

}  // namespace
}  // namespace acme::nodes
