// Every route of the table, called as nobody, as another tenant and as viewer (C-11). Nothing is
// listed here: a route that is added is called too.
#include "app/lists.hpp"
#include "app/platform.hpp"
#include "app/routes_without_key.hpp"
#include "io/http/service.hpp"
#include "platform/keys/scopes.hpp"
#include "testing/postgres.hpp"
#include "testing/redis.hpp"
#include "testing/text_body.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

namespace acme::app {
namespace {

using Caller = std::optional<Identity>;

// As an authenticator would have made it.
constexpr pg::Query insert_passkey{"test.insert_passkey", R"sql(
    INSERT INTO credentials_webauthn (id, user_id, credential_id, algorithm, public_key, sign_count,
                                      name, created_at)
    VALUES ($1, $2, 'AA', -7, 'AA', 0, 'laptop', $3)
)sql"};

// Two, for the last one cannot be disconnected.
constexpr pg::Query insert_identities{"test.insert_identities", R"sql(
    INSERT INTO identities SELECT id, $2::uuid, 'there', 'https://there', id::text, '', $3::timestamptz, $3::timestamptz
    FROM (VALUES ($1::uuid), (gen_random_uuid())) AS ids (id)
)sql"};

Task<Result<Caller>> be(Caller caller) { co_return caller; }

Config config_of(testing::Redis& redis) {
    Config config;
    config.database_url = testing::fresh_database();
    config.redis_url = Secret(redis.url());
    config.s3_bucket = "objects";
    config.s3_region = "local";
    config.s3_endpoint =
        "file://" + (std::filesystem::temp_directory_path() / "acme-routes").string();
    config.secret_key = Secret("only-for-tests-0123456789-abcdefghi");
    config.unleash_api = true;
    return config;
}

class RoutesBench {
public:
    RoutesBench() { add_routes(router_, platform); }

    ~RoutesBench() {
        wait(platform.close());
        std::filesystem::remove_all(std::filesystem::temp_directory_path() / "acme-routes");
    }

    RoutesBench(const RoutesBench&) = delete;
    RoutesBench& operator=(const RoutesBench&) = delete;

    void wait(Task<> task) {
        bool is_done = false;
        asio::co_spawn(platform.loop, std::move(task), [&](const std::exception_ptr& fault) {
            is_done = true;
            if (fault) std::rethrow_exception(fault);
        });
        platform.loop.restart();
        while (!is_done && platform.loop.run_one() > 0) {
        }
    }

    /// The status that the caller gets, with ids in the path that are nobody's.
    int status_of(const http::TableRoute& route, Caller caller) {
        return send(route.method, path_of(route), std::move(caller)).status;
    }

    http::Response send(
        http::Method method, const std::string& path, Caller caller, std::string_view text = ""
    ) {
        caller_ = std::move(caller);
        testing::TextBody body(text);
        std::vector<http::Header> headers;
        if (text.starts_with('{')) headers.push_back({"Content-Type", "application/json"});
        if (path == "/v1/webhooks") headers.push_back({"Idempotency-Key", "one"});
        if (path.starts_with("/v1/uploads")) add_tus_headers(headers, path);
        http::Response response;
        wait(ask({.method = method, .target = path, .headers = headers, .body = body}, response));
        return response;
    }

