// The window against a model that keeps every request, on streams of chance; and what this thread
// does by itself. Nothing here asks a server.
#include "platform/limits/denials.hpp"
#include "platform/limits/share.hpp"
#include "testing/limits_model.hpp"

#include <gtest/gtest.h>

namespace acme::limits {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::Model;

constexpr SteadyTime epoch{std::chrono::hours(100)};

TEST(Window, NoSpanEverHoldsMoreThanTheLimitAndNobodyIsRefusedBelowIt) {
    for (std::uint64_t seed = 1; seed <= 40; ++seed) {
        SeededRandom random(seed);
        const Quota quota{
            .limit = 1 + static_cast<std::int64_t>(random.number() % 40),
            .window = seconds(3 + random.number() % 58),
        };
        Window window;
        Model model(quota);
        milliseconds now{1'000'000'000 + random.number() % 1000};
        for (int i = 0; i < 3'000; ++i) {
            now += Model::pause(random, quota);
            model.judge(now, window.take(now, quota));
        }
        EXPECT_EQ(model.flaws(), "") << "seed " << seed;
        EXPECT_GT(model.passed(), 2 * quota.limit) << "seed " << seed;
    }
}

TEST(Window, TheFirstOfAQuietUserAllPassAndTheNextDoesNot) {
    const Quota quota{.limit = 600};
    Window window;
    const milliseconds now{5'000};
    for (int i = 0; i < 600; ++i) ASSERT_TRUE(window.take(now, quota).is_allowed) << i;
    const Verdict next = window.take(now, quota);
    EXPECT_FALSE(next.is_allowed);
    EXPECT_EQ(next.used, 600);
    EXPECT_EQ(next.reset, milliseconds(61'000));
}

// A bucket that fills up again by ten a second would let 300 more through here.
TEST(Window, HalfAMinuteAfterAFullLimitNothingHasComeBack) {
    const Quota quota{.limit = 600};
    Window window;
    for (int i = 0; i < 600; ++i) std::ignore = window.take(milliseconds(0), quota);
    for (int at = 30'000; at < 61'000; at += 10) {
        ASSERT_FALSE(window.take(milliseconds(at), quota).is_allowed) << at;
    }
    EXPECT_TRUE(window.take(milliseconds(61'000), quota).is_allowed);
}

TEST(Window, WhoIsRefusedPassesWhenTheTimeThatWasNamedIsOverAndNotBefore) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        SeededRandom random(seed);
        const Quota quota{.limit = 20, .weight = 3};
        Window window;
        milliseconds now{0};
        Verdict verdict;
        while ((verdict = window.take(now, quota)).is_allowed)
            now += milliseconds(random.number() % 2000);
        Window copy = window;
        EXPECT_FALSE(copy.take(now + verdict.reset - milliseconds(1), quota).is_allowed) << seed;
        EXPECT_TRUE(window.take(now + verdict.reset, quota).is_allowed) << seed;
    }
}

TEST(Denials, AreKnownUntilTheirTimeAndForThatWeightOrMore) {
    Denials denials(2);
    denials.put("a", {epoch + seconds(5), Policy::org}, 2);
    const auto denial = denials.find("a", epoch, 2);
    ASSERT_TRUE(denial);
    EXPECT_EQ(denial->until, epoch + seconds(5));
    EXPECT_EQ(denial->policy, Policy::org);
    EXPECT_FALSE(denials.find("a", epoch, 1));
    EXPECT_FALSE(denials.find("b", epoch, 2));
    EXPECT_FALSE(denials.find("a", epoch + seconds(5), 2));
    EXPECT_EQ(denials.size(), 0);
}

TEST(Denials, AreBoundedAndForgetWhoAskedLongestAgo) {
    Denials denials(2);
    denials.put("a", {epoch + seconds(5), Policy::user}, 1);
    denials.put("b", {epoch + seconds(5), Policy::user}, 1);
    std::ignore = denials.find("a", epoch, 1);
    denials.put("c", {epoch + seconds(5), Policy::user}, 1);
    EXPECT_EQ(denials.size(), 2);
    EXPECT_TRUE(denials.find("a", epoch, 1));
    EXPECT_FALSE(denials.find("b", epoch, 1));
}

TEST(Share, IsTheLimitDividedByTheNodesAndTheirThreads) {
    Share share(2, seconds(60), 10);
    share.set_nodes(epoch, 3);
    EXPECT_EQ(share.of(600), 100);
    int passed = 0;
    for (int i = 0; i < 300; ++i) passed += share.take("a", epoch, {.limit = 600}).is_allowed;
    EXPECT_EQ(passed, 100);
    EXPECT_TRUE(share.take("b", epoch, {.limit = 600}).is_allowed);
    EXPECT_TRUE(share.take("a", epoch + seconds(61), {.limit = 600}).is_allowed);
}

// What a node let through before it died still counts for a minute.
TEST(Share, GrowsOnlyWhenANodeHasBeenGoneForAWindow) {
    Share share(1, seconds(60), 10);
    share.set_nodes(epoch, 3);
    share.set_nodes(epoch + seconds(1), 3);
    share.set_nodes(epoch + seconds(2), 2);
    share.set_nodes(epoch + seconds(61), 2);
    EXPECT_EQ(share.of(600), 200);
    share.set_nodes(epoch + seconds(62), 2);
    EXPECT_EQ(share.of(600), 300);
    share.set_nodes(epoch + seconds(63), 4);
    EXPECT_EQ(share.of(600), 150);
}

TEST(Share, CountsWhatRedisLetThroughSoThatALossOpensNoSecondWindow) {
    Share share(1, seconds(60), 10);
    share.set_nodes(epoch, 3);
    const Quota quota{.limit = 600};
    for (int i = 0; i < 150; ++i) {
        ASSERT_TRUE(share.confirm("a", epoch, quota, share.recent("a", epoch), i).is_allowed);
    }
    int passed = 0;
    for (int i = 0; i < 300; ++i) passed += share.take("a", epoch + seconds(2), quota).is_allowed;
    EXPECT_EQ(passed, 50);
}

TEST(Share, HoldsWhileRedisHasForgottenAndNoLonger) {
    Share share(1, seconds(60), 10);
    share.set_nodes(epoch, 3);
    const Quota quota{.limit = 600};
    const auto confirm = [&](SteadyTime now, std::int64_t counted) {
        return share.confirm("a", now, quota, share.recent("a", now), counted).is_allowed;
    };
    for (int i = 0; i < 250; ++i) ASSERT_TRUE(confirm(epoch, i));
    EXPECT_FALSE(confirm(epoch + seconds(1), 0));    // it was emptied
    EXPECT_FALSE(confirm(epoch + seconds(2), 300));  // and others have filled it meanwhile
    EXPECT_TRUE(confirm(epoch + seconds(61), 300));  // what was before is over: up to the share
    EXPECT_TRUE(confirm(epoch + seconds(62), 300));
    for (int i = 0; i < 300; ++i) {
        ASSERT_TRUE(confirm(epoch + seconds(130), i)) << "it knows all again, and it alone decides";
    }
}

TEST(Share, KeepsWhatPassedUnheardForWhoTellsRedisAndNotLongerThanItCounts) {
    Share share(1, seconds(60), 10);
    const Quota quota{.limit = 10, .weight = 2};
    std::ignore = share.take("a", epoch, quota);
    std::ignore = share.take("a", epoch, quota);
    EXPECT_EQ(share.take_owed("b", epoch), 0);
    EXPECT_EQ(share.take_owed("a", epoch), 4);
    EXPECT_EQ(share.take_owed("a", epoch), 0) << "two at once do not tell it twice";
    share.give_back("a", epoch + seconds(1), 4);
    EXPECT_EQ(share.take_owed("a", epoch + seconds(62)), 0);
}

TEST(Share, TellsWhatIsCertainWhileAReplyIsLateAndThenWhatWasNotInIt) {
    Share share(1, seconds(60), 10);
    const Quota quota{.limit = 10};
    share.begin_doubt("a", 1);
    std::ignore = share.take("a", epoch, quota);
    EXPECT_EQ(share.take_owed("a", epoch), 0) << "it may be in the reply";
    std::ignore = share.take("a", epoch, quota);
    EXPECT_EQ(share.take_owed("a", epoch), 1) << "of which Redis was not asked";
    share.end_doubt("a", epoch, 1, 1);
    EXPECT_EQ(share.take_owed("a", epoch), 0) << "it was in the reply";

    share.begin_doubt("a", 1);
    std::ignore = share.take("a", epoch, quota);
    share.end_doubt("a", epoch, 1, 0);
    EXPECT_EQ(share.take_owed("a", epoch), 1) << "no reply will come";

    // Redis counted what was refused here: the next that passes unheard is in it.
    share.begin_doubt("a", 1);
    share.end_doubt("a", epoch, 1, 1);
    std::ignore = share.take("a", epoch, quota);
    EXPECT_EQ(share.take_owed("a", epoch), 0);
    std::ignore = share.take("a", epoch, quota);
    EXPECT_EQ(share.take_owed("a", epoch), 1);
}

TEST(Share, ForgetsWhoWasCountedLongestAgo) {
    Share share(1, seconds(60), 2);
    const Quota quota{.limit = 1};
    EXPECT_TRUE(share.take("a", epoch, quota).is_allowed);
    EXPECT_TRUE(share.take("b", epoch, quota).is_allowed);
    EXPECT_FALSE(share.take("a", epoch, quota).is_allowed);
    EXPECT_TRUE(share.take("c", epoch, quota).is_allowed);
    EXPECT_FALSE(share.take("a", epoch, quota).is_allowed);
    EXPECT_TRUE(share.take("b", epoch, quota).is_allowed);
}

}  // namespace
}  // namespace acme::limits
