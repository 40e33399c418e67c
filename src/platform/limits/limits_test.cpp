// On a real Redis that is emptied, hung, killed and started again.
#include "platform/limits/limits.hpp"

#include "platform/flags/flags.hpp"
#include "platform/limits/script.hpp"
#include "testing/limits_bench.hpp"
#include "testing/limits_model.hpp"

namespace acme::limits {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::LimitsBench;

/// The script with a clock that the test sets.
class Timed {
public:
    explicit Timed(LimitsBench& bench) : bench_(bench) {
        constexpr std::string_view asked = "redis.call('TIME')";
        lua_ = count_request.lua();
        lua_.replace(lua_.find(asked), asked.size(), "{ARGV[10], ARGV[11]}");
    }

    Verdict take(milliseconds now, const Quota& quota) {
        const auto reply = bench_.wait(bench_.nodes[0]->redis.run(
            bench_.context,
            {"EVAL",
             lua_,
             "1",
             "rl:{x}",
             std::to_string(quota.limit),
             std::to_string(quota.weight),
             std::to_string(quota.window.count()),
             "0",
             "0",
             "0",
             "0",
             "0",
             "",
             std::to_string(now / seconds(1)),
             std::to_string(now % seconds(1) / milliseconds(1) * 1000)}
        ));
        const auto& list = *reply.value().list();
        return {
            .is_allowed = *list.at(1).integer() == 1,
            .used = *list.at(2).integer(),
            .reset = milliseconds(*list.at(3).integer()),
        };
    }

private:
    LimitsBench& bench_;
    std::string lua_;
};

TEST(Limits, TheScriptJudgesAsTheWindowDoesAndKeepsWhatItPromises) {
    for (std::uint64_t seed = 1; seed <= 4; ++seed) {
        LimitsBench bench;
        Timed script(bench);
        SeededRandom random(seed);
        const Quota quota{
            .limit = 5 + static_cast<std::int64_t>(random.number() % 40),
            .weight = seed % 2 == 0 ? 3 : 1,
            .window = seconds(seed == 1 ? 60 : 3 + random.number() % 20),
        };
        Window window;
        testing::Model model(quota);
        milliseconds now{1'800'000'000'000};
        for (int i = 0; i < 1'500; ++i) {
            now += testing::Model::pause(random, quota);
            const Verdict told = script.take(now, quota);
            const Verdict expected = window.take(now, quota);
            ASSERT_EQ(told.is_allowed, expected.is_allowed) << "seed " << seed << ", call " << i;
            ASSERT_EQ(told.used, expected.used) << "seed " << seed << ", call " << i;
            ASSERT_EQ(told.reset, expected.reset) << "seed " << seed << ", call " << i;
            model.judge(now, told);
        }
        EXPECT_EQ(model.flaws(), "") << "seed " << seed;
    }
}

// Whoever was full stays so for a window of the clock that went back, and no longer.
TEST(Limits, AClockThatGoesBackNeitherForgetsNorLocksOut) {
    LimitsBench bench;
    Timed script(bench);
    const Quota quota{.limit = 5};
    const milliseconds before{1'800'000'000'000};
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(script.take(before, quota).is_allowed);
    const milliseconds after = before - std::chrono::hours(1);
    EXPECT_FALSE(script.take(after, quota).is_allowed);
    EXPECT_FALSE(script.take(after + seconds(60), quota).is_allowed);
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(script.take(after + seconds(61), quota).is_allowed);
    EXPECT_FALSE(script.take(after + seconds(61), quota).is_allowed);
    EXPECT_FALSE(script.take(after + seconds(31), quota).is_allowed) << "a second step";
}

TEST(Limits, AClockThatGoesForwardBeginsANewWindow) {
    LimitsBench bench;
    Timed script(bench);
    const Quota quota{.limit = 5};
    const milliseconds before{1'800'000'000'000};
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(script.take(before, quota).is_allowed);
    const milliseconds after = before + std::chrono::hours(1);
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(script.take(after, quota).is_allowed);
    EXPECT_FALSE(script.take(after, quota).is_allowed);
}

// A bucket that fills up again would let some through here.
TEST(Limits, HalfAMinuteAfterAFullLimitNothingHasComeBack) {
    LimitsBench bench;
    Timed script(bench);
    const Quota quota{.limit = 600};
    const milliseconds begun{1'800'000'000'000};
    for (int i = 0; i < 600; ++i) ASSERT_TRUE(script.take(begun, quota).is_allowed);
    for (int at = 30'000; at < 61'000; at += 500) {
        ASSERT_FALSE(script.take(begun + milliseconds(at), quota).is_allowed) << at;
    }
    EXPECT_TRUE(script.take(begun + seconds(61), quota).is_allowed);
}

TEST(Limits, SixHundredOfAQuietUserPassOnAllNodesTogetherAndTheNextDoesNot) {
    LimitsBench bench;
    EXPECT_EQ(bench.send(600, bench.ada), 600);
    const Standing next = bench.count(0, bench.ada);
    EXPECT_FALSE(next.is_allowed);
    EXPECT_EQ(next.mode, Mode::redis);
    EXPECT_EQ(next.levels.at(0).remaining, 0);
    EXPECT_GT(next.wait(), seconds(30));
    EXPECT_LE(next.wait(), seconds(61));
    EXPECT_TRUE(
        bench.count(0, caller_of(UserId::make(testing::start, bench.random), "b")).is_allowed
    );
}

TEST(Limits, WhoIsRefusedCostsRedisNothingUntilMoreMayPass) {
    LimitsBench bench({.user_max = 3});
    EXPECT_EQ(bench.send(9, bench.ada), 3);
    const std::string run = bench.scripts_run();
    EXPECT_EQ(bench.send(300, bench.ada), 0);
    EXPECT_EQ(bench.scripts_run(), run);
    const Standing standing = bench.count(0, bench.ada);
    EXPECT_EQ(standing.mode, Mode::cached);
    bench.clock.advance(standing.wait());
    EXPECT_EQ(bench.count(0, bench.ada).mode, Mode::redis) << "it asks again";
}

/// One on which everything is as it is installed, but for the flag of that name.
std::shared_ptr<const flags::Snapshot> on_for(const std::string& user) {
    const std::string rules = R"({"environment": "test", "version": 1, "segments": [], "flags": [{
        "key": "rate-limit-asks-again", "type": "bool", "enabled": true, "salt": "s:",
        "overrides": [{"kind": "user", "id": ")" +
                              user + R"(", "variant": "on"}],
        "fallthrough": {"variant": "off"}}]})";
    return flags::Snapshot::compile(flags::parse_ruleset(rules).value()).value();
}

