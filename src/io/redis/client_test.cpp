// On a real Redis that is emptied, hung, killed and started again.
#include "io/redis/client.hpp"

#include "io/loop/task_group.hpp"
#include "io/redis/breaker.hpp"
#include "io/redis/cache_meter.hpp"
#include "io/redis/server_facts.hpp"
#include "testing/bench.hpp"
#include "testing/redis.hpp"

namespace acme::redis {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::DryBench;

constexpr Script count_up{"test.count_up", R"lua(
    return redis.call('INCRBY', KEYS[1], ARGV[1])
)lua"};

struct RedisBench : DryBench {
    explicit RedisBench(milliseconds deadline = seconds(2), std::string password = "")
        : server(std::move(password)),
          client({.url = Secret(server.url()), .deadline = deadline}, telemetry) {}

    ~RedisBench() {
        client.close();
        loop.restart();
        loop.run();
    }

    Answer<Reply> ask(std::vector<std::string> words) {
        return wait(client.run(context, std::move(words)));
    }

    /// Asks, as time goes by, until Redis answers.
    Answer<Reply> ask_again() {
        Answer<Reply> answer;
        for (int i = 0; i < 400; ++i) {
            clock.advance(milliseconds(250));
            answer = ask({"PING"});
            if (answer) break;
            wait(sleep_for(milliseconds(10)));
        }
        return answer;
    }

    std::string text(std::vector<std::string> words) {
        const auto answer = ask(std::move(words));
        return answer && answer->text() ? *answer->text() : "";
    }

