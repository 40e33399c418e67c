// Keys of programs that read flags: what their quota and an outage are to them.
#include "io/pg/database.hpp"
#include "platform/keys/keys.hpp"
#include "testing/sessions_bench.hpp"
#include "testing/text_body.hpp"

namespace acme::keys {
namespace {

using std::chrono::minutes;
using testing::SessionsBench;
using enum http::Method;

const char* const ada = "ada@example.com";

constexpr pg::Query hold_keys{"test.hold_keys", "LOCK TABLE api_keys"};

Task<Result<http::Response>> answer(const http::Call&) { co_return http::Response{}; }

http::Route route(http::Method method, std::string_view pattern) {
    return {
        .method = method,
        .pattern = pattern,
        .access = http::Access::signed_in(),
        .body_bytes_max = http::json_bytes_max,
        .doc = {.summary = "Is there."},
        .handler = [](const http::Call& call) { return answer(call); },
    };
}

struct FlagsBench : SessionsBench {
    explicit FlagsBench(limits::Options options = testing::ample_limits) : SessionsBench(options) {
        router.add(route(get, "/v1/files"));
        router.add(route(get, "/v1/flags/ruleset"));
        router.add(route(post, "/ofrep/v1/evaluate/flags"));
    }
    ~FlagsBench() { wait(keys.close()); }

    http::Response by_key(std::string_view key, std::string_view path, http::Method method = get) {
        testing::TextBody text("");
        const std::string value = "Bearer " + std::string(key);
        const std::vector<http::Header> headers{
            {"Authorization", value}, {"Host", "localhost:8080"}
        };
        const http::Request request{
            .method = method, .target = path, .headers = headers, .body = text, .peer = "192.0.2.7"
        };
        return wait(service.answer(request, trace));
    }

    Made make(UserId user, std::vector<std::string> scopes = {"files:read"}) {
        const auto standing = wait(node.accounts.standing(context, user)).value();
        NewKey wanted{.name = "backup", .scopes = std::move(scopes)};
        return wait(keys.create(context, {.name = "test"}, user, standing.org, std::move(wanted)))
            .value();
    }

    Keys keys{db, node.accounts, node.limits, telemetry, node.trusted_proxies};
    Keys elsewhere{db, node.accounts, node.limits, telemetry, node.trusted_proxies};
    http::Router router{http::Admit([this](const http::Arrival& arrival) {
        return keys.admit(arrival);
    })};
    http::Service service{router, telemetry, [](trace::Trace&) {}};
};

TEST(KeysOfFlags, ReadingFlagsTakesItsScopeAndIsNotCounted) {
    FlagsBench bench({.user_max = 2, .anonymous_max = 100});
    const UserId user = bench.add_user(ada);
    const std::string key = bench.make(user, {"flags:read"}).text;
    for (int i = 0; i < 4; ++i) {
        EXPECT_EQ(bench.by_key(key, "/v1/flags/ruleset").status, 200);
        EXPECT_EQ(bench.by_key(key, "/ofrep/v1/evaluate/flags", post).status, 200);
    }
    EXPECT_EQ(bench.by_key(key, "/v1/files").status, 403);
    const std::string other = bench.make(user).text;
    EXPECT_EQ(bench.by_key(other, "/ofrep/v1/evaluate/flags", post).status, 403);
}

TEST(KeysOfFlags, ReadingFlagsGoesOnWhilePostgresqlIsAway) {
    FlagsBench bench;
    const UserId user = bench.add_user(ada);
    const std::string key = bench.make(user, {"flags:read", "files:read"}).text;
    EXPECT_EQ(bench.by_key(key, "/v1/flags/ruleset").status, 200);
    bench.db.close();
    bench.clock.advance(minutes(30));
    EXPECT_EQ(bench.by_key(key, "/v1/flags/ruleset").status, 200);
    EXPECT_EQ(bench.by_key(key, "/v1/files").status, 503);
    bench.clock.advance(minutes(31));
    EXPECT_EQ(bench.by_key(key, "/v1/flags/ruleset").status, 503);
}

TEST(KeysOfFlags, ReadingFlagsGoesOnWhilePostgresqlHangs) {
    FlagsBench bench;
    const UserId user = bench.add_user(ada);
    const Made made = bench.make(user, {"flags:read"});
    EXPECT_EQ(bench.by_key(made.text, "/v1/flags/ruleset").status, 200);
    bench.wait(
        bench.elsewhere.revoke(bench.context, {.name = "test"}, user, made.key.org, made.key.id)
    );
    {
        pg::Transaction holder = bench.wait(bench.db.begin(bench.context));
        bench.wait(holder.run(bench.context, hold_keys));
        bench.clock.advance(minutes(10));  // its use is to be written as well
        for (int i = 0; i < 3; ++i) {
            EXPECT_EQ(bench.by_key(made.text, "/v1/flags/ruleset").status, 200);
        }
    }
    bench.wait(bench.keys.close());
    EXPECT_EQ(bench.by_key(made.text, "/v1/flags/ruleset").status, 401) << "it was revoked";
}

}  // namespace
}  // namespace acme::keys
