// Signing in a program on a device without a browser.
#include "platform/tokens/form.hpp"
#include "testing/tokens_bench.hpp"

namespace acme::tokens {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using testing::Browser;
using testing::error_in;
using testing::TokensBench;
using enum http::Method;

const http::Header json_type{"Content-Type", "application/json"};

struct DeviceBench : TokensBench {
    DeviceBench() {
        const auto begun =
            form("/oauth/device_authorization", "client_name=box&scope=files%3Aread+me%3Aread");
        const auto json = boost::json::parse(begun.body).as_object();
        device_code = json.at("device_code").as_string();
        user_code = json.at("user_code").as_string();
    }

    http::Response decide(const char* verb, const std::string& code) {
        const std::string body = R"({"user_code": ")" + code + "\"}";
        return person.send(post, "/v1/auth/device/" + std::string(verb), body, {json_type});
    }

    http::Response poll() {
        return form(
            "/oauth/token",
            "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code&device_code=" +
                device_code
        );
    }

    Browser person = signed_in("ada@example.com");
    std::string device_code;
    std::string user_code;
};

TEST(DeviceLogins, GiveAKeyOnceWhenAPersonHasSaidYes) {
    DeviceBench bench;
    EXPECT_EQ(error_in(bench.poll()), "authorization_pending");
    EXPECT_EQ(error_in(bench.poll()), "slow_down");
    const auto shown = bench.decide("show", bench.user_code);
    ASSERT_EQ(shown.status, 200) << shown.body;
    const auto login = boost::json::parse(shown.body).as_object();
    EXPECT_EQ(login.at("name").as_string(), "box");
    EXPECT_EQ(login.at("ip").as_string(), "192.0.2.7");
    std::string typed = bench.user_code;
    for (char& c : typed) c = c == '-' ? ' ' : static_cast<char>(c | 32);
    EXPECT_EQ(bench.decide("approve", typed).status, 204);
    EXPECT_EQ(error_in(bench.decide("approve", typed)), "tokens.no_device_login");
    const auto given = bench.poll();
    ASSERT_EQ(given.status, 200) << given.body;
    const auto json = boost::json::parse(given.body).as_object();
    EXPECT_EQ(json.at("scope").as_string(), "files:read me:read");
    const auto listed =
        bench.wait(bench.api_keys.list(bench.context, bench.user, bench.org, std::nullopt, 10));
    ASSERT_EQ(listed.size(), 1);
    EXPECT_EQ(listed[0].name, "acme login: box");
    EXPECT_EQ(error_in(bench.poll()), "expired_token") << "it is used up";

    const std::string key(json.at("access_token").as_string());
    EXPECT_EQ(bench.form("/oauth/revoke", "token=" + key).status, 200);
    EXPECT_TRUE(
        bench.wait(bench.api_keys.list(bench.context, bench.user, bench.org, std::nullopt, 10))
            .empty()
    );
    EXPECT_EQ(bench.form("/oauth/revoke", "token=" + key).status, 200) << "twice";
}

TEST(DeviceLogins, GiveNothingToWhomAPersonTurnsAwayOrWhoWaitsTooLong) {
    DeviceBench bench;
    EXPECT_EQ(bench.decide("deny", bench.user_code).status, 204);
    EXPECT_EQ(error_in(bench.poll()), "access_denied");
    DeviceBench late;
    late.clock.advance(minutes(10));
    EXPECT_EQ(error_in(late.poll()), "expired_token");
    EXPECT_EQ(error_in(late.decide("show", late.user_code)), "tokens.no_device_login");
    EXPECT_EQ(error_in(late.decide("approve", late.user_code)), "tokens.no_device_login");
}

TEST(DeviceLogins, TellNobodyAnythingForACodeThatIsNone) {
    DeviceBench bench;
    for (const char* const code : {"BBBB-BBBB", "", "x"}) {
        const auto refused = bench.decide("show", code);
        EXPECT_TRUE(refused.status == 404 || refused.status == 422) << code;
    }
    bench.device_code = std::string(43, 'A');
    EXPECT_EQ(error_in(bench.poll()), "expired_token");
    bench.device_code = "short";
    EXPECT_EQ(error_in(bench.poll()), "expired_token");
    for (const char* const scope : {"", "everything", "files:read+files:eat"}) {
        const auto refused =
            bench.form("/oauth/device_authorization", "scope=" + std::string(scope));
        EXPECT_EQ(error_in(refused), "invalid_scope") << scope;
    }
}

TEST(DeviceLogins, AreForgottenADayLater) {
    DeviceBench bench;
    bench.clock.advance(minutes(11) + std::chrono::days(1));
    bench.wait(bench.device_logins.sweep(bench.context));
    EXPECT_EQ(error_in(bench.poll()), "expired_token");
}

TEST(Form, AValueComesBackAsItWentIn) {
    const std::string value = "a b&c=d+e%\xc3\xa4*";
    const auto form = parse_form("name=" + form_encoded(value) + "&other=x");
    ASSERT_TRUE(form);
    EXPECT_EQ(value_in(*form, "name"), value);
}

}  // namespace
}  // namespace acme::tokens
