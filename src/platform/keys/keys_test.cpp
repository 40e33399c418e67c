// Keys on a real PostgreSQL and a real Redis, through the class and through the router.
#include "platform/keys/keys.hpp"

#include "io/pg/database.hpp"
#include "platform/keys/key_text.hpp"
#include "platform/keys/keys_http.hpp"
#include "platform/keys/scopes.hpp"
#include "testing/sessions_bench.hpp"
#include "testing/text_body.hpp"

#include <boost/json/parse.hpp>

namespace acme::keys {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::header;
using testing::SessionsBench;
using enum http::Method;

const char* const ada = "ada@example.com";

Task<Result<http::Response>> answer(const http::Call& call) {
    co_return http::Response{.body = "\"" + call.who().user.str() + "\""};
}

http::Route route(http::Method method, std::string_view pattern, http::Access access) {
    return {
        .method = method,
        .pattern = pattern,
        .access = access,
        .body_bytes_max = http::json_bytes_max,
        .doc = {.summary = "Is there."},
        .handler = [](const http::Call& call) { return answer(call); },
    };
}

/// One node whose router takes cookies and keys, with a few routes that only say who calls.
struct KeysBench : SessionsBench {
    explicit KeysBench(limits::Options options = testing::ample_limits) : SessionsBench(options) {
        add_routes(router, {keys, node.cursors, node.trusted_proxies});
        router.add(route(get, "/v1/files", http::Access::signed_in()));
        router.add(route(post, "/v1/files", http::Access::signed_in()));
        router.add(route(get, "/v1/nodes", http::Access::platform(PlatformRole::viewer)));
        router.add(route(get, "/v1/me", http::Access::signed_in()));
        router.add(route(post, "/v1/auth/logout", http::Access::signed_in()));
        router.add(route(post, "/v1/freezes/{id}:pass", http::Access::signed_in()));
        http::Route stream = route(get, "/v1/files/{id}/events", http::Access::signed_in());
        stream.is_stream = true;
        router.add(std::move(stream));
    }

    http::Response send(
        http::Method method,
        std::string_view path,
        std::vector<http::Header> headers,
        std::string_view body = ""
    ) {
        testing::TextBody text(body);
        if (!body.empty()) {
            const bool is_patch = method == patch;
            headers.push_back(
                {"Content-Type", is_patch ? "application/merge-patch+json" : "application/json"}
            );
        }
        headers.push_back({"Host", "localhost:8080"});
        const http::Request request{
            .method = method, .target = path, .headers = headers, .body = text, .peer = "192.0.2.7"
        };
        return wait(service.answer(request, trace));
    }

    http::Response by_key(std::string_view key, std::string_view path, http::Method method = get) {
        const std::string value = "Bearer " + std::string(key);
        return send(method, path, {{"Authorization", value}});
    }

    http::Response by_person(
        const testing::Browser& person,
        http::Method method,
        std::string_view path,
        std::string_view body = ""
    ) {
        return send(method, path, {{"Cookie", person.cookie}}, body);
    }

    Made make(UserId user, std::vector<std::string> scopes = {"files:read"}) {
        const auto standing = wait(node.accounts.standing(context, user)).value();
        NewKey wanted{.name = "backup", .scopes = std::move(scopes)};
        return wait(keys.create(context, {.name = "test"}, user, standing.org, std::move(wanted)))
            .value();
    }