    /// One of each kind of thing that somebody has, made as `owner`: its id, by what leads to it.
    std::map<std::string, std::string> things_of(const Identity& owner) {
        const auto made = [&](const char* path, std::string_view text = "", const char* id = "id") {
            const auto json = boost::json::parse(send(http::Method::post, path, owner, text).body);
            return std::string(json.at(id).as_string());
        };
        std::string session;
        std::string invitation;
        wait(begin_session(owner.user, session));
        wait(invite(owner, invitation));
        const std::string of_org = "/v1/orgs/" + owner.org.str();
        const std::string accounts = of_org + "/service_accounts";
        const std::string_view named = R"({"name": "ci", "scopes": ["files:read"]})";
        const std::string account = made(accounts.c_str(), named);
        const std::string keys = accounts + "/" + account + "/keys";
        const std::string hook =
            made("/v1/webhooks", R"({"url": "https://a.example", "event_types": ["*"]})");
        const std::string of_hook = "/v1/webhooks/" + hook;
        const std::string_view worker = R"({"worker": "one", "queues": ["mails"], "max": 1})";
        const std::string_view daily = R"({"cron": "@daily", "kind": "a"})";
        send(http::Method::put, "/v1/schedules/nightly", owner, daily);
        return {
            {"/v1/orgs/", owner.org.str()},
            {of_org + "/members/", owner.user.str()},
            {of_org + "/invitations/", invitation},
            {accounts + "/", account},
            {keys + "/", made(keys.c_str(), "{}")},
            {"/v1/files/", made("/v1/files?name=a.txt", "text")},
            {"/v1/uploads/direct/",
             made("/v1/files/direct", R"({"name": "a", "size": 1})", "upload_id")},
            {"/v1/uploads/", made("/v1/uploads")},
            {"/v1/pings/", made("/v1/pings")},
            {"/v1/webhooks/", hook},
            {of_hook + "/deliveries/", made((of_hook + ":test").c_str())},
            {"/v1/jobs/", made("/v1/jobs", R"({"queue": "mails", "kind": "a", "delay_ms": 60000})")
            },
            {"/v1/leases/", made("/v1/pull", worker, "lease")},
            {"/v1/queues/", "mails"},
            {"/v1/schedules/", "nightly"},
            {"/v1/me/sessions/", session},
            {"/v1/me/mfa/webauthn/", inserted<factors::PasskeyId>(insert_passkey, owner)},
            {"/v1/me/identities/", inserted<identities::IdentityId>(insert_identities, owner)},
            {"/v1/me/api_keys/", made("/v1/me/api_keys", named)},
        };
    }

    /// The same with a session that began now.
    Identity signed_in(Identity who) {
        std::string session;
        wait(begin_session(who.user, session));
        who.session = SessionId::parse(session);
        return who;
    }

    /// What makes a bare request one of the protocol; where it begins, an upload of four bytes.
    static void add_tus_headers(std::vector<http::Header>& headers, std::string_view path) {
        headers.push_back({"Tus-Resumable", "1.0.0"});
        headers.push_back({"X-HTTP-Method-Override", "PATCH"});
        headers.push_back({"Content-Type", "application/offset+octet-stream"});
        headers.push_back({"Upload-Offset", "0"});
        headers.push_back({"Content-Length", "0"});
        if (path == "/v1/uploads") headers.push_back({"Upload-Length", "4"});
    }

    const std::vector<http::TableRoute>& routes() const { return router_.routes(); }

    Identity somebody(std::optional<PlatformRole> role, OrgRole org_role = OrgRole::owner) {
        return {
            .user = UserId::make(platform.clock.now(), platform.random),
            .org = OrgId::make(platform.clock.now(), platform.random),
            .org_role = org_role,
            .platform_role = role,
        };
    }

    /// One who is there, unlike somebody().
    Identity administrator() {
        Identity made;
        wait(make_administrator(made));
        return made;
    }

    testing::Redis redis;
    Config config = config_of(redis);
    Metrics metrics;
    LogPipe pipe{2};
    SystemClock clock_of_flags;
    flag_feed::Ground flags{metrics, clock_of_flags, true, "production"};
    Platform platform{config, metrics, pipe, flags};

private:
    Task<> make_administrator(Identity& made) {
        const std::string email = "admin" + std::to_string(++made_count_) + "@example.com";
        const auto user = co_await platform.accounts.create(
            context_,
            audit::Actor{},
            {.email = email, .name = "Ada", .platform_role = PlatformRole::admin}
        );
        const auto standing = co_await platform.accounts.standing(context_, user.value().id);
        made = {
            .user = standing.value().user,
            .org = standing->org,
            .org_role = standing->org_role,
            .platform_role = standing->platform_role,
        };
    }

    Task<> invite(Identity owner, std::string& id) {
        auto transaction = co_await platform.accounts.begin(context_);
        const auto made = co_await platform.invitations.add(
            transaction, context_, {.who = owner, .ip = ""}, "bob@example.com", OrgRole::member
        );
        co_await transaction.commit(context_);
        id = made.value().id.str();
    }

    template <class Made>
    std::string inserted(const pg::Query& query, const Identity& owner) {
        const auto id = Made::make(platform.clock.now(), platform.random);
        wait(insert(query, id.uuid, owner.user));
        return id.str();
    }

    Task<> insert(const pg::Query& query, Uuid id, UserId user) {
        co_await platform.db.run(context_, query, id, user, platform.clock.now());
    }

    Task<> begin_session(UserId user, std::string& id) {
        sessions::SignIn sign_in{.user = user, .origin = {}};
        sign_in.origin.method = "link";
        const auto begun = co_await platform.sessions.begin(context_, std::move(sign_in));
        id = begun.value().session.id.str();
    }

    Task<> ask(const http::Request& request, http::Response& response) {
        trace::Trace trace(platform.clock, platform.random);
        response = co_await service_.answer(request, trace);
    }

    /// `{…}` becomes the id of a file that nobody owns.
    std::string path_of(const http::TableRoute& route) {
        std::string path;
        for (const std::string& segment : route.segments) {
            path += "/";
            if (!segment.starts_with('{')) {
                path += segment;
                continue;
            }
            path += FileId::make(platform.clock.now(), platform.random).str();
            path += segment.substr(segment.find('}') + 1);  // ":verb"
        }
        return path.empty() ? "/" : path;
    }

    int made_count_ = 0;
    trace::Trace trace_{platform.clock, platform.random};
    const trace::Context context_ = trace_.begin(std::nullopt, 0);
    Caller caller_;
    http::Router router_{[this](const http::Request&, trace::Context) { return be(caller_); }};
    http::Service service_{
        router_, platform.telemetry, [](trace::Trace&) {}, {.keep_share = 0, .logs_requests = false}
    };
};

/// What the owner gets, who sends nothing to those that ask for something, and acts on one thing in
/// many ways.
int status_of_own(const http::TableRoute& route) {
    const std::map<std::string_view, int> other{
        {":complete", 409},  // its parts are not there
        {":backfill", 422},
        {":reschedule", 422},
        {":retry", 409},  // it is not dead
        {":ack", 409},    // the lease is closed
    };
    const auto found =
        other.find(route.pattern.substr(std::min(route.pattern.find(':'), route.pattern.size())));
    return found == other.end() ? route.doc.status : found->second;
}

TEST(Routes, EveryRouteRefusesWhoeverMayNotCallIt) {
    RoutesBench bench;
    ASSERT_GT(bench.routes().size(), 15);
    for (const http::TableRoute& route : bench.routes()) {
        const int as_nobody = bench.status_of(route, std::nullopt);
        const bool is_open = !route.access.needs_identity();
        // Signing in takes no session, and refuses who brings nothing to sign in with.
        EXPECT_TRUE(is_open || as_nobody == 401) << route.name << " as nobody: " << as_nobody;

        const int as_tenant = bench.status_of(route, bench.somebody(std::nullopt));
        const bool is_operators = route.access.platform_role().has_value();
        EXPECT_EQ(as_tenant == 403, is_operators) << route.name << " as a tenant: " << as_tenant;

        const int as_viewer = bench.status_of(route, bench.somebody(PlatformRole::viewer));
        const bool is_beyond = is_operators && *route.access.platform_role() > PlatformRole::viewer;
        EXPECT_EQ(as_viewer == 403, is_beyond) << route.name << " as viewer: " << as_viewer;

        const auto member = bench.somebody(PlatformRole::admin, OrgRole::member);
        const int as_member = bench.status_of(route, member);
        const bool is_admins = route.access.org_role() > std::optional(OrgRole::member);
        EXPECT_EQ(as_member == 403, is_admins) << route.name << " as member: " << as_member;
    }
}

TEST(Routes, WhatBelongsToAnotherTenantIsNotFound) {
    RoutesBench bench;
    const Identity owner = bench.administrator();
    const Identity other = bench.signed_in(bench.administrator());
    const auto things = bench.things_of(owner);
    struct Own {
        const http::TableRoute* route;
        std::string path;
        std::string_view text;
    };
    std::vector<Own> own;
    for (const http::TableRoute& route : bench.routes()) {
        std::string path(route.pattern);
        // What operators share is no tenant's, and open routes name nobody's things.
        const bool is_shared = route.access.platform_role() || !route.access.needs_identity() ||
                               keys::is_of_flags(route);
        // Whoever puts one of the same name makes another one.
        const bool makes = route.name.starts_with("PUT /v1/queues/") ||
                           route.name.starts_with("PUT /v1/schedules/");
        if (!path.contains('{') || makes) continue;
        for (auto at = path.find('{'); at != path.npos; at = path.find('{')) {
            const auto thing = things.find(path.substr(0, at));
            if (thing == things.end()) break;
            path.replace(at, path.find('}') + 1 - at, thing->second);
        }
        const bool is_open = !route.access.needs_identity();
        if (is_open || (is_shared && path.contains('{'))) continue;
        ASSERT_FALSE(path.contains('{')) << route.name << ": things_of() makes none of these";
        // To its room a ping that is not there is removed already; that it still is, shows below.
        const int hidden = route.name == "DELETE /v1/pings/{id}" ? 204 : 404;
        const std::string_view text = route.doc.request.empty() ? "" : "{}";
        EXPECT_EQ(bench.send(route.method, path, bench.signed_in(other), text).status, hidden)
            << route.name;
        own.push_back({&route, std::move(path), text});
    }
    // They are there, unchanged; what deletes them comes last, what is in another before that.
    std::ranges::sort(own, {}, [](const Own& call) {
        const bool is_delete = call.route->method == http::Method::del;
        return std::pair(is_delete, -std::ssize(call.path));
    });
    for (const auto& [route, path, text] : own) {
        // What changes how one signs in asks for a session, and one of these calls ends it.
        const int status = bench.send(route->method, path, bench.signed_in(owner), text).status;
        // What changes members and invitations asks for more, and the only owner does not leave.
        const bool asks_for_more = path.starts_with("/v1/orgs/") || route->doc.needs_if_match;
        if (asks_for_more && route->method != http::Method::get) {
            EXPECT_NE(status, 404) << path;
        } else {
            EXPECT_EQ(status, status_of_own(*route)) << path;
        }
    }
    EXPECT_EQ(own.size(), 73);
}

TEST(Routes, APostTakesAnIdempotencyKeyOrIsHereWithTheReason) {
    RoutesBench bench;
    for (const http::TableRoute& route : bench.routes()) {
        if (route.method != http::Method::post) continue;
        EXPECT_NE(route.doc.takes_key, routes_without_key().contains(route.name)) << route.name;
    }
}

TEST(Routes, WhateverIsNotAboutPeopleCanBeCalledByAKeyWithTheRightScope) {
    const std::set<std::string_view> of_people{
        "auth", "admin", "invitations", "mailbox", "me", "orgs"
    };
    RoutesBench bench;
    for (const http::TableRoute& route : bench.routes()) {
        if (!route.access.needs_identity() || route.is_stream) continue;
        const bool is_scoped = keys::scope_of(route).has_value();
        const bool is_second_person = route.pattern.ends_with(":pass");
        const bool is_open = !is_second_person && !of_people.contains(route.segments.at(1));
        EXPECT_EQ(is_scoped, is_open || route.name == "GET /v1/me") << route.name;
    }
}

TEST(Routes, NoRouteAnswersWithAFaultToWhoeverCallsItBare) {
    RoutesBench bench;
    for (const http::TableRoute& route : bench.routes()) {
        for (const Caller& caller : {Caller(), Caller(bench.administrator())}) {
            const int status = bench.status_of(route, caller);
            // Where no machines are there is no fleet: that is said with 503, and is no fault.
            EXPECT_TRUE(status < 500 || status == 503) << route.name << ": " << status;
        }
    }
}

}  // namespace
}  // namespace acme::app
