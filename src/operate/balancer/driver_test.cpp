// The driver against a real HAProxy over nodes that fail, hang and go away.
#include "operate/balancer/driver.hpp"

#include "io/process/files.hpp"
#include "testing/balanced.hpp"
#include "testing/bench.hpp"

#include <filesystem>

namespace acme::balancer {
namespace {

using std::chrono::milliseconds;
using testing::Answers;
using testing::ask_much;
using testing::Balanced;
using testing::DryBench;

constexpr int many = 20'000;
constexpr int connections = 32;

std::map<std::string, ServerNow> by_name(DryBench& bench, Balancer& balancer) {
    std::map<std::string, ServerNow> servers;
    for (ServerNow& server : bench.wait(balancer.servers()).value()) {
        servers.emplace(server.name, std::move(server));
    }
    return servers;
}

/// The share of the last node while it is the canary, in percent, of `many` requests.
double canary_share(int nodes, void (*behave)(testing::SmallNode&)) {
    DryBench bench;
    Balanced balanced(bench.loop, bench.log, nodes);
    bench.wait(balanced.until_all_up());
    Balancer balancer = balanced.balancer();
    const std::string canary = "app-" + std::to_string(nodes);
    std::vector<std::string> stable;
    for (int i = 1; i < nodes; ++i) stable.push_back("app-" + std::to_string(i));
    EXPECT_TRUE(bench.wait(balancer.set_weights(canary_weights(stable, canary))));
    testing::SmallNode& node = balanced.node(static_cast<std::size_t>(nodes));
    behave(node);

    bench.wait(ask_much(balanced.port(), many, connections));

    const double share = 100.0 * node.requests / many;
    bench.wait(balanced.stop());
    return share;
}

void be_healthy(testing::SmallNode&) {}
void fail_fast(testing::SmallNode& node) { node.status = 500; }
void be_slow(testing::SmallNode& node) { node.takes = milliseconds(10); }

TEST(CanaryWeights, AreOneTwentiethForAnyNumberOfNodes) {
    for (int nodes = 2; nodes <= 64; ++nodes) {
        std::vector<std::string> stable;
        for (int i = 1; i < nodes; ++i) stable.push_back("app-" + std::to_string(i));
        const auto weights = canary_weights(stable, "canary");
        int all = 0;
        for (const auto& [name, weight] : weights) all += weight;
        EXPECT_EQ(all, 20 * weights.at("canary"));
    }
}

TEST(CanaryWeights, AreEqualWithoutACanary) {
    const std::map<std::string, int> equal{{"a", 19}, {"b", 19}};
    EXPECT_EQ(canary_weights({"a", "b"}, std::nullopt), equal);
    EXPECT_EQ(canary_weights({}, "b"), (std::map<std::string, int>{{"b", 19}}));
}

TEST(CanaryShare, IsFivePercentOfThreeNodesWhateverTheCanaryDoes) {
    EXPECT_NEAR(canary_share(3, be_healthy), 5, 0.5);
    EXPECT_NEAR(canary_share(3, fail_fast), 5, 0.5);
    EXPECT_NEAR(canary_share(3, be_slow), 5, 0.5);
}

TEST(CanaryShare, IsFivePercentOfSixNodesWhateverTheCanaryDoes) {
    EXPECT_NEAR(canary_share(6, be_healthy), 5, 0.5);
    EXPECT_NEAR(canary_share(6, fail_fast), 5, 0.5);
    EXPECT_NEAR(canary_share(6, be_slow), 5, 0.5);
}

TEST(BalancerDriver, ADrainedServerGetsNothingAndComesBackAtOnce) {
    DryBench bench;
    Balanced balanced(bench.loop, bench.log, 2);
    bench.wait(balanced.until_all_up());
    Balancer balancer = balanced.balancer();

    ASSERT_TRUE(bench.wait(balancer.drain("app-2")));
    const Answers drained = bench.wait(ask_much(balanced.port(), 100, 4));
    EXPECT_EQ(by_name(bench, balancer).at("app-2").admin, Admin::drain);
    EXPECT_TRUE(by_name(bench, balancer).at("app-2").is_proven);
    ASSERT_TRUE(bench.wait(balancer.ready("app-2")));
    const Answers both = bench.wait(ask_much(balanced.port(), 100, 4));

    EXPECT_EQ(drained.nodes, (std::map<std::string, int>{{"app-1", 100}}));
    EXPECT_EQ(both.nodes, (std::map<std::string, int>{{"app-1", 50}, {"app-2", 50}}));
    bench.wait(balanced.stop());
}

TEST(BalancerDriver, WhoComesFromMaintenanceProvesItselfFirst) {
    DryBench bench;
    Balanced balanced(bench.loop, bench.log, 2);
    bench.wait(balanced.until_all_up());
    Balancer balancer = balanced.balancer();
    ASSERT_TRUE(bench.wait(balancer.maintain("app-2")));
    balanced.node(2).is_ready = false;

    ASSERT_TRUE(bench.wait(balancer.ready("app-2")));
    const Answers unready = bench.wait(ask_much(balanced.port(), 2'000, 4));
    balanced.node(2).is_ready = true;
    bench.wait(balanced.until_up("app-2"));
    const Answers proven = bench.wait(ask_much(balanced.port(), 100, 4));

    EXPECT_EQ(unready.nodes, (std::map<std::string, int>{{"app-1", 2'000}}));
    EXPECT_EQ(proven.nodes, (std::map<std::string, int>{{"app-1", 50}, {"app-2", 50}}));
    bench.wait(balanced.stop());
}

TEST(BalancerDriver, AnAttemptThatWasTriedElsewhereCountsAgainstWhoFailed) {
    DryBench bench;
    Balanced balanced(bench.loop, bench.log, 2);
    bench.wait(balanced.until_all_up());
    Balancer balancer = balanced.balancer();
    balanced.node(2).breaks_off = true;

    const Answers answers = bench.wait(ask_much(balanced.port(), 40, 1));
    const auto servers = by_name(bench, balancer);

    EXPECT_EQ(answers.statuses, (std::map<int, int>{{200, 40}}));
    EXPECT_EQ(servers.at("app-1").failures, 0);
    EXPECT_EQ(servers.at("app-2").failures, servers.at("app-2").requests);
    EXPECT_EQ(servers.at("app-2").failures, balanced.node(2).requests);
    EXPECT_GE(servers.at("app-2").failures, 19);
    bench.wait(balanced.stop());
}

/// Weights, states and an address that are not those of the start.
void rearrange(DryBench& bench, Balanced& balanced, Balancer& balancer) {
    const std::map<std::string, int> weights{{"app-1", 19}, {"app-2", 2}, {"app-3", 7}};
    EXPECT_TRUE(bench.wait(balancer.set_weights(weights)));
    EXPECT_TRUE(bench.wait(balancer.drain("app-3")));
    EXPECT_TRUE(bench.wait(balancer.maintain("app-4")));
    const std::uint16_t port = balanced.node(1).port();
    EXPECT_TRUE(bench.wait(balancer.set_address("app-2", "127.0.0.1", port)));
    bench.wait(balanced.until_up("app-2"));
}

void expect_rearranged(DryBench& bench, Balanced& balanced, Balancer& balancer) {
    const auto servers = by_name(bench, balancer);
    EXPECT_EQ(servers.at("app-1").weight, 19);
    EXPECT_EQ(servers.at("app-2").weight, 2);
    EXPECT_EQ(servers.at("app-3").weight, 7);
    EXPECT_EQ(servers.at("app-2").port, balanced.node(1).port());
    EXPECT_EQ(servers.at("app-1").admin, Admin::ready);
    EXPECT_EQ(servers.at("app-3").admin, Admin::drain);
    EXPECT_EQ(servers.at("app-4").admin, Admin::maintenance);
    EXPECT_EQ(bench.wait(balancer.compare()).value(), std::vector<Drift>());
}

TEST(BalancerDriver, TwentyReloadsUnderLoadLoseNothingAndChangeNothing) {
    DryBench bench;
    Balanced balanced(bench.loop, bench.log, 4);
    bench.wait(balanced.until_all_up());
    Balancer balancer = balanced.balancer();
    rearrange(bench, balanced, balancer);
    Answers answers;
    bool is_over = false;
    TaskGroup load(bench.log);
    load.spawn(
        bench.loop.get_executor(),
        "load",
        testing::ask_until(balanced.port(), connections, is_over, answers)
    );

    for (int i = 0; i < 20; ++i) {
        const Result<> reloaded = bench.wait(balancer.reload());
        EXPECT_TRUE(reloaded) << reloaded.error().message;
    }
    is_over = true;
    bench.wait(load.join());

    // RFC 9112, 9.3.1: a server may close a kept connection just when the next request comes.
    EXPECT_EQ(answers.failed, 0);
    EXPECT_LT(answers.again, answers.total() / 100);
    EXPECT_GT(answers.total(), 1'000);
    expect_rearranged(bench, balanced, balancer);
    bench.wait(balanced.stop());
}

TEST(BalancerDriver, AfterADeathTheFilesBringBackWhatRan) {
    DryBench bench;
    Balanced balanced(bench.loop, bench.log, 4);
    bench.wait(balanced.until_all_up());
    Balancer balancer = balanced.balancer();
    rearrange(bench, balanced, balancer);

    bench.wait(balanced.kill());
    EXPECT_EQ(bench.wait(balancer.servers()).error().code.text(), "balancer.unreachable");
    EXPECT_EQ(bench.wait(balancer.drain("app-1")).error().code.text(), "balancer.unreachable");
    balanced.start();
    bench.wait(balanced.until_up("app-1"));

    expect_rearranged(bench, balanced, balancer);
    bench.wait(balanced.stop());
}

TEST(BalancerDriver, WhatTheDiskDoesNotTakeIsRefusedAndWrittenWhenItIsAskedForAgain) {
    DryBench bench;
    Balanced balanced(bench.loop, bench.log, 2);
    bench.wait(balanced.until_all_up());
    Balancer balancer = balanced.balancer();
    const std::string in_the_way = balanced.settings().state_file() + ".new";
    std::filesystem::create_directory(in_the_way);

    const Result<> refused = bench.wait(balancer.drain("app-2"));
    EXPECT_EQ(refused.error().code.text(), "balancer.not_written");
    EXPECT_EQ(refused.error().kind, ErrorKind::unavailable);
    EXPECT_EQ(by_name(bench, balancer).at("app-2").admin, Admin::drain);
    std::filesystem::remove(in_the_way);
    ASSERT_TRUE(bench.wait(balancer.drain("app-2")));

    EXPECT_EQ(bench.wait(balancer.compare()).value(), std::vector<Drift>());
    bench.wait(balanced.stop());
}

TEST(BalancerDriver, AWeightThatWasPutBackStaysBackAfterADeath) {
    DryBench bench;
    Balanced balanced(bench.loop, bench.log, 2);
    bench.wait(balanced.until_all_up());
    Balancer balancer = balanced.balancer();

    ASSERT_TRUE(bench.wait(balancer.set_weights({{"app-1", 19}})));
    ASSERT_TRUE(bench.wait(balancer.set_weights({{"app-1", 1}})));
    bench.wait(balanced.kill());
    balanced.start();
    bench.wait(balanced.until_all_up());

    EXPECT_EQ(by_name(bench, balancer).at("app-1").weight, 1);
    bench.wait(balanced.stop());
}

TEST(BalancerDriver, WhatWasChangedBesideItIsDriftUntilItIsWritten) {
    DryBench bench;
    Balanced balanced(bench.loop, bench.log, 2);
    bench.wait(balanced.until_all_up());
    Balancer balancer = balanced.balancer();
    haproxy::Runtime runtime(balanced.settings().socket());
    bench.wait(runtime.tell({"set server app/app-1 weight 7", "set server app/app-2 state drain"}));

    const std::vector<Drift> drifts{
        {"app-1", "weight", "1", "7"}, {"app-2", "admin", "ready", "drain"}
    };
    EXPECT_EQ(bench.wait(balancer.compare()).value(), drifts);
    EXPECT_TRUE(bench.wait(balancer.reload()));

    EXPECT_EQ(bench.wait(balancer.compare()).value(), std::vector<Drift>());
    EXPECT_EQ(by_name(bench, balancer).at("app-1").weight, 7);
    bench.wait(balanced.stop());
}

TEST(BalancerDriver, AServerThatIsAddedTakesTrafficAndOneThatIsRemovedIsGoneAfterAReloadToo) {
    DryBench bench;
    Balanced balanced(bench.loop, bench.log, 3);
    bench.wait(balanced.until_all_up());
    Balancer balancer = balanced.balancer();
    const ServerNow third = by_name(bench, balancer).at("app-3");
    ASSERT_TRUE(bench.wait(balancer.remove("app-3")));
    EXPECT_FALSE(by_name(bench, balancer).contains("app-3"));
    ASSERT_TRUE(bench.wait(balancer.reload()));
    EXPECT_FALSE(by_name(bench, balancer).contains("app-3"));

    ASSERT_TRUE(bench.wait(balancer.add("app-3", third.address, third.port, 7)));

    bench.wait(balanced.until_all_up());
    EXPECT_EQ(by_name(bench, balancer).at("app-3").weight, 7);
    EXPECT_EQ(by_name(bench, balancer).at("app-3").admin, Admin::ready);
    EXPECT_TRUE(bench.wait(balancer.compare())->empty());
    EXPECT_EQ(
        bench.wait(balancer.add("app-3", "127.0.0.1", 80, 1)).error().code.text(), "balancer.taken"
    );
    EXPECT_EQ(
        bench.wait(balancer.add("app-4", "no place", 80, 1)).error().code.text(),
        "balancer.malformed"
    );
    bench.wait(balanced.stop());
}

TEST(BalancerDriver, AServerWhoseAddingBrokeOffIsCheckedOnceItIsMadeReady) {
    DryBench bench;
    Balanced balanced(bench.loop, bench.log, 3);
    bench.wait(balanced.until_all_up());
    Balancer balancer = balanced.balancer();
    const ServerNow third = by_name(bench, balancer).at("app-3");
    ASSERT_TRUE(bench.wait(balancer.remove("app-3")));
    haproxy::Runtime runtime(balanced.settings().socket());
    bench.wait(runtime.ask(
        "add server app/app-3 " + third.address + ":" + std::to_string(third.port) +
        " check inter 1s fastinter 100ms downinter 200ms rise 2 fall 2 weight 1"
    ));

    ASSERT_TRUE(bench.wait(balancer.ready("app-3")));

    bench.wait(balanced.until_all_up());
    EXPECT_TRUE(by_name(bench, balancer).at("app-3").is_proven);
    bench.wait(balanced.stop());
}

TEST(BalancerDriver, WhatCannotBeIsRefusedAndChangesNothing) {
    DryBench bench;
    Balanced balanced(bench.loop, bench.log, 2);
    bench.wait(balanced.until_all_up());
    Balancer balancer = balanced.balancer();
    const auto code = [&bench](Task<Result<>> task) {
        return bench.wait(std::move(task)).error().code.text();
    };

    EXPECT_EQ(code(balancer.drain("app-9")), "balancer.unknown_server");
    EXPECT_EQ(code(balancer.cut("app-9; shutdown")), "balancer.unknown_server");
    EXPECT_EQ(code(balancer.set_weights({{"app-1", 5}, {"app-9", 5}})), "balancer.unknown_server");
    EXPECT_EQ(code(balancer.set_weights({{"app-1", 5}, {"app-2", 257}})), "balancer.malformed");
    EXPECT_EQ(code(balancer.set_address("app-1", "1.2.3.4; quit", 80)), "balancer.malformed");
    EXPECT_EQ(Balancer::load("/nowhere").error().code.text(), "balancer.not_set_up");

    EXPECT_EQ(by_name(bench, balancer).at("app-1").weight, 1);
    bench.wait(balanced.stop());
}

TEST(HaproxyRuntime, ACommandThatHaproxyComplainsAboutIsAFault) {
    DryBench bench;
    Balanced balanced(bench.loop, bench.log, 1);
    bench.wait(balanced.until_all_up());
    haproxy::Runtime runtime(balanced.settings().socket());

    EXPECT_THROW(bench.wait(runtime.tell({"set server app/none state ready"})), haproxy::Fault);
    EXPECT_THROW(bench.wait(runtime.tell({"set weight app/app-1 2", "nonsense"})), haproxy::Fault);
    bench.wait(balanced.stop());
}

TEST(HaproxyStats, AnswersThatAreCutOrForeignAreFaults) {
    EXPECT_THROW(haproxy::parse_states(""), haproxy::Fault);
    EXPECT_THROW(haproxy::parse_states("Permission denied\n"), haproxy::Fault);
    EXPECT_THROW(haproxy::parse_states("1\n# be_name srv_name\napp app-1\n"), haproxy::Fault);
    const std::string columns =
        "1\n# be_name srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_port\n";
    EXPECT_THROW(haproxy::parse_states(columns + "app app-1 127.0.0.1 2\n"), haproxy::Fault);
    EXPECT_THROW(haproxy::parse_states(columns + "app a 1.1.1.1 2 0 x 80\n"), haproxy::Fault);
    EXPECT_EQ(haproxy::parse_states(columns + "app a 1.1.1.1 2 8 19 80\n\n")[0].weight, 19);
}

TEST(ServersOfANode, AreFoundByWhereTheyLeadAndElseByName) {
    ServerNow first;
    first.name = "app-1";
    first.node = node_of(first.name);
    first.address = "127.1.1.1";
    ServerNow second = first;
    second.name = "app-1.2";
    second.node = node_of(second.name);
    second.address = "127.1.4.1";
    const std::vector<ServerNow> servers{first, second};
    EXPECT_EQ(second.node, "app-1");
    EXPECT_EQ(server_of(servers, "app-1", "127.1.1.1"), &servers[0]);
    EXPECT_EQ(server_of(servers, "app-1", "127.1.4.1"), &servers[1]);
    EXPECT_NE(server_of(servers, "app-1", "127.1.9.9"), nullptr);
    EXPECT_EQ(server_of(servers, "app-12", "127.1.1.1"), nullptr);
}

TEST(HaproxyStats, ACommaInWhatANodeSaidMovesNoColumn) {
    const std::string columns =
        "# pxname,svname,status,weight,scur,stot,hrsp_4xx,hrsp_5xx,econ,eresp,wretr,wredis,"
        "check_status,check_code,last_chk,rtime,ttime,\n";
    const auto stats = haproxy::parse_stats(
        columns + "app,a,UP,1,0,9,0,1,0,0,3,4,L7OK,200,\"well, \"\"yes\"\"\",7,8,\n"
    );
    ASSERT_EQ(stats.size(), 1);
    EXPECT_EQ(stats[0].answer_ms, 7);
    EXPECT_EQ(stats[0].failures(), 4);
}

}  // namespace
}  // namespace acme::balancer
