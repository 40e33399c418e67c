// Users through their class, over HTTP and as commands, on a real PostgreSQL.
#include "platform/accounts/accounts.hpp"

#include "io/cli/commands.hpp"
#include "io/loop/task_group.hpp"
#include "platform/accounts/accounts_cli.hpp"
#include "platform/accounts/accounts_http.hpp"
#include "platform/accounts/email.hpp"
#include "platform/audit/audit_http.hpp"
#include "platform/idempotency/idempotency.hpp"
#include "testing/sessions_bench.hpp"

#include <boost/json/parse.hpp>

namespace acme::accounts {
namespace {

using testing::header;
using testing::SessionsBench;
using enum http::Method;

const char* const ada = "ada@example.com";
const char* const root = "root@example.com";

constexpr pg::Query count_admins{"test.admins", R"sql(
    SELECT count(*) FROM users WHERE platform_role = 'admin'
)sql"};

constexpr pg::Query find_ip{"test.ip", R"sql(
    SELECT ip FROM audit_entries WHERE action = 'accounts.create' AND target = $1
)sql"};

constexpr pg::Query find_rename_ip{"test.rename_ip", R"sql(
    SELECT ip FROM audit_entries WHERE action = 'accounts.rename' AND target = $1
)sql"};

struct AccountsBench : SessionsBench {
    AccountsBench() {
        add_admin_routes(node.router, administration);
        audit::add_routes(node.router, db, node.cursors);
    }

    Result<User> create(std::string email, std::string name) {
        NewUser user{.email = std::move(email), .name = std::move(name)};
        return wait(node.accounts.create(context, {.name = "test"}, std::move(user)));
    }

    idempotency::Idempotency idempotency{db, clock};
    Networks trusted_proxies = *Networks::parse("192.0.2.0/24");
    Administration administration{
        db, node.accounts, node.passwords, node.links, idempotency, node.cursors, trusted_proxies
    };
};

std::string text_at(const http::Response& response, std::string_view key) {
    return std::string(boost::json::parse(response.body).as_object().at(key).as_string());
}

TEST(Accounts, AnAddressIsOneUsersInAnySpelling) {
    AccountsBench bench;
    EXPECT_TRUE(bench.create("Ada@Example.com", "Ada"));
    const auto again = bench.create(" ada@example.COM ", "Ada");
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().code.text(), "accounts.email_taken");
    const auto found = bench.wait(bench.node.accounts.find_by_email(bench.context, ada));
    ASSERT_TRUE(found);
    EXPECT_EQ(found->email, "Ada@Example.com");
}

TEST(Accounts, AllThatIsWrongIsToldAtOnce) {
    AccountsBench bench;
    const auto refused = bench.create("nobody", "two\nlines");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code.text(), "accounts.invalid");
    ASSERT_EQ(refused.error().fields.size(), 2);
    EXPECT_EQ(refused.error().fields[0].pointer, "/email");
    EXPECT_EQ(refused.error().fields[1].pointer, "/name");
}

TEST(Accounts, AnAddressHasAnAtAndADomain) {
    EXPECT_EQ(normalize_email("A.b+c@Example.com"), "a.b+c@example.com");
    EXPECT_EQ(normalize_email("admin@localhost"), "admin@localhost");
    for (const char* bad :
         {"",
          "a",
          "a@",
          "@b",
          "a b@c.d",
          "a@b..c",
          ".a@b.c",
          "a.@b.c",
          "a@-b.c",
          "a@b_c.d",
          "a@b@c",
          "\"a\"@b.c",
          "a@b.c\n",
          "\xc3\xa4@b.c"}) {
        EXPECT_FALSE(normalize_email(bad)) << bad;
    }
    EXPECT_FALSE(normalize_email(std::string(65, 'a') + "@b.c"));
}

Task<> ensure(Accounts& accounts, trace::Context context, std::string email, int& made) {
    const auto admin = co_await accounts.ensure_administrator(context, std::move(email));
    if (admin && admin->made) ++made;
}

