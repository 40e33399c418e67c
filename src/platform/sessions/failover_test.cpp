// Sessions while a sentinel makes another Redis the master.
#include "testing/sessions_bench.hpp"

namespace acme::sessions {
namespace {

using std::chrono::seconds;
using testing::SessionsBench;
using testing::SessionsNode;

TEST(Sessions, NobodyIsSignedOutByAFailoverOfRedis) {
    testing::WatchedRedis servers;
    SessionsBench bench;
    bench.add_user("ada@example.com");
    SessionsNode node(bench, servers.url());
    auto browser = bench.signed_in("ada@example.com");
    browser.node = &node;
    EXPECT_EQ(browser.get("/v1/me").status, 200);

    servers.first.kill();
    for (int i = 0; i < 1000 && !node.redis.is_up(); ++i) {
        bench.clock.advance(seconds(1));
        EXPECT_EQ(browser.get("/v1/me").status, 200);
        // A sentinel that was held up for two seconds does nothing for thirty more.
        bench.wait(sleep_for(std::chrono::milliseconds(60)));
    }
    EXPECT_TRUE(node.redis.is_up());
    EXPECT_EQ(browser.get("/v1/me").status, 200);
}

}  // namespace
}  // namespace acme::sessions
