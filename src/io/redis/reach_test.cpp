// How a server is reached that speaks TLS, or whose place sentinels know: on real ones.
#include "io/loop/task_group.hpp"
#include "io/redis/client.hpp"
#include "io/redis/subscription.hpp"
#include "testing/bench.hpp"
#include "testing/redis.hpp"

namespace acme::redis {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::DryBench;

struct ReachBench : DryBench {
    ~ReachBench() {
        if (client) client->close();
        loop.restart();
        loop.run();
    }

    void connect(std::string url, std::string authorities = "") {
        Options options{.url = Secret(std::move(url)), .deadline = seconds(2)};
        options.authorities = std::move(authorities);
        client.emplace(std::move(options), telemetry);
    }

    Answer<Reply> ask(std::vector<std::string> words) {
        return wait(client->run(context, std::move(words)));
    }

    std::string text(std::vector<std::string> words) {
        const auto answer = ask(std::move(words));
        return answer && answer->text() ? *answer->text() : "";
    }

    /// Asks, as time goes by, until `part` stands in the answer.
    bool comes_to(const std::vector<std::string>& words, const std::string& part) {
        // A sentinel that was held up for two seconds does nothing for thirty more.
        for (int i = 0; i < 6000; ++i) {
            clock.advance(milliseconds(250));
            if (text(words).find(part) != std::string::npos) return true;
            wait(sleep_for(milliseconds(10)));
        }
        return false;
    }

    bool has_logged(std::string_view message) const {
        return std::ranges::any_of(lines, [message](const std::string& line) {
            return line.find(message) != std::string::npos;
        });
    }

    std::optional<Client> client;
};

TEST(RedisTls, AServerWhoseCertificateIsTrustedIsUsed) {
    const testing::Certificate certificate = testing::make_certificate();
    testing::Redis server(certificate);
    ReachBench bench;
    bench.connect(server.tls_url() + "/1", certificate.chain);
    const std::string much(3 << 20, 'x');
    EXPECT_EQ(bench.text({"SET", "key", much}), "OK");
    EXPECT_TRUE(bench.text({"GET", "key"}) == much);
}

TEST(RedisTls, ACertificateOfAnotherAuthorityIsRefusedAndSaid) {
    testing::Redis server(testing::make_certificate());
    ReachBench bench;
    bench.connect(server.tls_url(), testing::make_certificate().chain);
    EXPECT_EQ(bench.ask({"PING"}).error(), Failure::unreachable);
    EXPECT_TRUE(bench.has_logged("redis.tls_failed"));
    EXPECT_TRUE(bench.has_logged("certificate verify failed"));
}

TEST(RedisTls, TheSystemsAuthoritiesDoNotKnowATestsCertificate) {
    testing::Redis server(testing::make_certificate());
    ReachBench bench;
    bench.connect(server.tls_url());
    EXPECT_EQ(bench.ask({"PING"}).error(), Failure::unreachable);
}

TEST(RedisTls, ACertificateOfAnotherHostIsRefused) {
    const auto certificate = testing::make_certificate("DNS:localhost,IP:127.0.0.2");
    testing::Redis server(certificate);
    ReachBench bench;
    bench.connect(server.tls_url(), certificate.chain);
    EXPECT_EQ(bench.ask({"PING"}).error(), Failure::unreachable);
    EXPECT_TRUE(bench.has_logged("certificate verify failed"));
}

TEST(RedisTls, AServerWithoutTlsIsRefused) {
    const testing::Certificate certificate = testing::make_certificate();
    testing::Redis server;
    ReachBench bench;
    bench.connect("rediss://127.0.0.1:" + std::to_string(server.port()), certificate.chain);
    EXPECT_EQ(bench.ask({"PING"}).error(), Failure::unreachable);
}

TEST(RedisTls, NamesAreCheckedAsAddressesAre) {
    const testing::Certificate certificate = testing::make_certificate();
    testing::Redis server(certificate);
    ReachBench bench;
    std::string url = server.tls_url();
    url.replace(url.find("127.0.0.1"), 9, "localhost");
    bench.connect(url, certificate.chain);
    EXPECT_EQ(bench.text({"PING"}), "PONG");
}

TEST(RedisSubscription, HearsWhatIsPublishedAndAgainAfterALoss) {
    testing::Redis server;
    ReachBench bench;
    std::vector<std::string> heard;
    Subscription subscription(
        {.url = Secret(server.url())},
        "news",
        [&](std::string_view message) { heard.emplace_back(message); },
        bench.telemetry
    );
    TaskGroup tasks(bench.log);
    tasks.spawn(bench.loop.get_executor(), "hear", subscription.run());
    const auto hear = [&](const std::string& message) {
        while (!subscription.is_on()) bench.wait(sleep_for(milliseconds(5)));
        server.ask("PUBLISH news " + message);
        while (heard.empty() || heard.back() != message) bench.wait(sleep_for(milliseconds(5)));
    };
    hear("one");
    server.kill();
    while (subscription.is_on()) bench.wait(sleep_for(milliseconds(5)));
    server.start();
    hear("two");
    subscription.stop();
    bench.wait(tasks.join());
    EXPECT_EQ(heard, (std::vector<std::string>{"one", "two"}));
}

TEST(RedisSentinel, TheMasterIsFoundAndAFailoverIsFollowed) {
    testing::WatchedRedis servers;
    ReachBench bench;
    bench.connect(servers.url());
    EXPECT_EQ(bench.text({"SET", "key", "kept"}), "OK");
    ASSERT_EQ(bench.text({"ACL", "WHOAMI"}), "acme");
    ASSERT_TRUE(bench.ask({"WAIT", "1", "1000"}));

    servers.first.kill();
    EXPECT_FALSE(bench.ask({"GET", "key"}));
    EXPECT_TRUE(bench.comes_to({"SET", "other", "new"}, "OK"));
    EXPECT_EQ(servers.master_port(), std::to_string(servers.second.port()));
    EXPECT_EQ(bench.text({"GET", "key"}), "kept");
    for (const std::string& line : bench.lines) EXPECT_EQ(line.find("hunter"), std::string::npos);
}

TEST(RedisSentinel, AMasterThatBecameAReplicaIsLeft) {
    testing::WatchedRedis servers;
    ReachBench bench;
    bench.connect(servers.url());
    ASSERT_EQ(bench.text({"SET", "key", "old"}), "OK");

    servers.fail_over();
    const std::string second = std::to_string(servers.second.port());
    while (servers.master_port() != second) bench.wait(sleep_for(milliseconds(10)));
    servers.first.ask("REPLICAOF 127.0.0.1 " + second);
    EXPECT_TRUE(bench.comes_to({"SET", "key", "new"}, "OK"));
    EXPECT_NE(bench.text({"INFO", "server"}).find("tcp_port:" + second), std::string::npos);
}

TEST(RedisSentinel, OneThatIsSilentIsPassedOver) {
    testing::WatchedRedis servers;
    testing::Redis silent;
    silent.stop();
    ReachBench bench;
    std::string url = servers.url();
    url.insert(url.find('@') + 1, "127.0.0.1:" + std::to_string(silent.port()) + ",");
    bench.connect(url);
    EXPECT_TRUE(bench.comes_to({"PING"}, "PONG"));
}

TEST(RedisSentinel, AServiceThatNoneKnowsIsUnreachable) {
    testing::WatchedRedis servers;
    ReachBench bench;
    std::string url = servers.url();
    url.replace(url.find("/cache"), 6, "/other");
    bench.connect(url);
    EXPECT_EQ(bench.ask({"PING"}).error(), Failure::unreachable);
}

}  // namespace
}  // namespace acme::redis