TEST(Accounts, TheFirstAdministratorIsMadeOnceHoweverManyAsk) {
    AccountsBench bench;
    int made = 0;
    TaskGroup group(bench.log);
    for (int i = 0; i < 3; ++i) {
        const std::string email = "admin" + std::to_string(i) + "@localhost";
        group.spawn(
            bench.loop.get_executor(),
            "ensure",
            ensure(bench.node.accounts, bench.context, email, made)
        );
    }
    bench.wait(group.join());
    EXPECT_EQ(made, 1);
    EXPECT_EQ(bench.wait(bench.db.run(bench.context, count_admins))[0].integer(), 1);
}

TEST(Accounts, TheLastAdministratorStays) {
    AccountsBench bench;
    const UserId id = bench.add_user(root, PlatformRole::admin);
    const auto demote = bench.wait(bench.node.accounts.administer(
        bench.context,
        {.name = "test"},
        id,
        1,
        {.platform_role = std::optional<PlatformRole>(std::nullopt)}
    ));
    ASSERT_FALSE(demote);
    EXPECT_EQ(demote.error().code.text(), "accounts.last_administrator");
}

TEST(Accounts, OnesOwnNameChangesUnderIfMatch) {
    AccountsBench bench;
    bench.add_user(ada);
    auto browser = bench.signed_in(ada);
    const std::string etag = header(browser.get("/v1/me"), "ETag");
    const char* const body = R"({"name":"Ada Lovelace"})";
    EXPECT_EQ(browser.send(patch, "/v1/me", body).status, 428);
    const auto changed = browser.send(patch, "/v1/me", body, {{"If-Match", etag}});
    ASSERT_EQ(changed.status, 200) << changed.body;
    EXPECT_EQ(text_at(changed, "name"), "Ada Lovelace");
    EXPECT_NE(header(changed, "ETag"), etag);
    EXPECT_EQ(browser.send(patch, "/v1/me", body, {{"If-Match", etag}}).status, 412);
    EXPECT_EQ(
        browser.send(patch, "/v1/me", R"({"email":"x@y.z"})", {{"If-Match", etag}}).status, 422
    );
}

TEST(Accounts, AdministratorsAddAndDisableUsersAndNobodyElseDoes) {
    AccountsBench bench;
    bench.add_user(root, PlatformRole::admin);
    bench.add_user(ada);
    auto admin = bench.signed_in(root);
    auto user = bench.signed_in(ada);
    EXPECT_EQ(bench.browser().get("/v1/admin/users").status, 401);
    EXPECT_EQ(user.get("/v1/admin/users").status, 403);

    const auto made = admin.post(
        "/v1/admin/users",
        R"({"email":"bob@example.com","name":"Bob","platform_role":"viewer","password":"correct battery"})"
    );
    ASSERT_EQ(made.status, 201) << made.body;
    const std::string path = "/v1/admin/users/" + text_at(made, "id");
    auto viewer = bench.signed_in("bob@example.com");
    EXPECT_EQ(viewer.get("/v1/admin/users").status, 200);
    EXPECT_EQ(viewer.post("/v1/admin/users", R"({"email":"c@d.e","name":"C"})").status, 403);
    EXPECT_EQ(
        admin.post("/v1/admin/users", R"({"email":"bob@example.com","name":"B"})").status, 409
    );

    const auto disabled =
        admin.send(patch, path, R"({"state":"disabled"})", {{"If-Match", header(made, "ETag")}});
    ASSERT_EQ(disabled.status, 200) << disabled.body;
    EXPECT_EQ(viewer.get("/v1/me").status, 401);
    EXPECT_EQ(admin.get("/v1/admin/users/usr_nonsense").status, 404);

    const auto page = boost::json::parse(admin.get("/v1/admin/users?limit=2").body).as_object();
    EXPECT_EQ(page.at("data").as_array().size(), 2);
    const std::string cursor(page.at("next_cursor").as_string());
    const auto rest =
        boost::json::parse(admin.get("/v1/admin/users?cursor=" + cursor).body).as_object();
    EXPECT_EQ(rest.at("data").as_array().size(), 1);
}