TEST(Limits, AQuotaThatWasRaisedHoldsAtOnceWhereAFlagSaysSo) {
    LimitsBench bench({.user_max = 3});
    flags::Depot depot(bench.metrics, bench.clock, true, "test");
    flags::Flags flags(depot);
    bench.nodes[0]->limits.heed(flags);
    EXPECT_EQ(bench.send(9, bench.ada), 3);
    EXPECT_FALSE(bench.count(0, bench.ada).is_allowed);
    Caller raised = bench.ada;
    raised.limit = 10;
    EXPECT_EQ(bench.count(0, raised).mode, Mode::cached) << "nobody is asked";
    depot.put(on_for(bench.user.str()));
    const Standing standing = bench.count(0, raised);
    EXPECT_EQ(standing.mode, Mode::redis);
    EXPECT_TRUE(standing.is_allowed);
}

TEST(Limits, ARequestMayWeighMore) {
    LimitsBench bench({.user_max = 10});
    Caller search = bench.ada;
    search.weight = 5;
    EXPECT_EQ(bench.send(1, search), 1);
    EXPECT_EQ(bench.send(3, bench.ada), 3);
    EXPECT_EQ(bench.send(3, search), 0);
    EXPECT_EQ(bench.send(3, bench.ada), 2) << "what is lighter still fits";
}

TEST(Limits, NothingIsCountedForACompanionThatIsNotAlive) {
    LimitsBench bench;
    const auto ask = [&](std::string companion) {
        auto asked = bench.nodes[0]->limits.ask(bench.context, bench.ada, {.key = companion});
        return bench.wait(std::move(asked)).value();
    };
    EXPECT_EQ(ask("nobody").companion, std::nullopt);
    EXPECT_FALSE(ask("nobody").standing);
    bench.server.ask("SET ended -");
    EXPECT_EQ(ask("ended").companion, "-");
    EXPECT_FALSE(ask("ended").standing);
    EXPECT_EQ(bench.server.ask("EXISTS " + bench.ada.key), "0");
    bench.server.ask("SET alive packed");
    const Counted counted = ask("alive");
    EXPECT_EQ(counted.companion, "packed");
    EXPECT_EQ(counted.standing.value().levels.at(0).remaining, 599);
}

TEST(Limits, AScriptThatRedisHasForgottenIsSentAgain) {
    LimitsBench bench;
    EXPECT_EQ(bench.send(3, bench.ada), 3);
    bench.server.ask("SCRIPT FLUSH");
    const Standing standing = bench.count(0, bench.ada);
    EXPECT_EQ(standing.mode, Mode::redis);
    EXPECT_EQ(standing.levels.at(0).remaining, 596);
}

TEST(Limits, ARedisThatWasEmptiedOpensNoSecondWindow) {
    LimitsBench bench({.user_max = 30});
    EXPECT_EQ(bench.send(21, bench.ada), 21);
    bench.server.ask("FLUSHALL");
    EXPECT_EQ(bench.send(60, bench.ada), 9);
    EXPECT_FALSE(bench.count(0, bench.ada).is_allowed);
}