    testing::Redis server;
    Client client;
};

Task<> ask_for(Client& client, trace::Context context, std::string word, std::string& answer) {
    const auto reply = co_await client.run(context, {"ECHO", std::move(word)});
    answer = reply && reply->text() ? *reply->text() : "none";
}

TEST(Redis, ARepliesKindIsItsOwn) {
    RedisBench bench;
    EXPECT_FALSE(bench.client.is_up());
    EXPECT_EQ(bench.text({"SET", "key", "two words\r\n"}), "OK");
    EXPECT_TRUE(bench.client.is_up());
    EXPECT_EQ(bench.text({"GET", "key"}), "two words\r\n");
    EXPECT_EQ(*bench.ask({"INCR", "number"})->integer(), 1);
    EXPECT_TRUE(bench.ask({"GET", "nothing"})->is_nil());
    const auto list = bench.ask({"MGET", "key", "nothing"});
    ASSERT_TRUE(list && list->list());
    EXPECT_EQ(*list->list()->at(0).text(), "two words\r\n");
    EXPECT_TRUE(list->list()->at(1).is_nil());
    EXPECT_EQ(bench.ask({"INCR", "key"}).error(), Failure::refused);
    EXPECT_TRUE(bench.client.is_up());
}

TEST(Redis, ManyCallsShareOneConnectionAndEachGetsItsOwnReply) {
    RedisBench bench;
    std::vector<std::string> answers(300);
    TaskGroup group(bench.log);
    for (std::size_t i = 0; i < answers.size(); ++i) {
        group.spawn(
            bench.loop.get_executor(),
            "ask",
            ask_for(bench.client, bench.context, std::to_string(i), answers[i])
        );
    }
    bench.wait(group.join());
    for (std::size_t i = 0; i < answers.size(); ++i) EXPECT_EQ(answers[i], std::to_string(i));
    EXPECT_NE(bench.server.ask("INFO clients").find("connected_clients:2"), std::string::npos);
}

TEST(Redis, AScriptIsSentOnceAndAgainWhenTheServerHasForgottenIt) {
    RedisBench bench;
    const auto run = [&] {
        return *bench.wait(bench.client.run(bench.context, count_up, {"n"}, {"2"}))->integer();
    };
    EXPECT_EQ(run(), 2);
    EXPECT_EQ(run(), 4);
    bench.server.ask("SCRIPT FLUSH");
    EXPECT_EQ(run(), 6);
}

TEST(Redis, PasswordAndDatabaseComeFromTheUrl) {
    RedisBench bench(seconds(2), "hunter2");
    EXPECT_EQ(bench.text({"SET", "key", "in 0"}), "OK");
    Client other(
        {.url = Secret(bench.server.url() + "/3"), .deadline = seconds(2)}, bench.telemetry
    );
    EXPECT_TRUE(bench.wait(other.run(bench.context, {"GET", "key"}))->is_nil());

    auto wrong = bench.server.url();
    wrong.replace(wrong.find("hunter2"), 7, "*******");
    Client foreign({.url = Secret(wrong), .deadline = seconds(2)}, bench.telemetry);
    EXPECT_EQ(bench.wait(foreign.run(bench.context, {"GET", "key"})).error(), Failure::unreachable);
    for (const std::string& line : bench.lines) EXPECT_EQ(line.find("hunter2"), std::string::npos);
}

TEST(Redis, AServerThatHangsCostsADeadlineAndThenNothing) {
    RedisBench bench(milliseconds(50));
    ASSERT_TRUE(bench.ask_again());
    bench.server.stop();

    const SystemClock time;
    for (std::size_t i = 0; i < Breaker::failures_max; ++i) {
        const auto began = time.steady();
        EXPECT_EQ(bench.ask({"PING"}).error(), Failure::late);
        EXPECT_LT(time.steady() - began, seconds(2));
    }
    EXPECT_EQ(bench.ask({"PING"}).error(), Failure::open);
    EXPECT_FALSE(bench.client.is_up());
    bench.clock.advance(Breaker::probe_every);
    EXPECT_EQ(bench.ask({"PING"}).error(), Failure::late);
    EXPECT_EQ(bench.ask({"PING"}).error(), Failure::open);

    bench.server.go_on();
    EXPECT_TRUE(bench.ask_again());
    EXPECT_TRUE(bench.client.is_up());
}

TEST(Redis, ALateReplyFallsToNobodyElse) {
    RedisBench bench(milliseconds(50));
    ASSERT_TRUE(bench.ask_again());
    bench.server.stop();
    EXPECT_EQ(bench.ask({"ECHO", "late"}).error(), Failure::late);
    bench.server.go_on();
    std::string echo;
    for (int i = 0; i < 400 && echo.empty(); ++i) {
        bench.clock.advance(milliseconds(250));
        echo = bench.text({"ECHO", "mine"});
        bench.wait(sleep_for(milliseconds(10)));
    }
    EXPECT_EQ(echo, "mine");
}

TEST(Redis, WhoGaveUpALateCallHearsOfItsReplyOrThatNoneWillCome) {
    RedisBench bench(milliseconds(50));
    ASSERT_TRUE(bench.ask_again());
    std::vector<Answer<Reply>> heard;
    const auto call = [&] {
        const auto late = [&](const Answer<Reply>& reply) { heard.push_back(reply); };
        return bench.wait(bench.client.run(bench.context, count_up, {"n"}, {"2"}, late));
    };
    std::ignore = call();  // the script is known from here on
    ASSERT_TRUE(bench.ask_again());
    heard.clear();
    bench.server.stop();
    EXPECT_EQ(call().error(), Failure::late);
    EXPECT_TRUE(heard.empty());
    bench.server.go_on();
    ASSERT_TRUE(bench.ask_again());
    ASSERT_EQ(heard.size(), 1);
    ASSERT_TRUE(heard[0] && heard[0]->integer() != nullptr);

    bench.server.stop();
    EXPECT_EQ(call().error(), Failure::late);
    bench.server.kill();
    bench.server.start();
    ASSERT_TRUE(bench.ask_again());
    ASSERT_EQ(heard.size(), 2);
    EXPECT_EQ(heard[1].error(), Failure::unreachable);
}

TEST(Redis, AServerThatWasKilledIsFoundAgain) {
    RedisBench bench;
    ASSERT_TRUE(bench.ask({"PING"}));
    bench.server.kill();
    EXPECT_EQ(bench.ask({"PING"}).error(), Failure::unreachable);
    bench.server.start();
    EXPECT_TRUE(bench.ask_again());
    const auto logged = [&](std::string_view word) {
        return std::ranges::count_if(bench.lines, [&](const std::string& line) {
            return line.find(word) != std::string::npos;
        });
    };
    EXPECT_EQ(logged("redis.gone"), 1);
    EXPECT_EQ(logged("redis.back"), 1);
}

TEST(Redis, NobodyThereIsAFailureAndNoException) {
    DryBench bench;
    Client client({.url = Secret("redis://127.0.0.1:1")}, bench.telemetry);
    EXPECT_EQ(bench.wait(client.run(bench.context, {"PING"})).error(), Failure::unreachable);
    EXPECT_TRUE(bench.wait(client.check_server(bench.context)));
    EXPECT_NE(bench.metrics.text().find("redis_up 0"), std::string::npos);
    client.close();
    bench.loop.restart();
    bench.loop.run();
}

TEST(Redis, AServerOlderThan7IsRefused) {
    RedisBench bench;
    EXPECT_TRUE(bench.wait(bench.client.check_server(bench.context)));
    EXPECT_TRUE(check_version(parse_info("# Server\r\nredis_version:7.0.15\r\n")));
    EXPECT_TRUE(check_version(parse_info("redis_version:10.0\r\n")));
    const auto refused = check_version(parse_info("# Server\r\nredis_version:6.2.14\r\n"));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code.text(), "redis.too_old");
    EXPECT_FALSE(check_version(parse_info("")));
    EXPECT_TRUE(is_eviction_sound(parse_info("maxmemory_policy:volatile-ttl\r\n")));
    EXPECT_FALSE(is_eviction_sound(parse_info("maxmemory_policy:allkeys-lru\r\n")));
}

