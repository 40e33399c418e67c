#include "platform/tokens/refresher.hpp"

#include "testing/bench.hpp"

namespace acme::tokens {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

struct RefresherBench : testing::DryBench {
    Task<Result<Given>> give() {
        ++asked;
        if (is_away) co_return refuse(ErrorKind::unavailable, "tokens.away", "It is away.");
        co_return Given{.token = "token-" + std::to_string(asked), .life = hours(24)};
    }

    std::string token() { return wait(refresher.token(context)).value_or("none"); }

    int asked = 0;
    bool is_away = false;
    Refresher refresher{[this](trace::Context) { return give(); }, telemetry};
};

TEST(Refresher, AsksAgainWhenFourFifthsOfTheLifeAreOver) {
    RefresherBench bench;
    EXPECT_EQ(bench.token(), "token-1");
    bench.clock.advance(minutes(24 * 60 * 75 / 100) - seconds(1));
    EXPECT_EQ(bench.token(), "token-1");
    EXPECT_GT(bench.refresher.idle().count(), 0);
    bench.clock.advance(minutes(24 * 60 * 10 / 100) + seconds(1));
    EXPECT_EQ(bench.refresher.idle().count(), 0);
    EXPECT_EQ(bench.token(), "token-2");
    EXPECT_EQ(bench.token(), "token-2");
    EXPECT_EQ(bench.asked, 2);
}

TEST(Refresher, NotAllAskAtTheSameMoment) {
    RefresherBench one;
    one.token();
    const auto first = one.refresher.idle();
    one.clock.advance(hours(23));
    one.token();
    EXPECT_NE(one.refresher.idle(), first);
}

TEST(Refresher, GoesOnWithTheOldOneUntilItsEndAndAsksEveryHalfMinute) {
    RefresherBench bench;
    EXPECT_EQ(bench.token(), "token-1");
    bench.is_away = true;
    bench.clock.advance(hours(23));
    for (int i = 0; i < 10; ++i) EXPECT_EQ(bench.token(), "token-1");
    EXPECT_EQ(bench.asked, 2);
    bench.clock.advance(seconds(30));
    EXPECT_EQ(bench.token(), "token-1");
    EXPECT_EQ(bench.asked, 3);
    bench.clock.advance(hours(1));
    EXPECT_EQ(bench.token(), "none");
    bench.is_away = false;
    EXPECT_EQ(bench.token(), "token-5");
}

}  // namespace
}  // namespace acme::tokens