    Keys keys{db, node.accounts, node.limits, telemetry, node.trusted_proxies};
    http::Router router{http::Admit([this](const http::Arrival& arrival) {
        const bool has_key = Keys::has_key(arrival.request);
        return has_key ? keys.admit(arrival) : node.sessions.admit(arrival);
    })};
    http::Service service{router, telemetry, [](trace::Trace&) {}};
};

constexpr pg::Query count_rows{"keys.test_count", "SELECT count(*) FROM api_keys"};

std::int64_t rows(KeysBench& bench) {
    return bench.wait(bench.db.run(bench.context, count_rows))[0].integer();
}

constexpr pg::Query all_keys{
    "keys.test_all", "SELECT coalesce(string_agg(k::text, ' '), '') FROM api_keys k"
};
constexpr pg::Query all_audit{
    "keys.test_audit", "SELECT coalesce(string_agg(a::text, ' '), '') FROM audit_entries a"
};

std::string texts(KeysBench& bench, const pg::Query& query) {
    return bench.wait(bench.db.run(bench.context, query))[0].text();
}

std::string code_of(const http::Response& response) {
    const auto json = boost::json::parse(response.body).as_object();
    return std::string(json.at("code").as_string());
}

std::string text_at(const http::Response& response, std::string_view member) {
    const auto json = boost::json::parse(response.body).as_object();
    return std::string(json.at(member).as_string());
}

TEST(Keys, AProgramCallsInTheNameOfItsUserWithinItsScopes) {
    KeysBench bench;
    const UserId user = bench.add_user(ada);
    const Made made = bench.make(user);
    const auto answered = bench.by_key(made.text, "/v1/files");
    EXPECT_EQ(answered.status, 200);
    EXPECT_EQ(answered.body, "\"" + user.str() + "\"");
    const auto written = bench.by_key(made.text, "/v1/files", post);
    EXPECT_EQ(written.status, 403);
    EXPECT_EQ(code_of(written), "keys.scope_required");
    EXPECT_NE(text_at(written, "detail").find("files:write"), std::string::npos);
}

TEST(Keys, WhatBelongsToPeopleIsNotForKeys) {
    KeysBench bench;
    const Made made = bench.make(bench.add_user(ada), {"files:read", "me:read"});
    EXPECT_EQ(bench.by_key(made.text, "/v1/me").status, 200);
    for (const auto& [method, path] : std::initializer_list<std::pair<http::Method, const char*>>{
             {post, "/v1/auth/logout"},
             {get, "/v1/me/api_keys"},
             {post, "/v1/me/api_keys"},
             {post, "/v1/freezes/x:pass"},
             {get, "/v1/files/x/events"},
         }) {
        const auto refused = bench.by_key(made.text, path, method);
        EXPECT_EQ(refused.status, 403) << path;
        EXPECT_EQ(code_of(refused), "keys.not_for_keys") << path;
    }
}

TEST(Keys, AKeyMayNotMoreThanItsUser) {
    KeysBench bench;
    const Made tenants = bench.make(bench.add_user(ada), {"nodes:read"});
    EXPECT_EQ(code_of(bench.by_key(tenants.text, "/v1/nodes")), "access.role_required");
    const Made viewers =
        bench.make(bench.add_user("bob@example.com", PlatformRole::viewer), {"nodes:read"});
    EXPECT_EQ(bench.by_key(viewers.text, "/v1/nodes").status, 200);
}

TEST(Keys, WhatIsNoKeyIsRefusedAndCountsAgainstTheAddress) {
    KeysBench bench({.user_max = 100, .anonymous_max = 3});
    const UserId user = bench.add_user(ada);
    const Made made = bench.make(user);
    SeededRandom random(7);
    EXPECT_EQ(bench.by_key("ack_x", "/v1/files").status, 401);
    EXPECT_EQ(code_of(bench.by_key(make_key_text(random).text, "/v1/files")), "keys.invalid_key");
    const std::string other = make_key_text(random).text;
    EXPECT_EQ(bench.by_key(other, "/v1/files").status, 401);
    const auto refused = bench.by_key(other, "/v1/files");
    EXPECT_EQ(refused.status, 429);
    EXPECT_TRUE(header(refused, "RateLimit-Policy").starts_with(R"("anonymous";q=3)"));
    EXPECT_EQ(bench.by_key(made.text, "/v1/files").status, 200);
}

TEST(Keys, ARevokedOneIsRefusedOnEveryNodeWithinASecond) {
    KeysBench bench;
    const UserId user = bench.add_user(ada);
    const Made made = bench.make(user);
    const Networks& proxies = bench.node.trusted_proxies;
    Keys other(bench.db, bench.node.accounts, bench.node.limits, bench.telemetry, proxies);
    EXPECT_EQ(bench.by_key(made.text, "/v1/files").status, 200);
    const auto revoked =
        bench.wait(other.revoke(bench.context, {.name = "test"}, user, made.key.org, made.key.id));
    ASSERT_TRUE(revoked);
    bench.clock.advance(milliseconds(1000));
    EXPECT_EQ(bench.by_key(made.text, "/v1/files").status, 401);
    EXPECT_FALSE(
        bench.wait(other.revoke(bench.context, {.name = "test"}, user, made.key.org, made.key.id))
    ) << "twice";
}

TEST(Keys, EndWithTheirTimeAndWithTheirUser) {
    KeysBench bench;
    const UserId user = bench.add_user(ada);
    const Made made = bench.make(user);
    EXPECT_EQ(made.key.expires_at, testing::start + days(90));
    const auto account = bench.wait(bench.node.accounts.find(bench.context, user)).value();
    const auto disabled = bench.wait(bench.node.accounts.administer(
        bench.context, {.name = "test"}, user, account.version, {.state = accounts::State::disabled}
    ));
    ASSERT_TRUE(disabled);
    EXPECT_EQ(bench.by_key(made.text, "/v1/files").status, 401);
    const Made bobs = bench.make(bench.add_user("bob@example.com"));
    bench.clock.advance(days(90) - seconds(1));
    EXPECT_EQ(bench.by_key(bobs.text, "/v1/files").status, 200);
    bench.clock.advance(seconds(1));
    EXPECT_EQ(bench.by_key(bobs.text, "/v1/files").status, 401);
}

TEST(Keys, ARotatedOneGoesOnForAWhileBesideItsSuccessor) {
    KeysBench bench;
    const UserId user = bench.add_user(ada);
    const Made first = bench.make(user);
    const auto rotate = [&](seconds grace) {
        return bench.wait(bench.keys.rotate(
            bench.context, {.name = "test"}, user, first.key.org, first.key.id, grace
        ));
    };
    bench.clock.advance(days(10));
    const Made second = rotate(hours(1)).value();
    EXPECT_EQ(second.key.scopes, "files:read");
    EXPECT_EQ(second.key.expires_at - second.key.created_at, days(90));
    EXPECT_EQ(bench.by_key(first.text, "/v1/files").status, 200);
    EXPECT_EQ(bench.by_key(second.text, "/v1/files").status, 200);
    EXPECT_EQ(rotate(hours(1)).error().code.text(), "keys.replaced");
    bench.clock.advance(hours(1));
    EXPECT_EQ(bench.by_key(first.text, "/v1/files").status, 401);
    EXPECT_EQ(bench.by_key(second.text, "/v1/files").status, 200);
}

TEST(Keys, AUserHasAsManyAsTheLimitAndRotatingAddsNoMoreThanTwiceThat) {
    KeysBench bench;
    const UserId user = bench.add_user(ada);
    Made newest = bench.make(user);
    for (int i = 1; i < keys_max; ++i) newest = bench.make(user);
    const NewKey wanted{.name = "more", .scopes = {"files:read"}};
    const auto refused =
        bench.wait(bench.keys.create(bench.context, {.name = "test"}, user, newest.key.org, wanted)
        );
    EXPECT_EQ(refused.error().code.text(), "keys.too_many");
    const auto rotate = [&] {
        return bench.wait(bench.keys.rotate(
            bench.context, {.name = "test"}, user, newest.key.org, newest.key.id, hours(1)
        ));
    };
    for (auto i = keys_max; i < keys_rotated_max; ++i) newest = rotate().value();
    EXPECT_EQ(rotate().error().code.text(), "keys.too_many");
}

TEST(Keys, TheTableAndTheAuditHoldNoKey) {
    KeysBench bench;
    const Made made = bench.make(bench.add_user(ada));
    const std::string secret = made.text.substr(key_prefix.size() + short_chars + 1);
    EXPECT_EQ(texts(bench, all_keys).find(secret), std::string::npos);
    const std::string audit = texts(bench, all_audit);
    EXPECT_NE(audit.find("keys.create"), std::string::npos);
    EXPECT_EQ(audit.find(secret), std::string::npos);
}

TEST(Keys, AScopeThatIsNamedTwiceIsOne) {
    KeysBench bench;
    const Made made = bench.make(bench.add_user(ada), {"nodes:read", "files:read", "nodes:read"});
    EXPECT_EQ(made.key.scopes, "files:read nodes:read");
}

TEST(Keys, ShareTheQuotaOfTheirUserUnlessAnAdministratorGaveThemOne) {
    KeysBench bench({.user_max = 5, .anonymous_max = 100});
    const UserId user = bench.add_user(ada);
    const Made one = bench.make(user);
    const Made two = bench.make(user);
    const auto passed = [&](const Made& made, int requests) {
        int count = 0;
        for (int i = 0; i < requests; ++i) {
            count += bench.by_key(made.text, "/v1/files").status == 200;
        }
        return count;
    };
    EXPECT_EQ(passed(one, 3), 3);
    EXPECT_EQ(passed(two, 3), 2);
    const auto person = bench.signed_in(ada);
    EXPECT_EQ(bench.by_person(person, get, "/v1/files").status, 429) << "sessions too";

    const auto given = bench.wait(
        bench.keys.set_limit(bench.context, {.name = "admin"}, two.key.id, two.key.version, 8)
    );
    ASSERT_TRUE(given);
    EXPECT_EQ(given->limit_per_min, 8);
    bench.clock.advance(seconds(1));
    EXPECT_EQ(passed(two, 10), 8);
    const auto refused = bench.by_key(two.text, "/v1/files");
    EXPECT_EQ(header(refused, "RateLimit-Policy"), R"("key";q=8;w=60)");
}

TEST(Keys, PeopleManageTheirOwnOverHttpAndSeeTheKeyOnce) {
    KeysBench bench;
    bench.add_user(ada);
    const auto person = bench.signed_in(ada);
    const auto made = bench.by_person(
        person, post, "/v1/me/api_keys", R"({"name":"ci","scopes":["files:write"],"days":30})"
    );
    ASSERT_EQ(made.status, 201) << made.body;
    EXPECT_EQ(header(made, "Cache-Control"), "no-store");
    const std::string key = text_at(made, "key");
    const std::string path = "/v1/me/api_keys/" + text_at(made, "id");
    EXPECT_EQ(bench.by_key(key, "/v1/files", post).status, 200);

    const auto listed = bench.by_person(person, get, "/v1/me/api_keys");
    EXPECT_EQ(listed.body.find(key), std::string::npos);
    EXPECT_NE(listed.body.find(key.substr(0, 12)), std::string::npos) << "which one it is";
    EXPECT_NE(
        bench.by_person(person, get, path).body.find(R"("last_used_at":"2026)"), std::string::npos
    );

    const auto next = bench.by_person(person, post, path + ":rotate", R"({"grace_seconds":60})");
    ASSERT_EQ(next.status, 201) << next.body;
    EXPECT_EQ(bench.by_person(person, del, path).status, 204);
    EXPECT_EQ(bench.by_person(person, del, path).status, 404);
    EXPECT_EQ(bench.by_key(key, "/v1/files", post).status, 401);
    EXPECT_EQ(bench.by_key(text_at(next, "key"), "/v1/files", post).status, 200);

    bench.add_user("bob@example.com");
    const auto stranger = bench.signed_in("bob@example.com");
    const std::string successor = "/v1/me/api_keys/" + text_at(next, "id");
    EXPECT_EQ(bench.by_person(stranger, get, successor).status, 404);
    EXPECT_EQ(bench.by_person(stranger, del, successor).status, 404);
    EXPECT_EQ(bench.by_person(stranger, post, successor + ":rotate", "{}").status, 404);
}

TEST(Keys, AllThatIsWrongWithANewOneIsToldAtOnce) {
    KeysBench bench;
    bench.add_user(ada);
    const auto person = bench.signed_in(ada);
    const auto refused = bench.by_person(
        person, post, "/v1/me/api_keys", R"({"name":"a\nb","scopes":["files:read","x","me:write"]})"
    );
    EXPECT_EQ(refused.status, 422);
    for (const char* const pointer : {"\"/name\"", "\"/scopes/1\"", "\"/scopes/2\""}) {
        EXPECT_NE(refused.body.find(pointer), std::string::npos) << refused.body;
    }
    EXPECT_EQ(
        bench
            .by_person(
                person,
                post,
                "/v1/me/api_keys",
                R"({"name":"a","scopes":["files:read"],"days":366})"
            )
            .status,
        422
    );
}

TEST(Keys, AnAdministratorGivesAQuotaOverHttp) {
    KeysBench bench;
    const Made made = bench.make(bench.add_user(ada));
    bench.add_user("root@example.com", PlatformRole::admin);
    const auto admin = bench.signed_in("root@example.com");
    const std::string path = "/v1/admin/api_keys/" + made.key.id.str();
    const auto shown = bench.by_person(admin, get, path);
    ASSERT_EQ(shown.status, 200) << shown.body;
    const auto patch_with = [&](std::string_view etag) {
        return bench.send(
            patch, path, {{"Cookie", admin.cookie}, {"If-Match", etag}}, R"({"limit_per_min":6000})"
        );
    };
    const auto given = patch_with(header(shown, "ETag"));
    EXPECT_EQ(given.status, 200) << given.body;
    EXPECT_NE(given.body.find(R"("limit_per_min":6000)"), std::string::npos);
    EXPECT_EQ(patch_with(header(shown, "ETag")).status, 412);
    EXPECT_EQ(bench.by_person(bench.signed_in(ada), get, path).status, 403);
}

TEST(Keys, WhatEndedLongAgoIsSwept) {
    KeysBench bench;
    bench.make(bench.add_user(ada));
    bench.clock.advance(days(119));
    bench.wait(bench.keys.sweep(bench.context));
    EXPECT_EQ(rows(bench), 1);
    bench.clock.advance(days(2));
    bench.wait(bench.keys.sweep(bench.context));
    EXPECT_EQ(rows(bench), 0);
}

}  // namespace
}  // namespace acme::keys
