// A canary that is sticky per user, in a real HAProxy.
#include "io/process/files.hpp"
#include "operate/balancer/driver.hpp"
#include "testing/balanced.hpp"
#include "testing/bench.hpp"

#include <algorithm>

namespace acme::balancer {
namespace {

using testing::ask_as;
using testing::Balanced;
using testing::DryBench;
using Heads = std::vector<std::string>;

constexpr int users = 4'000;
const std::string canary = "app-3";

/// With another session each time, and beside another cookie.
Heads people(const std::string& chance) {
    Heads heads;
    for (int i = 0; i < users; ++i) {
        heads.push_back(
            "Cookie: theme=dark; acme_session=v1.usr_" + std::to_string(7'000'000 + i) + "." +
            chance + "\r\n"
        );
    }
    return heads;
}

Heads programs() {
    Heads heads;
    for (int i = 0; i < users; ++i) {
        heads.push_back("Authorization: Bearer tok_" + std::to_string(i * 31) + "\r\n");
    }
    return heads;
}

double percent(const std::vector<std::string>& nodes, const std::string& node) {
    return 100. * static_cast<double>(std::ranges::count(nodes, node)) /
           static_cast<double>(nodes.size());
}

/// Of `heads` those that were led to the canary.
Heads led(const Heads& heads, const std::vector<std::string>& nodes) {
    Heads some;
    for (std::size_t i = 0; i < heads.size(); ++i) {
        if (nodes[i] == canary) some.push_back(heads[i]);
    }
    return some;
}

/// As many, each on the same side.
void expect_same_sides(
    const std::vector<std::string>& before, const std::vector<std::string>& after
) {
    ASSERT_EQ(before.size(), after.size());
    int moved = 0;
    for (std::size_t i = 0; i < before.size(); ++i) {
        if ((before[i] == canary) != (after[i] == canary)) ++moved;
    }
    EXPECT_EQ(moved, 0);
}

struct Stage : DryBench {
    explicit Stage(int nodes = 3) : balanced(loop, log, nodes) {
        wait(balanced.until_all_up());
        balancer.emplace(balanced.balancer());
        std::map<std::string, int> weights;
        for (int i = 1; i <= nodes; ++i) weights["app-" + std::to_string(i)] = stable_weight;
        EXPECT_TRUE(wait(balancer->set_weights(weights)));
        const Result<> stuck = wait(balancer->stick(canary));
        EXPECT_TRUE(stuck) << stuck.error().message;
    }
    ~Stage() { wait(balanced.stop()); }

    std::vector<std::string> ask(Heads heads) {
        return wait(ask_as(balanced.port(), std::move(heads)));
    }
    ServerNow server(const std::string& name) {
        const auto servers = wait(balancer->servers()).value();
        return *std::ranges::find(servers, name, &ServerNow::name);
    }
    std::string code(Task<Result<>> task) {
        return std::string(wait(std::move(task)).error().code.text());
    }
    std::string map() { return process::read_file(balanced.settings().map_file()).value(); }

