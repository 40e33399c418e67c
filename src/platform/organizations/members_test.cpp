// Organizations and who belongs to them, over HTTP.
#include "testing/organizations_bench.hpp"

#include <algorithm>

namespace acme::organizations {
namespace {

using testing::below_org;
using testing::Browser;
using testing::column_of;
using testing::header;
using testing::org_of;
using testing::OrganizationsBench;
using testing::text_in;

const char* const ada = "ada@example.com";
const char* const bob = "bob@example.com";

constexpr pg::Query list_actions{"test.actions", R"sql(
    SELECT action FROM audit_entries WHERE org_id = $1 ORDER BY created_at
)sql"};

constexpr pg::Query count_events{"test.events", R"sql(
    SELECT count(*) FROM events WHERE topic = 'organizations' AND org_id = $1
)sql"};

/// Ada, who owns an organization, and Bob in it.
struct MembersBench : OrganizationsBench {
    explicit MembersBench(OrgRole role = OrgRole::member) {
        ada_id = add_user(ada);
        clock.advance(std::chrono::milliseconds(2));  // ids in the order of what they name
        bob_id = add_user(bob);
        org = standing(ada_id).org;
        own_org = standing(bob_id).org;
        clock.advance(std::chrono::milliseconds(2));
        wait(join(bob_id, org, role));
        clock.advance(std::chrono::milliseconds(2));
    }

    accounts::Standing standing(UserId user) {
        return wait(node.accounts.standing(context, user)).value();
    }

    Task<> join(UserId user, OrgId into, OrgRole role) {
        auto transaction = co_await db.begin(context);
        co_await memberships.join(transaction, context, user, {.org = into, .role = role});
        co_await transaction.commit(context);
        co_await node.accounts.announce(context, user);
    }

    Browser bob_in_org() {
        Browser browser = signed_in(bob);
        const auto switched = browser.post("/v1/orgs/" + org.str() + ":switch");
        EXPECT_EQ(switched.status, 200) << switched.body;
        return browser;
    }

    int remove(Browser& browser, UserId user) {
        const std::string path = "/v1/orgs/" + org.str() + "/members/" + user.str();
        return browser.send(http::Method::del, path).status;
    }

    std::string actions() {
        std::string all;
        const auto rows = wait(db.run(context, list_actions, org));
        for (int i = 0; i < rows.size(); ++i) all += rows[i].text() + " ";
        return all;
    }

    std::int64_t events() { return wait(db.run(context, count_events, org))[0].integer(); }

