// The canary's share while other nodes come and go, in a real HAProxy.
#include "operate/deploy/share.hpp"

#include "testing/balanced.hpp"
#include "testing/bench.hpp"

#include <algorithm>

namespace acme::deploy {
namespace {

using testing::Balanced;
using testing::DryBench;

constexpr int requests = 4'000;

/// Of so many requests, in percent.
double share_of(DryBench& bench, Balanced& balanced, const std::string& canary) {
    auto answers = bench.wait(testing::ask_much(balanced.port(), requests, 8));
    EXPECT_EQ(answers.total(), requests);
    return 100. * answers.nodes[canary] / requests;
}

TEST(CanaryShare, ComesBackWhenANodeLeavesAndWhenItReturns) {
    DryBench bench;
    Balanced balanced(bench.loop, bench.log, 3);
    bench.wait(balanced.until_all_up());
    balancer::Balancer balancer = balanced.balancer();
    ASSERT_TRUE(bench.wait(
        balancer.set_weights(balancer::canary_weights({"app-1", "app-2"}, std::string("app-3")))
    ));
    EXPECT_EQ(bench.wait(keep_share(balancer, "app-3")).value(), "");

    balanced.node(1).is_ready = false;
    bench.wait(balanced.until_up("app-1", false));
    EXPECT_GT(share_of(bench, balanced, "app-3"), 9);
    EXPECT_NE(bench.wait(keep_share(balancer, "app-3")).value(), "");
    EXPECT_NEAR(share_of(bench, balanced, "app-3"), 5, 0.5);

    balanced.node(1).is_ready = true;
    bench.wait(balanced.until_up("app-1"));
    EXPECT_NE(bench.wait(keep_share(balancer, "app-3")).value(), "");
    EXPECT_EQ(bench.wait(keep_share(balancer, "app-3")).value(), "");
    EXPECT_NEAR(share_of(bench, balanced, "app-3"), 5, 0.5);
    bench.wait(balanced.stop());
}

TEST(CanaryShare, OfAStickyCanaryIsOfUsersAndComesBackWhenAPersonHadDrainedIt) {
    DryBench bench;
    Balanced balanced(bench.loop, bench.log, 3);
    bench.wait(balanced.until_all_up());
    balancer::Balancer balancer = balanced.balancer();
    const auto is_led = [&] {
        const auto servers = bench.wait(balancer.servers()).value();
        return std::ranges::any_of(servers, [](const balancer::ServerNow& server) {
            return server.name == "app-3" && server.is_sticky && server.weight == 0;
        });
    };

    EXPECT_EQ(
        bench.wait(keep_share(balancer, "app-3", true)).value(),
        "in rotation beside app-3 now: app-1 app-2; 5 % of the users are led to it"
    );
    EXPECT_TRUE(is_led());
    EXPECT_EQ(bench.wait(keep_share(balancer, "app-3", true)).value(), "");
    ASSERT_TRUE(bench.wait(balancer.drain("app-3")));
    EXPECT_TRUE(bench.wait(keep_share(balancer, "app-3", true)));
    EXPECT_FALSE(is_led()) << "nobody is led to what is drained";
    ASSERT_TRUE(bench.wait(balancer.ready("app-3")));
    EXPECT_NE(bench.wait(keep_share(balancer, "app-3", true)).value(), "");
    EXPECT_TRUE(is_led());
    bench.wait(balanced.stop());
}

TEST(CanaryShare, OfACanaryThatIsAloneIsLeftAsItIs) {
    DryBench bench;
    Balanced balanced(bench.loop, bench.log, 2);
    bench.wait(balanced.until_all_up());
    balancer::Balancer balancer = balanced.balancer();
    ASSERT_TRUE(bench.wait(balancer.drain("app-1")));
    EXPECT_EQ(bench.wait(keep_share(balancer, "app-2")).value(), "");
    EXPECT_EQ(bench.wait(keep_share(balancer, "app-9")).value(), "");
    bench.wait(balanced.stop());
}

}  // namespace
}  // namespace acme::deploy