    Balanced balanced;
    std::optional<Balancer> balancer;
};

TEST(StickyCanary, HasATwentiethOfTheUsersAndAlwaysTheSame) {
    Stage stage;

    const auto first = stage.ask(people("one"));
    const auto second = stage.ask(people("two"));
    const auto tokens = stage.ask(programs());

    EXPECT_NEAR(percent(first, canary), 5, 1);
    EXPECT_NEAR(percent(tokens, canary), 5, 1);
    EXPECT_NEAR(percent(first, "app-1"), 47.5, 1);
    EXPECT_NEAR(percent(first, "app-2"), 47.5, 1);
    expect_same_sides(first, second);
    expect_same_sides(tokens, stage.ask(programs()));
}

TEST(StickyCanary, HasATwentiethOfTheRequestsOfThoseWithoutAName) {
    Stage stage;

    const auto nodes = stage.ask(Heads(users, ""));
    const auto odd = stage.ask(Heads(users, "Cookie: acme_session=nonsense\r\n"));

    EXPECT_NEAR(percent(nodes, canary), 5, 1.2);
    EXPECT_NEAR(percent(odd, canary), 5, 1.2);
}

TEST(StickyCanary, KnowsACookieOfHttpsAsTheSameUser) {
    Stage stage;
    Heads heads = people("one");
    const auto plain = stage.ask(heads);
    for (std::string& head : heads) head.replace(head.find("acme_"), 0, "__Host-");

    expect_same_sides(plain, stage.ask(heads));
}

TEST(StickyCanary, LosesItsUsersAtOnceWhenItIsDrainedOrInMaintenance) {
    for (const auto end : {&Balancer::drain, &Balancer::maintain}) {
        Stage stage;
        ASSERT_GT(percent(stage.ask(people("one")), canary), 4);

        ASSERT_TRUE(stage.wait(((*stage.balancer).*end)(canary)));
        const auto after = stage.ask(people("one"));

        EXPECT_EQ(percent(after, canary), 0);
        EXPECT_EQ(std::ranges::count(after, ""), 0);
        EXPECT_FALSE(stage.server(canary).is_sticky);
        EXPECT_EQ(stage.server(canary).weight, 2) << "so that it can take what is left over later";
        EXPECT_EQ(stage.map(), "");
        EXPECT_EQ(stage.wait(stage.balancer->compare()).value(), std::vector<Drift>());
    }
}

TEST(StickyCanary, IsACanaryByRequestsOnceItIsUnstuck) {
    Stage stage;
    const auto heads = led(people("one"), stage.ask(people("one")));

    ASSERT_TRUE(stage.wait(stage.balancer->unstick()));
    ASSERT_TRUE(stage.wait(stage.balancer->unstick())) << "twice is harmless";

    EXPECT_NEAR(percent(stage.ask(people("one")), canary), 5, 0.5);
    EXPECT_LT(percent(stage.ask(heads), canary), 50);
    EXPECT_EQ(stage.map(), "");
}

TEST(StickyCanary, StaysWhatItIsOverAReloadAndADeath) {
    Stage stage;
    const auto before = stage.ask(people("one"));

    const Result<> reloaded = stage.wait(stage.balancer->reload());
    ASSERT_TRUE(reloaded) << reloaded.error().message;
    expect_same_sides(before, stage.ask(people("two")));
    EXPECT_EQ(stage.map(), "canary app-3\n");
    stage.wait(stage.balanced.kill());
    stage.balanced.start();
    stage.wait(stage.balanced.until_all_up());

    expect_same_sides(before, stage.ask(people("two")));
    EXPECT_TRUE(stage.server(canary).is_sticky);
    EXPECT_EQ(stage.server(canary).weight, 0);
    EXPECT_EQ(stage.wait(stage.balancer->compare()).value(), std::vector<Drift>());
}

TEST(StickyCanary, IsDriftWhereTheFileSaysAnotherThing) {
    Stage stage;
    process::write_private(stage.balanced.settings().map_file(), "");

    const std::vector<Drift> drifts{{canary, "sticky", "no", "yes"}};
    EXPECT_EQ(stage.wait(stage.balancer->compare()).value(), drifts);
    ASSERT_TRUE(stage.wait(stage.balancer->write()));
    EXPECT_EQ(stage.wait(stage.balancer->compare()).value(), std::vector<Drift>());
}

TEST(StickyCanary, ThatFailsCostsItsUsersNothingThatAnotherNodeCanGive) {
    Stage stage;
    const auto heads = led(people("one"), stage.ask(people("one")));
    stage.balanced.node(3).breaks_off = true;

    const auto broken = stage.ask(heads);
    EXPECT_EQ(std::ranges::count(broken, ""), 0);
    EXPECT_EQ(percent(broken, canary), 0);
    EXPECT_EQ(stage.server(canary).failures, std::ssize(heads));
    stage.balanced.node(3).breaks_off = false;
    stage.balanced.node(3).is_ready = false;
    stage.wait(stage.balanced.until_up(canary, false));
    const auto unready = stage.ask(heads);

    EXPECT_EQ(std::ranges::count(unready, ""), 0);
    EXPECT_EQ(percent(unready, canary), 0);
}

TEST(StickyCanary, TakesAllWhenItIsTheOnlyOneLeft) {
    Stage stage;
    stage.balanced.node(1).is_ready = false;
    stage.balanced.node(2).is_ready = false;
    stage.wait(stage.balanced.until_up("app-1", false));
    stage.wait(stage.balanced.until_up("app-2", false));

    EXPECT_EQ(percent(stage.ask(people("one")), canary), 100);
    EXPECT_EQ(share_of(stage.server(canary), stage.wait(stage.balancer->servers()).value()), 1);
}

TEST(StickyCanary, IsGoneWithItsServer) {
    Stage stage;
    ASSERT_TRUE(stage.wait(stage.balancer->remove(canary)));
    EXPECT_EQ(stage.map(), "");

    const std::uint16_t port = stage.balanced.node(3).port();
    ASSERT_TRUE(stage.wait(stage.balancer->add(canary, "127.0.0.1", port, 0)));
    stage.wait(stage.balanced.until_up(canary));
    EXPECT_EQ(percent(stage.ask(people("one")), canary), 0);
}

TEST(StickyCanary, CannotBeWhatMayHaveNoTraffic) {
    Stage stage;
    ASSERT_TRUE(stage.wait(stage.balancer->drain("app-1")));

    EXPECT_EQ(stage.code(stage.balancer->stick("app-1")), "balancer.not_ready");
    EXPECT_EQ(stage.code(stage.balancer->stick("app-9")), "balancer.unknown_server");
    EXPECT_TRUE(stage.server(canary).is_sticky) << "nothing was changed";
    ASSERT_TRUE(stage.wait(stage.balancer->stick("app-2")));
    EXPECT_FALSE(stage.server(canary).is_sticky);
    EXPECT_EQ(stage.map(), "canary app-2\n");
}

ServerNow with(std::string name, int weight, bool is_sticky = false) {
    ServerNow server;
    server.name = std::move(name);
    server.is_up = true;
    server.weight = weight;
    server.is_sticky = is_sticky;
    return server;
}

TEST(ShareOfAServer, IsByWeightBesideWhatIsLedToTheStickyOne) {
    const std::vector<ServerNow> plain{with("a", 19), with("b", 19), with("c", 2)};
    EXPECT_NEAR(share_of(plain[0], plain), 0.475, 1e-9);
    EXPECT_NEAR(share_of(plain[2], plain), 0.05, 1e-9);
    const std::vector<ServerNow> sticky{with("a", 19), with("b", 19), with("c", 0, true)};
    EXPECT_NEAR(share_of(sticky[0], sticky), 0.475, 1e-9);
    EXPECT_NEAR(share_of(sticky[2], sticky), 0.05, 1e-9);
    const std::vector<ServerNow> rolling{with("a", 19), with("c", 1, true)};
    EXPECT_NEAR(share_of(rolling[1], rolling), 0.05 + 0.95 / 20, 1e-9);
    const std::vector<ServerNow> alone{with("c", 0, true)};
    EXPECT_EQ(share_of(alone[0], alone), 1);
    std::vector<ServerNow> out = sticky;
    out[2].admin = Admin::drain;
    EXPECT_EQ(share_of(out[2], out), 0);
    EXPECT_NEAR(share_of(out[0], out), 0.5, 1e-9);
}

TEST(HaproxyMap, IsItsEntriesOrNoneOrAFault) {
    using Entries = std::map<std::string, std::string>;
    EXPECT_EQ(haproxy::parse_map("\n"), Entries());
    EXPECT_EQ(
        haproxy::parse_map("0x55c2a5a0b020 canary app-3\n\n"), (Entries{{"canary", "app-3"}})
    );
    EXPECT_EQ(
        haproxy::parse_map("Unknown map identifier. Please use #<id> or <file>.\n\n"), std::nullopt
    );
    EXPECT_THROW(haproxy::parse_map("Permission denied\n"), haproxy::Fault);
    EXPECT_THROW(haproxy::parse_map("0x1 canary\n"), haproxy::Fault);
}

}  // namespace
}  // namespace acme::balancer