    UserId ada_id;
    UserId bob_id;
    OrgId org;
    OrgId own_org;  // Bob's
};

TEST(Roles, OwnersChangeEverybodyAndAdministratorsThoseWhoAreNoOwners) {
    using enum OrgRole;
    for (const auto before : {member, admin, owner}) {
        for (const auto after : {member, admin, owner}) {
            const bool touches_owners = before == owner || after == owner;
            EXPECT_TRUE(accounts::may_change(owner, before, after));
            EXPECT_EQ(accounts::may_change(admin, before, after), !touches_owners);
            EXPECT_FALSE(accounts::may_change(member, before, after));
        }
    }
}

TEST(Organizations, ANewOneBelongsToWhoMadeItAndTheSessionStaysWhereItIs) {
    MembersBench bench;
    Browser browser = bench.signed_in(ada);
    const std::vector<http::Header> key{{"Idempotency-Key", "one"}};
    const std::string body = R"({"name":"Analytical Engines"})";
    const auto made = browser.send(http::Method::post, "/v1/orgs", body, key);
    EXPECT_EQ(made.status, 201) << made.body;
    EXPECT_EQ(text_in(made, "role"), "owner");
    EXPECT_EQ(browser.send(http::Method::post, "/v1/orgs", body, key).body, made.body);
    EXPECT_EQ(column_of(browser.get("/v1/orgs"), "name"), "Ada Analytical Engines");
    EXPECT_EQ(org_of(browser), bench.org.str());
    EXPECT_EQ(browser.post("/v1/orgs", R"({"name":"  "})").status, 422);
}

TEST(Organizations, AListComesInPagesAndShowsNobodyElses) {
    MembersBench bench;
    Browser browser = bench.signed_in(bob);
    for (const char* name : {"One", "Two"}) {
        const std::string body = R"({"name":")" + std::string(name) + R"("})";
        EXPECT_EQ(browser.post("/v1/orgs", body).status, 201);
        bench.clock.advance(std::chrono::milliseconds(2));
    }
    const auto page = browser.get("/v1/orgs?limit=2");
    EXPECT_EQ(column_of(page, "name"), "Ada Ada");
    const std::string next = "/v1/orgs?limit=2&cursor=" + text_in(page, "next_cursor");
    EXPECT_EQ(column_of(browser.get(next), "name"), "One Two");
    EXPECT_EQ(column_of(bench.signed_in(ada).get("/v1/orgs"), "name"), "Ada");
    EXPECT_EQ(bench.signed_in(ada).get(next).status, 400);
}

TEST(Switch, TheSameDeviceIsInAnotherOrganizationAndTheOldCookieIsNobodys) {
    MembersBench bench;
    Browser browser = bench.signed_in(bob);
    Browser before = browser;
    const std::string etag = header(browser.get("/v1/me"), "ETag");
    const std::string since = column_of(browser.get("/v1/me/sessions"), "created_at");
    bench.clock.advance(std::chrono::days(10));
    const auto switched = browser.post("/v1/orgs/" + bench.org.str() + ":switch");
    EXPECT_EQ(switched.status, 200) << switched.body;
    EXPECT_EQ(text_in(switched, "created_at"), since) << "a way to live for ever";
    EXPECT_EQ(text_in(switched, "method"), "password");
    EXPECT_EQ(org_of(browser), bench.org.str());
    EXPECT_EQ(before.get("/v1/me").status, 401);
    // A browser that kept the old answer is not told that it is still good.
    const auto again = browser.send(http::Method::get, "/v1/me", "", {{"If-None-Match", etag}});
    EXPECT_EQ(again.status, 200);
    // The next sign-in begins where the last one was.
    Browser later = bench.signed_in(bob);
    EXPECT_EQ(org_of(later), bench.org.str());
}

TEST(Switch, ADeviceInAnotherOrganizationIsListedAndEndedAllTheSame) {
    MembersBench bench;
    Browser desk = bench.signed_in(bob);
    bench.clock.advance(std::chrono::milliseconds(2));
    Browser phone = bench.bob_in_org();
    EXPECT_NE(org_of(desk), org_of(phone));
    const std::string ids = column_of(desk.get("/v1/me/sessions"), "id");
    ASSERT_EQ(std::ranges::count(ids, ' '), 1) << ids;
    EXPECT_EQ(column_of(phone.get("/v1/me/sessions"), "id"), ids);
    const std::string path = "/v1/me/sessions/" + ids.substr(0, ids.find(' '));
    EXPECT_EQ(bench.signed_in(ada).send(http::Method::del, path).status, 404);
    bench.clock.advance(std::chrono::milliseconds(2));
    EXPECT_EQ(desk.send(http::Method::del, path).status, 204);
    EXPECT_EQ(phone.get("/v1/me").status, 401);
    EXPECT_EQ(desk.get("/v1/me").status, 200);
    EXPECT_TRUE(bench.actions().ends_with("sessions.end ")) << "not told where the device was";
}

TEST(Switch, ADeviceInAnOrganizationThatIsLeftIsListedNoMore) {
    MembersBench bench;
    Browser desk = bench.signed_in(bob);
    Browser phone = bench.bob_in_org();
    Browser owner = bench.signed_in(ada);
    EXPECT_EQ(bench.remove(owner, bench.bob_id), 204);
    EXPECT_EQ(phone.get("/v1/me").status, 401);
    const std::string ids = column_of(desk.get("/v1/me/sessions"), "id");
    EXPECT_EQ(std::ranges::count(ids, ' '), 0) << ids;
}

TEST(Switch, IntoAnOrganizationOfOthersNobodyComes) {
    MembersBench bench;
    Browser browser = bench.signed_in(ada);
    EXPECT_EQ(browser.post("/v1/orgs/" + bench.own_org.str() + ":switch").status, 404);
    EXPECT_EQ(browser.post("/v1/orgs/nonsense:switch").status, 404);
    EXPECT_EQ(org_of(browser), bench.org.str());
    EXPECT_EQ(bench.browser().post("/v1/orgs/" + bench.org.str() + ":switch").status, 401);
}

TEST(Members, SeeEachOtherAndNobodyOfAnotherOrganization) {
    MembersBench bench;
    Browser browser = bench.bob_in_org();
    const std::string path = below_org(browser, "members");
    EXPECT_EQ(column_of(browser.get(path), "email"), "ada@example.com bob@example.com");
    EXPECT_EQ(column_of(browser.get(path), "role"), "owner member");
    Browser carol = bench.browser();
    bench.add_user("carol@example.com");
    carol = bench.signed_in("carol@example.com");
    EXPECT_EQ(carol.get(path).status, 404);
    EXPECT_EQ(carol.get(path + "/" + bench.bob_id.str()).status, 404);
}

TEST(Members, AMemberChangesAndRemovesNobodyAndInvitesNobody) {
    MembersBench bench;
    Browser browser = bench.bob_in_org();
    EXPECT_EQ(bench.change_role(browser, bench.bob_id, "owner").status, 403);
    EXPECT_EQ(bench.remove(browser, bench.ada_id), 403);
    EXPECT_EQ(bench.invite(browser, "carol@example.com").status, 403);
    EXPECT_EQ(browser.get(below_org(browser, "invitations")).status, 403);
    EXPECT_EQ(column_of(browser.get(below_org(browser, "members")), "role"), "owner member");
}

TEST(Members, AnAdministratorMakesNoOwnersAndTouchesNone) {
    MembersBench bench(OrgRole::admin);
    Browser browser = bench.bob_in_org();
    EXPECT_EQ(bench.change_role(browser, bench.bob_id, "owner").status, 403);
    EXPECT_EQ(bench.change_role(browser, bench.ada_id, "member").status, 403);
    EXPECT_EQ(bench.remove(browser, bench.ada_id), 403);
    EXPECT_EQ(bench.invite(browser, "carol@example.com", "owner").status, 403);
    EXPECT_EQ(bench.invite(browser, "carol@example.com", "admin").status, 201);
    EXPECT_EQ(bench.change_role(browser, bench.bob_id, "member").status, 200);
    EXPECT_EQ(bench.invite(browser, "dora@example.com").status, 403) << "a role of before";
}

TEST(Members, AChangedRoleCountsAtOnceIsAuditedAndTold) {
    MembersBench bench;
    Browser owner = bench.signed_in(ada);
    Browser browser = bench.bob_in_org();
    const auto events = bench.events();
    EXPECT_EQ(browser.get(below_org(browser, "invitations")).status, 403);
    const auto changed = bench.change_role(owner, bench.bob_id, "admin");
    EXPECT_EQ(changed.status, 200) << changed.body;
    EXPECT_EQ(text_in(changed, "role"), "admin");
    EXPECT_EQ(browser.get(below_org(browser, "invitations")).status, 200);
    EXPECT_NE(bench.actions().find("accounts.change_role"), std::string::npos);
    EXPECT_EQ(bench.events(), events + 1);
    EXPECT_TRUE(bench.standing(bench.bob_id).platform_role == std::nullopt);
}

TEST(Members, AnUpdateNeedsTheVersionThatWasRead) {
    MembersBench bench;
    Browser owner = bench.signed_in(ada);
    const std::string path = below_org(owner, "members/" + bench.bob_id.str());
    const std::string etag = header(owner.get(path), "ETag");
    const auto patch = [&](std::vector<http::Header> headers) {
        const std::string body = R"({"role":"admin"})";
        return owner.send(http::Method::patch, path, body, std::move(headers)).status;
    };
    EXPECT_EQ(patch({}), 428);
    EXPECT_EQ(patch({{"If-Match", etag}}), 200);
    EXPECT_EQ(patch({{"If-Match", etag}}), 412);
    const accounts::Doer doer{.who = {.user = bench.ada_id, .org = bench.org}, .ip = ""};
    const auto late = bench.wait(
        bench.memberships.change_role(bench.context, doer, bench.bob_id, 1, OrgRole::member)
    );
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().code.text(), "http.precondition_failed");
}

TEST(Members, TheLastOwnerNeitherLeavesNorIsDemoted) {
    MembersBench bench;
    Browser owner = bench.signed_in(ada);
    const auto demoted = bench.change_role(owner, bench.ada_id, "admin");
    EXPECT_EQ(demoted.status, 409);
    EXPECT_EQ(text_in(demoted, "code"), "accounts.last_owner");
    EXPECT_EQ(bench.remove(owner, bench.ada_id), 409);

    // One who cannot sign in is none.
    EXPECT_EQ(bench.change_role(owner, bench.bob_id, "owner").status, 200);
    const auto version = bench.wait(bench.node.accounts.find(bench.context, bench.bob_id))->version;
    const accounts::Change disabled{.state = accounts::State::disabled};
    ASSERT_TRUE(bench.wait(
        bench.node.accounts.administer(bench.context, {}, bench.bob_id, version, disabled)
    ));
    EXPECT_EQ(bench.remove(owner, bench.ada_id), 409);
    const accounts::Change active{.state = accounts::State::active};
    ASSERT_TRUE(bench.wait(
        bench.node.accounts.administer(bench.context, {}, bench.bob_id, version + 1, active)
    ));
    EXPECT_EQ(bench.remove(owner, bench.ada_id), 204);
}

TEST(Members, OfTwoOwnersWhoLeaveAtOnceOneStays) {
    MembersBench bench(OrgRole::owner);
    std::vector<int> left;
    const auto leave = [&](UserId user) -> Task<Result<>> {
        accounts::Doer doer{.who = {.user = user, .org = bench.org}, .ip = ""};
        return bench.memberships.remove(bench.context, std::move(doer), user);
    };
    int done = 0;
    for (const UserId user : {bench.ada_id, bench.bob_id}) {
        asio::co_spawn(bench.loop, leave(user), [&](const std::exception_ptr&, Result<> result) {
            left.push_back(result.has_value() ? 1 : 0);
            ++done;
        });
    }
    bench.loop.restart();
    while (done < 2 && bench.loop.run_one() > 0) {
    }
    std::ranges::sort(left);
    EXPECT_EQ(left, (std::vector<int>{0, 1}));
}

TEST(Members, WhoIsRemovedIsOutAtOnceAndStillHasAnOrganization) {
    MembersBench bench;
    Browser owner = bench.signed_in(ada);
    Browser browser = bench.bob_in_org();
    EXPECT_EQ(bench.remove(owner, bench.bob_id), 204);
    EXPECT_EQ(browser.get("/v1/me").status, 401);
    EXPECT_EQ(bench.remove(owner, bench.bob_id), 404);
    Browser again = bench.signed_in(bob);
    EXPECT_EQ(org_of(again), bench.own_org.str());
    EXPECT_NE(bench.actions().find("accounts.remove_member"), std::string::npos);
}

TEST(Members, WhoLeavesTheirOnlyOrganizationGetsOneOfTheirOwn) {
    MembersBench bench;
    Browser browser = bench.signed_in(bob);
    bench.wait(bench.join(bench.ada_id, bench.own_org, OrgRole::owner));
    const std::string path = below_org(browser, "members/" + bench.bob_id.str());
    EXPECT_EQ(browser.send(http::Method::del, path).status, 204);
    Browser in_org = bench.bob_in_org();
    EXPECT_EQ(bench.remove(in_org, bench.bob_id), 204);
    Browser again = bench.signed_in(bob);
    EXPECT_EQ(column_of(again.get("/v1/orgs"), "role"), "owner");
    EXPECT_NE(org_of(again), bench.own_org.str());
}

}  // namespace
}  // namespace acme::organizations