TEST(Accounts, PeopleAreFoundByAPartOfTheirNameOrAddress) {
    AccountsBench bench;
    bench.add_user(root, PlatformRole::viewer);
    auto viewer = bench.signed_in(root);
    for (const char* email : {"grace@example.com", "grace@example.org", "g_race@example.net"}) {
        bench.add_user(email);
    }
    const auto found = [&](const std::string& query) {
        const auto page =
            boost::json::parse(viewer.get("/v1/admin/users?" + query).body).as_object();
        std::vector<std::string> emails;
        for (const auto& user : page.at("data").as_array()) {
            emails.emplace_back(user.at("email").as_string());
        }
        return std::pair(emails, page.at("next_cursor"));
    };
    using Emails = std::vector<std::string>;
    const auto [first, cursor] = found("q=GRACE&limit=1");
    EXPECT_EQ(first, Emails{"grace@example.com"});
    const std::string rest = "q=GRACE&cursor=" + std::string(cursor.as_string());
    EXPECT_EQ(found(rest).first, Emails{"grace@example.org"});
    EXPECT_EQ(found("q=g_r").first, Emails{"g_race@example.net"}) << "a pattern would find three";
    EXPECT_EQ(found("q=%25").first, Emails{});
    EXPECT_EQ(found("q=%FF%00").first, Emails{}) << "what is no text is in nobody's name";
}

TEST(Accounts, AUserThatIsAddedAgainWithTheSameKeyIsTheSameUser) {
    AccountsBench bench;
    bench.add_user(root, PlatformRole::admin);
    auto admin = bench.signed_in(root);
    const auto add = [&](std::string_view body) {
        return admin.send(post, "/v1/admin/users", body, {{"Idempotency-Key", "once"}});
    };
    const std::string bob =
        R"({"email":"b@example.com","name":"Bob","password":"correct battery"})";
    const auto made = add(bob);
    ASSERT_EQ(made.status, 201) << made.body;
    const auto again = add(bob);
    EXPECT_EQ(again.status, 201);
    EXPECT_EQ(again.body, made.body);
    EXPECT_EQ(header(again, "ETag"), header(made, "ETag"));
    EXPECT_EQ(header(again, "Idempotency-Replayed"), "true");
    EXPECT_EQ(add(R"({"email":"c@example.com","name":"Carol"})").status, 422);
    EXPECT_EQ(bench.signed_in("b@example.com").get("/v1/me").status, 200);
}

TEST(Accounts, TheAuditTellsFromWhereAnAdministratorCame) {
    AccountsBench bench;
    bench.add_user(root, PlatformRole::admin);
    auto admin = bench.signed_in(root);
    const std::string carol = R"({"email":"c@example.com","name":"Carol"})";
    const auto made =
        admin.send(post, "/v1/admin/users", carol, {{"X-Forwarded-For", "203.0.113.7"}});
    ASSERT_EQ(made.status, 201);
    const auto rows = bench.wait(bench.db.run(bench.context, find_ip, text_at(made, "id")));
    ASSERT_EQ(rows.size(), 1);
    EXPECT_EQ(rows[0].text(), "203.0.113.7");
}

TEST(Accounts, TheAuditTellsFromWhereSomebodyChangedTheirName) {
    AccountsBench bench;
    const UserId user = bench.add_user(ada);
    auto browser = bench.signed_in(ada);
    const std::string etag = header(browser.get("/v1/me"), "ETag");
    ASSERT_EQ(
        browser.send(patch, "/v1/me", R"({"name":"Lady"})", {{"If-Match", etag}}).status, 200
    );
    const auto rows = bench.wait(bench.db.run(bench.context, find_rename_ip, user.str()));
    ASSERT_EQ(rows.size(), 1);
    EXPECT_EQ(rows[0].text(), browser.address);
}

TEST(Accounts, TimesHaveMilliseconds) {
    AccountsBench bench;
    bench.clock.advance(std::chrono::microseconds(1999));
    bench.add_user(ada);
    auto browser = bench.signed_in(ada);
    EXPECT_EQ(text_at(browser.get("/v1/me"), "created_at"), "2026-11-23T10:00:00.001Z");
}