TEST(Limits, ARedisThatIsGoneLeavesEachNodeItsShareAndBeginsNoNewWindowWhenItIsBack) {
    LimitsBench bench({.user_max = 30}, milliseconds(200));
    EXPECT_EQ(bench.send(12, bench.ada), 12);
    bench.server.kill();
    EXPECT_EQ(bench.send(9, bench.ada), 9);
    EXPECT_EQ(bench.count(0, bench.ada).mode, Mode::local);
    bench.server.start();
    // As time goes by each node finds it again.
    for (int i = 0; i < 40; ++i) {
        bench.clock.advance(milliseconds(100));
        bench.wait(sleep_for(milliseconds(5)));
        bench.send(3, bench.ada);
    }
    const int more = bench.send(30, bench.ada);
    EXPECT_EQ(more, 0) << "all shares are used up";
    for (const auto& node : bench.nodes) EXPECT_TRUE(node->redis.is_up());
}

TEST(Limits, ARedisThatHangsIsNotWaitedFor) {
    LimitsBench bench({.user_max = 30}, milliseconds(50));
    EXPECT_EQ(bench.send(3, bench.ada), 3);
    bench.server.stop();
    EXPECT_EQ(bench.send(60, bench.ada), 27);
    const Standing standing = bench.count(0, bench.ada);
    bench.server.go_on();
    EXPECT_EQ(standing.mode, Mode::local);
    EXPECT_EQ(standing.levels.at(0).limit, 30);
    http::HeaderList headers;
    bench.nodes[0]->limits.tell(standing, headers);
    EXPECT_EQ(headers.at(0).second, R"("user";q=30;w=60;acme-mode="local")");
}

// It kept its counts, and does not know of what passed meanwhile.
TEST(Limits, ARedisThatGoesOnAfterItHungIsToldWhatPassedMeanwhile) {
    LimitsBench bench({.user_max = 30}, milliseconds(50));
    EXPECT_EQ(bench.send(15, bench.ada), 15);
    bench.server.stop();
    int passed = bench.send(9, bench.ada);
    EXPECT_EQ(passed, 9);
    bench.server.go_on();
    for (int i = 0; i < 40; ++i) {
        bench.clock.advance(milliseconds(250));
        bench.wait(sleep_for(milliseconds(5)));
        passed += bench.send(3, bench.ada);
    }
    for (const auto& node : bench.nodes) EXPECT_TRUE(node->redis.is_up());
    EXPECT_EQ(passed, 15) << "neither more nor less: what was late counts once";
}

TEST(Limits, AnAddressIsOneOfIPv4AndANetworkOfIPv6) {
    LimitsBench bench({.anonymous_max = 2});
    EXPECT_EQ(bench.send(3, caller_at("192.0.2.1")), 2);
    EXPECT_EQ(bench.send(1, caller_at("::ffff:192.0.2.1")), 0);
    EXPECT_EQ(bench.send(1, caller_at("192.0.2.2")), 1);
    EXPECT_EQ(bench.send(1, caller_at("2001:db8:1:2::1")), 1);
    EXPECT_EQ(bench.send(2, caller_at("2001:db8:1:2:ffff::9")), 1);
    EXPECT_EQ(bench.send(1, caller_at("2001:db8:1:3::1")), 1);
    EXPECT_EQ(bench.server.ask("KEYS *192*"), "") << "no address stands in a key";
}

TEST(Limits, TheAnswerSaysWhatIsLeftAndWhen) {
    LimitsBench bench({.user_max = 2});
    http::HeaderList headers;
    const Standing first = bench.count(0, bench.ada);
    bench.nodes[0]->limits.tell(first, headers);
    EXPECT_EQ(
        headers.at(0), std::pair(std::string("RateLimit-Policy"), std::string(R"("user";q=2;w=60)"))
    );
    EXPECT_EQ(headers.at(1).first, "RateLimit");
    EXPECT_TRUE(headers.at(1).second.starts_with(R"("user";r=1;t=6)")) << headers.at(1).second;
    bench.send(2, bench.ada);
    bench.count(0, bench.ada);
    const auto refused = refusal(bench.count(0, bench.ada), "/v1/me", bench.trace);
    EXPECT_EQ(refused.status, 429);
    EXPECT_NE(refused.body.find(R"("violated-policies":["user"]})"), std::string::npos);
    const std::string page = bench.metrics.text();
    for (const char* const label : {"policy=\"user\"", "result=\"denied\"", "mode=\"cached\""}) {
        EXPECT_NE(page.find(label), page.npos) << page;
    }
}

}  // namespace
}  // namespace acme::limits