TEST(Breaker, OpensAfterFiveFailuresInASecondAndProbesEachQuarter) {
    Breaker breaker;
    SteadyTime now{};
    for (int i = 0; i < 4; ++i) breaker.fail(now);
    EXPECT_TRUE(breaker.admits(now));
    now += seconds(2);
    breaker.fail(now);
    EXPECT_FALSE(breaker.is_open());
    for (int i = 0; i < 4; ++i) breaker.fail(now);
    EXPECT_TRUE(breaker.is_open());
    EXPECT_FALSE(breaker.admits(now));
    now += milliseconds(250);
    EXPECT_TRUE(breaker.admits(now));
    EXPECT_FALSE(breaker.admits(now));
    breaker.fail(now);
    EXPECT_FALSE(breaker.admits(now));
    now += milliseconds(250);
    EXPECT_TRUE(breaker.admits(now));
    breaker.succeed();
    EXPECT_TRUE(breaker.admits(now));
    EXPECT_TRUE(breaker.admits(now));
}

TEST(CacheMeter, ShowsARatioFromTheHundredthLookUpOnOverFiveMinutes) {
    DryBench bench;
    CacheMeter meter(bench.metrics, bench.clock, "session");
    for (int i = 0; i < 99; ++i) meter.hit();
    EXPECT_EQ(bench.metrics.text().find("cache_hit_ratio"), std::string::npos);
    meter.hit();
    EXPECT_NE(bench.metrics.text().find("cache_hit_ratio{cache=\"session\"} 1"), std::string::npos);
    for (int i = 0; i < 40; ++i) {
        bench.clock.advance(seconds(10));
        for (int j = 0; j < 10; ++j) meter.miss();
    }
    const std::string text = bench.metrics.text();
    EXPECT_NE(text.find("cache_hit_ratio{cache=\"session\"} 0"), std::string::npos);
    EXPECT_NE(text.find("cache_hits_total{cache=\"session\"} 100"), std::string::npos);
    EXPECT_NE(text.find("cache_misses_total{cache=\"session\"} 400"), std::string::npos);
}

}  // namespace
}  // namespace acme::redis