TEST(Accounts, TheCommandsMakeALinkAUserAndAList) {
    AccountsBench bench;
    cli::Commands commands;
    add_commands(commands, bench.node.accounts, bench.node.links, "admin@localhost");
    std::vector<std::string> printed;
    const auto run = [&](std::vector<std::string> words) {
        printed.clear();
        return bench.wait(cli::Commands::run(
            bench.context,
            commands.choose(std::move(words)),
            [&](std::string_view line) { printed.emplace_back(line); },
            [](std::string_view) {}
        ));
    };
    EXPECT_EQ(run({"admin", "link"}), 0);
    ASSERT_EQ(printed.size(), 1);
    EXPECT_TRUE(printed[0].starts_with("http://localhost:8080/sign-in/link#token="));
    EXPECT_EQ(run({"accounts", "create", "--email", ada, "--name", "Ada"}), 0);
    EXPECT_NE(run({"accounts", "create", "--email", "x", "--name", "Ada"}), 0);
    EXPECT_NE(
        run({"accounts", "create", "--email", "b@c.d", "--name", "B", "--platform-role", "x"}), 0
    );
    EXPECT_EQ(run({"accounts", "list", "--json"}), 0);
    ASSERT_EQ(printed.size(), 2);
    EXPECT_NE(printed[0].find(R"("email":"admin@localhost")"), std::string::npos);
}

TEST(Audit, TellsWhoChangedWhatWithoutSecretsToThoseWhoMaySeeIt) {
    AccountsBench bench;
    bench.add_user(root, PlatformRole::viewer);
    bench.add_user(ada);
    auto viewer = bench.signed_in(root);
    auto user = bench.signed_in(ada);
    const auto all = viewer.get("/v1/audit");
    ASSERT_EQ(all.status, 200) << all.body;
    EXPECT_NE(all.body.find("accounts.create"), std::string::npos);
    EXPECT_EQ(all.body.find("correct battery"), std::string::npos);
    // An owner sees what concerns their organization only.
    const auto own = user.get("/v1/audit");
    EXPECT_EQ(own.status, 200);
    EXPECT_NE(own.body.find("sessions.begin"), std::string::npos);
    EXPECT_EQ(own.body.find("accounts.create"), std::string::npos);
    EXPECT_EQ(bench.browser().get("/v1/audit").status, 401);
    EXPECT_EQ(
        audit::redacted_json(R"({"a":{"password":7,"b":["Bearer x.y"]}})"),
        R"({"a":{"password":"[redacted]","b":["[redacted]"]}})"
    );
}

TEST(Audit, AListIsNarrowedByWhoWhatAndWhenAndNeverToAnotherOrganization) {
    AccountsBench bench;
    bench.add_user(root, PlatformRole::viewer);
    const UserId user = bench.add_user(ada);
    auto viewer = bench.signed_in(root);
    auto own = bench.signed_in(ada);
    const auto count = [](const http::Response& answer) {
        EXPECT_EQ(answer.status, 200) << answer.body;
        return boost::json::parse(answer.body).at("data").as_array().size();
    };
    EXPECT_EQ(count(viewer.get("/v1/audit?action=sessions.begin")), 2);
    EXPECT_EQ(count(viewer.get("/v1/audit?action=sessions.begin&actor=" + user.str())), 1);
    EXPECT_EQ(count(viewer.get("/v1/audit?target=nothing")), 0);
    EXPECT_EQ(count(viewer.get("/v1/audit?since=2999-01-01T00:00:00Z")), 0);
    EXPECT_EQ(count(viewer.get("/v1/audit?until=2000-01-01T00:00:00Z")), 0);

    // Its pages go on under the same filter.
    const auto page = viewer.get("/v1/audit?action=sessions.begin&limit=1");
    const std::string next = text_at(page, "next_cursor");
    const std::string rest = "/v1/audit?action=sessions.begin&limit=1&cursor=" + next;
    EXPECT_EQ(count(viewer.get(rest)), 1);
    EXPECT_NE(viewer.get(rest).body, page.body);

    const auto standing = bench.wait(bench.node.accounts.standing(bench.context, user));
    const std::string org = "/v1/audit?org=" + standing->org.str();
    EXPECT_GE(count(viewer.get(org)), 1);
    EXPECT_GE(count(own.get(org)), 1);
    const std::string other = "/v1/audit?org=" + OrgId::make(bench.clock.now(), bench.random).str();
    EXPECT_EQ(count(viewer.get(other)), 0);
    EXPECT_EQ(own.get(other).status, 403);
    EXPECT_EQ(viewer.get("/v1/audit?since=yesterday&org=x").status, 422);
}

}  // namespace
}  // namespace acme::accounts
