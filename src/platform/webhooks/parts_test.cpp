// What needs no database: signatures, pauses, addresses, URLs.
#include "platform/happenings/types.hpp"
#include "platform/webhooks/retry.hpp"
#include "platform/webhooks/rules.hpp"
#include "platform/webhooks/signature.hpp"

#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

namespace acme::webhooks {
namespace {

using namespace std::chrono_literals;

// Made with the library "standardwebhooks" of PyPI, whose own test has the first of them.
TEST(WebhookSignature, IsThatOfTheStandard) {
    const Secret secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    const WallTime at{std::chrono::seconds(1614265330)};
    EXPECT_EQ(
        signature_of(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", at, R"({"test": 2432232314})"),
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    );
}

TEST(WebhookSignature, NeedsASecretOfOurs) {
    for (const char* bad : {"", "MfKQ9r8G", "whsec_***", "whsec"}) {
        EXPECT_THROW(signature_of(Secret(bad), "a", {}, "b"), std::invalid_argument) << bad;
    }
}

TEST(WebhookSignature, SecretsAreLongAndNeverTheSame) {
    SystemRandom random;
    const Secret one = make_secret(random);
    const Secret two = make_secret(random);
    EXPECT_EQ(one.size(), secret_prefix.size() + 44);
    EXPECT_FALSE(one == two);
    EXPECT_NE(signature_of(one, "a", {}, "b"), signature_of(two, "a", {}, "b"));
}

TEST(WebhookPauses, AreThoseOfTheStandardAndALittleMore) {
    SeededRandom random(1);
    std::chrono::milliseconds all{0};
    for (int tries = 1; tries < 10; ++tries) {
        const auto pause = pause_after(tries, random);
        ASSERT_TRUE(pause);
        const std::chrono::milliseconds least = pauses[static_cast<std::size_t>(tries)];
        EXPECT_GE(*pause, least);
        EXPECT_LE(*pause, least * 6 / 5);
        all += *pause;
    }
    EXPECT_FALSE(pause_after(10, random));
    EXPECT_GT(all, failing_max);  // whoever only ever fails is disabled by the last try
}

TEST(WebhookPauses, RetryAfterIsSecondsOrADateAndBounded) {
    const WallTime now = std::chrono::sys_days(std::chrono::year(2026) / 11 / 23) + 10h;
    EXPECT_EQ(parse_retry_after("120", now), 120s);
    EXPECT_EQ(parse_retry_after("99999999999999999999", now), 24h);
    EXPECT_EQ(parse_retry_after("Mon, 23 Nov 2026 10:01:00 GMT", now), 60s);
    EXPECT_EQ(parse_retry_after("Mon, 23 Nov 2020 10:01:00 GMT", now), 0s);
    for (const char* bad : {"", "-1", "1.5", "soon", "Mon, 99 Nov 2026 10:01:00 GMT"}) {
        EXPECT_FALSE(parse_retry_after(bad, now)) << bad;
    }
}

TEST(WebhookAddresses, OnlyThePublicInternetIsPublic) {
    for (const char* address :
         {"8.8.8.8", "1.1.1.1", "93.184.215.14", "172.32.0.1", "100.128.0.1", "2606:4700::1111"}) {
        EXPECT_TRUE(is_public(address)) << address;
    }
    for (const char* address :
         {"0.0.0.0",
          "10.0.0.1",
          "100.64.0.1",
          "100.127.255.255",
          "127.0.0.1",
          "127.255.255.254",
          "169.254.169.254",
          "172.16.0.1",
          "172.31.9.9",
          "192.0.0.1",
          "192.0.2.1",
          "192.88.99.1",
          "192.168.1.1",
          "198.18.0.1",
          "198.19.255.255",
          "198.51.100.7",
          "203.0.113.9",
          "224.0.0.1",
          "239.1.1.1",
          "240.0.0.1",
          "255.255.255.255",
          "168.63.129.16",
          "100.100.100.200",
          "::",
          "::1",
          "::ffff:8.8.8.8",
          "::ffff:127.0.0.1",
          "::127.0.0.1",
          "64:ff9b::808:808",
          "64:ff9b:1::1",
          "100::1",
          "2001::1",
          "2001:db8::1",
          "2002:7f00:1::",
          "3fff::1",
          "fc00::1",
          "fd00:ec2::254",
          "fe80::1",
          "fec0::1",
          "ff02::1",
          "",
          "localhost",
          "8.8.8",
          "8.8.8.8 "}) {
        EXPECT_FALSE(is_public(address)) << address;
        EXPECT_FALSE(may_connect({}, address)) << address;
    }
}

TEST(WebhookAddresses, AnOperatorMayAllowMore) {
    const Policy policy{.allowed = Networks::parse("127.0.0.0/8, fd00::/8").value()};
    EXPECT_TRUE(may_connect(policy, "127.0.0.1"));
    EXPECT_TRUE(may_connect(policy, "fd00::7"));
    EXPECT_TRUE(may_connect(policy, "8.8.8.8"));
    EXPECT_FALSE(may_connect(policy, "10.0.0.1"));
    EXPECT_FALSE(may_connect(policy, "::ffff:127.0.0.1"));
    EXPECT_FALSE(may_connect(policy, "::ffff:7f00:1"));
}

std::string codes_of(std::string_view url, const Policy& policy) {
    std::string codes;
    for (const FieldError& problem : problems_of_url(url, policy)) {
        EXPECT_EQ(problem.pointer, "/url");
        codes += (codes.empty() ? "" : " ") + problem.code;
    }
    return codes;
}

TEST(WebhookUrls, AreTakenOrToldWhatIsWrong) {
    const Policy strict;
    for (const char* url :
         {"https://hooks.example.com/acme?x=1",
          "https://example.com:8443",
          "HTTPS://example.com:443/",
          "https://8.8.8.8/",
          "https://[2606:4700::1111]/x",
          "https://xn--bcher-kva.example/"}) {
        EXPECT_EQ(codes_of(url, strict), "") << url;
    }
    const auto refused = [&](std::string_view url) { return codes_of(url, strict); };
    EXPECT_EQ(refused("http://example.com/"), "webhooks.url_scheme");
    EXPECT_EQ(refused("ftp://example.com/"), "webhooks.url_scheme");
    EXPECT_EQ(refused("https://a:b@example.com/"), "webhooks.url_user");
    for (const char* port : {"22", "25", "80", "6379x", "0", "65536", "6667", ""}) {
        const std::string url = "https://example.com:" + std::string(port) + "/";
        EXPECT_NE(refused(url), "") << port;
    }
    for (const char* host :
         {"127.0.0.1",
          "localhost",
          "10.1.2.3",
          "169.254.169.254",
          "[::1]",
          "[fd00::1]",
          "[::ffff:127.0.0.1]",
          "[64:ff9b::7f00:1]",
          "[fe80::1]"}) {
        EXPECT_EQ(refused("https://" + std::string(host) + "/"), "webhooks.url_private") << host;
    }
    for (const char* bad :
         {"",
          "example.com",
          "https://",
          "https:///x",
          "//example.com",
          "https://exa mple.com",
          "https://example.com/#x",
          "https://example.com\\@127.0.0.1/",
          "https://example.com/\n"}) {
        EXPECT_EQ(refused(bad), "webhooks.url_malformed") << bad;
    }
    EXPECT_EQ(
        refused("https://example.com/" + std::string(url_bytes_max, 'a')), "webhooks.url_malformed"
    );
    EXPECT_EQ(
        refused("http://a:b@10.0.0.1:25/"),
        "webhooks.url_scheme webhooks.url_user webhooks.url_port webhooks.url_private"
    );
    EXPECT_EQ(codes_of("http://example.com/", {.allowed = {}, .allows_http = true}), "");
}

TEST(WebhookTypes, AreKnownOrTold) {
    std::vector<FieldError> problems;
    add_type_problems({"file.ready", "*", "file.burned", "webhook.test"}, problems);
    ASSERT_EQ(problems.size(), 2);
    EXPECT_EQ(problems[0].pointer, "/event_types/2");
    EXPECT_EQ(problems[1].pointer, "/event_types/3");
    add_type_problems({}, problems);
    EXPECT_EQ(problems.back().pointer, "/event_types");
    EXPECT_EQ(joined({"b", "a", "b"}), "a b");
    EXPECT_EQ(joined({"b", "*"}), "*");
    EXPECT_TRUE(wants("a b", "b"));
    EXPECT_TRUE(wants("*", "b"));
    EXPECT_FALSE(wants("a bb", "b"));
}

TEST(WebhookTypes, EachHasASchemaAndAnExampleWithWhatItRequires) {
    for (const happenings::Type& type : happenings::types()) {
        const auto schema = boost::json::parse({type.schema.data(), type.schema.size()});
        const auto example = boost::json::parse({type.example.data(), type.example.size()});
        for (const auto& name : schema.at("required").as_array()) {
            EXPECT_TRUE(example.as_object().contains(name.as_string())) << type.name;
        }
    }
}

}  // namespace
}  // namespace acme::webhooks
