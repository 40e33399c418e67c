// Inviting and accepting, over HTTP and through the local mailbox.
#include "testing/organizations_bench.hpp"

namespace acme::organizations {
namespace {

using accounts::SignUp;
using testing::below_org;
using testing::Browser;
using testing::code_in;
using testing::column_of;
using testing::org_of;
using testing::OrganizationsBench;
using testing::text_in;
using testing::token_in;

const char* const ada = "ada@example.com";
const char* const bob = "bob@example.com";
const char* const show_path = "/v1/auth/invitation/show";
const char* const accept_path = "/v1/auth/invitation/accept";

constexpr pg::Query find_anywhere{"test.anywhere_of_invitations", R"sql(
    SELECT count(*) FROM (
        SELECT i::text AS row FROM invitations i UNION ALL SELECT m::text FROM mails m
        UNION ALL SELECT j::text FROM jobs j UNION ALL SELECT a::text FROM audit_entries a
        UNION ALL SELECT e::text FROM events e UNION ALL SELECT k::text FROM idempotency_keys k
    ) all_rows WHERE strpos(row, $1) > 0
)sql"};

constexpr pg::Query count_rows{"test.invitations", "SELECT count(*) FROM invitations"};

std::string by_token(const std::string& token) { return R"({"token":")" + token + R"("})"; }

std::string by_code(const std::string& code) {
    return R"({"email":"BOB@example.com","code":")" + code + R"("})";
}

/// What a newcomer sends.
std::string newly(const std::string& token, const std::string& password = "correct battery") {
    return R"({"token":")" + token + R"(","name":"Bob","password":")" + password + R"("})";
}

struct InvitationsBench : OrganizationsBench {
    explicit InvitationsBench(SignUp sign_up = SignUp::invite, mail::Way way = mail::Way::mailbox)
        : OrganizationsBench(sign_up, way) {
        add_user(ada);
        clock.advance(std::chrono::milliseconds(2));  // ids in the order of what they name
        owner = signed_in(ada);
    }

    /// The token of the mail that invites Bob.
    std::string invited(const std::string& role = "member") {
        EXPECT_EQ(invite(owner, bob, role).status, 201);
        return token_in(mail_to(bob));
    }

    std::string code_of(const http::Response& response) { return text_in(response, "code"); }

    std::string open() { return column_of(owner.get(below_org(owner, "invitations")), "id"); }

    Browser owner = browser();
};

TEST(Invitations, ANewcomerMakesAnAccountAndBelongsToThatOrganizationAlone) {
    InvitationsBench bench;
    const std::string token = bench.invited("admin");
    Browser browser = bench.browser();
    const auto offer = browser.post(show_path, by_token(token));
    EXPECT_EQ(offer.status, 200) << offer.body;
    EXPECT_EQ(text_in(offer, "organization"), "Ada");
    EXPECT_EQ(text_in(offer, "role"), "admin");
    EXPECT_EQ(text_in(offer, "inviter"), ada);
    EXPECT_NE(offer.body.find(R"("has_account":false)"), std::string::npos);

    const auto accepted = browser.post(accept_path, newly(token));
    EXPECT_EQ(accepted.status, 200) << accepted.body;
    EXPECT_EQ(org_of(browser), org_of(bench.owner));
    EXPECT_EQ(column_of(browser.get("/v1/orgs"), "role"), "admin");
    EXPECT_NE(browser.get("/v1/me").body.find(R"("platform_role":null)"), std::string::npos);
    EXPECT_EQ(bench.open(), "");
    EXPECT_EQ(org_of(browser), org_of(bench.owner));
    Browser later = bench.signed_in(bob);
    EXPECT_EQ(org_of(later), org_of(bench.owner));
}

TEST(Invitations, TheCodeDoesTheSameAsPeopleTypeIt) {
    InvitationsBench bench;
    bench.invited();
    const std::string code = code_in(bench.mail_to(bob));
    ASSERT_EQ(code.size(), 8);
    const std::string typed = code.substr(0, 4) + " " + code.substr(4);
    EXPECT_EQ(bench.browser().post(show_path, by_code(typed)).status, 200);
    const std::string body = R"({"email":"bob@example.com","code":")" + code +
                             R"(","name":"Bob","password":"correct battery"})";
    EXPECT_EQ(bench.browser().post(accept_path, body).status, 200);
}

TEST(Invitations, WhoHasAnAccountSignsInFirstAndKeepsTheirOwnOrganization) {
    InvitationsBench bench;
    bench.add_user(bob);
    const std::string token = bench.invited();
    EXPECT_NE(
        bench.browser().post(show_path, by_token(token)).body.find(R"("has_account":true)"),
        std::string::npos
    );
    for (Browser browser : {bench.browser(), bench.owner}) {
        const auto refused = browser.post(accept_path, newly(token, "another battery"));
        EXPECT_EQ(refused.status, 409);
        EXPECT_EQ(bench.code_of(refused), "organizations.sign_in_first");
    }
    Browser browser = bench.signed_in(bob);
    const std::string own = org_of(browser);
    EXPECT_EQ(browser.post(accept_path, by_token(token)).status, 200);
    EXPECT_EQ(org_of(browser), org_of(bench.owner));
    EXPECT_EQ(column_of(browser.get("/v1/orgs"), "role"), "member owner");
    EXPECT_EQ(browser.post("/v1/orgs/" + own + ":switch").status, 200);
}

TEST(Invitations, ASecondAcceptanceIsToldWhatItIs) {
    InvitationsBench bench;
    const std::string token = bench.invited();
    EXPECT_EQ(bench.browser().post(accept_path, newly(token)).status, 200);
    for (const char* path : {show_path, accept_path}) {
        const auto again = bench.browser().post(path, by_token(token));
        EXPECT_EQ(again.status, 409);
        EXPECT_EQ(bench.code_of(again), "organizations.invitation_accepted");
    }
    EXPECT_EQ(
        column_of(bench.owner.get(below_org(bench.owner, "members")), "role"), "owner member"
    );
}

TEST(Invitations, LookingAtOneConsumesNothingAndIsNoAcceptance) {
    InvitationsBench bench;
    const std::string token = bench.invited();
    for (int i = 0; i < 20; ++i) {
        EXPECT_EQ(bench.browser().post(show_path, by_token(token)).status, 200);
        EXPECT_EQ(bench.browser().get(accept_path).status, 405);
    }
    const auto bare = bench.browser().post(accept_path, by_token(token));
    EXPECT_EQ(bare.status, 422) << "a scanner that presses the button makes no account";
    EXPECT_EQ(bench.browser().post(accept_path, newly(token)).status, 200);
}

TEST(Invitations, AnotherSiteCanHaveNoBrowserAccept) {
    InvitationsBench bench;
    bench.add_user(bob);
    const std::string token = bench.invited();
    Browser browser = bench.signed_in(bob);
    const std::vector<http::Header> foreign{{"Sec-Fetch-Site", "cross-site"}};
    for (const char* path : {show_path, accept_path}) {
        EXPECT_EQ(browser.send(http::Method::post, path, by_token(token), foreign).status, 403);
    }
    EXPECT_EQ(column_of(browser.get("/v1/orgs"), "role"), "owner");
}

TEST(Invitations, AnOldOneAndOneThatWasWithdrawnSayWhatTheyAre) {
    InvitationsBench bench;
    const std::string old = bench.invited();
    bench.clock.advance(life);
    const auto expired = bench.browser().post(accept_path, newly(old));
    EXPECT_EQ(bench.code_of(expired), "organizations.invitation_expired");
    bench.owner = bench.signed_in(ada);
    EXPECT_EQ(
        column_of(bench.owner.get(below_org(bench.owner, "invitations")), "state"), "expired"
    );

    const std::string fresh = bench.invited();
    EXPECT_NE(fresh, old);
    const std::string path = below_org(bench.owner, "invitations/" + bench.open());
    EXPECT_EQ(bench.owner.send(http::Method::del, path).status, 204);
    EXPECT_EQ(bench.owner.send(http::Method::del, path).status, 404);
    for (const std::string& token : {old, fresh}) {
        const auto revoked = bench.browser().post(show_path, by_token(token));
        EXPECT_EQ(bench.code_of(revoked), "organizations.invitation_revoked");
    }
    EXPECT_EQ(bench.browser().post(show_path, by_code(code_in(bench.mail_to(bob)))).status, 401);
    EXPECT_EQ(bench.open(), "");
}

TEST(Invitations, WhatNobodyMailedIsWrongAndCodesMayBeTriedTenTimes) {
    InvitationsBench bench;
    const std::string token = bench.invited();
    std::string other = token;
    other.back() = other.back() == 'A' ? 'B' : 'A';
    for (const std::string& wrong : {other, std::string("inv_x.y"), std::string("nonsense")}) {
        const auto refused = bench.browser().post(show_path, by_token(wrong));
        EXPECT_EQ(bench.code_of(refused), "organizations.invitation_invalid") << refused.body;
    }
    const std::string code = code_in(bench.mail_to(bob));
    const std::string wrong = code == "00000000" ? "00000001" : "00000000";
    for (int i = 0; i < code_attempts_max; ++i) {
        EXPECT_EQ(bench.browser().post(show_path, by_code(wrong)).status, 401);
    }
    // From where nobody has tried yet, so that it is the codes that are used up.
    Browser elsewhere = bench.browser();
    elsewhere.address = "198.51.100.7";
    EXPECT_EQ(elsewhere.post(show_path, by_code(code)).status, 401);
    EXPECT_EQ(elsewhere.post(show_path, by_token(token)).status, 200);
}

TEST(Invitations, NeitherLinkNorCodeIsWrittenAnywhere) {
    InvitationsBench bench;
    const std::string token = bench.invited();
    const std::string code = code_in(bench.mail_to(bob));
    for (const std::string& secret : {token.substr(token.find('.') + 1), code}) {
        const auto rows = bench.wait(bench.db.run(bench.context, find_anywhere, secret));
        EXPECT_EQ(rows[0].integer(), 0);
        for (const std::string& line : bench.lines) EXPECT_EQ(line.find(secret), line.npos) << line;
    }
}

TEST(Invitations, AreMadeOnceForAKeyOnceForAnAddressAndNotForMembers) {
    InvitationsBench bench;
    const std::string path = below_org(bench.owner, "invitations");
    const std::string body = R"({"email":"bob@example.com","role":"member"})";
    EXPECT_EQ(bench.owner.post(path, body).status, 400) << "without a key";
    const std::vector<http::Header> key{{"Idempotency-Key", "one"}};
    const auto made = bench.owner.send(http::Method::post, path, body, key);
    EXPECT_EQ(made.status, 201);
    EXPECT_EQ(bench.owner.send(http::Method::post, path, body, key).body, made.body);
    EXPECT_EQ(bench.mails_to(bob), 1);
    EXPECT_EQ(
        bench.code_of(bench.invite(bench.owner, "Bob@Example.com")), "organizations.already_invited"
    );
    EXPECT_EQ(bench.code_of(bench.invite(bench.owner, ada)), "organizations.already_member");
    EXPECT_EQ(bench.invite(bench.owner, "nobody").status, 422);
    EXPECT_EQ(bench.invite(bench.owner, "carol@example.com", "emperor").status, 422);
}

/// The names of what was asked of the database and others for the last request, in their order.
std::vector<std::string> work_of(InvitationsBench& bench) {
    std::vector<std::string> names;
    for (const auto& span : bench.trace.spans()) names.emplace_back(span.name);
    return names;
}

TEST(Invitations, AnAddressWithAnAccountIsInvitedAsAnyOther) {
    InvitationsBench bench;
    bench.add_user(bob);
    bench.invite(bench.owner, "carol@example.com");  // the first prepares its statements
    const auto known = bench.invite(bench.owner, bob);
    const auto known_work = work_of(bench);
    const auto unknown = bench.invite(bench.owner, "eve@example.com");
    EXPECT_EQ(known.status, 201);
    EXPECT_EQ(unknown.status, 201);
    EXPECT_EQ(text_in(known, "state"), text_in(unknown, "state"));
    EXPECT_EQ(known.headers.size(), unknown.headers.size());
    EXPECT_GT(known_work.size(), 5);
    EXPECT_EQ(known_work, work_of(bench));
}

TEST(Invitations, AnotherMailSaysTheSameAndGivesAnotherWeek) {
    InvitationsBench bench;
    const std::string token = bench.invited();
    bench.clock.advance(life - std::chrono::hours(1));
    bench.owner = bench.signed_in(ada);
    const std::string id = bench.open();
    EXPECT_EQ(bench.resend(bench.owner, id).status, 200);
    EXPECT_EQ(token_in(bench.mail_to(bob)), token);
    bench.clock.advance(life - std::chrono::hours(1));
    EXPECT_EQ(bench.browser().post(accept_path, newly(token)).status, 200);
    bench.owner = bench.signed_in(ada);
    EXPECT_EQ(bench.resend(bench.owner, id).status, 404);
}

TEST(Invitations, OneIsSentFiveTimesAndAnAddressGetsFiveMailsAnHour) {
    InvitationsBench bench;
    bench.invited();
    const std::string id = bench.open();
    for (int i = 1; i < mails_max; ++i) EXPECT_EQ(bench.resend(bench.owner, id).status, 200);
    EXPECT_EQ(bench.code_of(bench.resend(bench.owner, id)), "organizations.too_many_mails");
    EXPECT_EQ(bench.mails_to(bob), mails_max);
    bench.add_user("eve@example.com");
    Browser eve = bench.signed_in("eve@example.com");
    EXPECT_EQ(bench.invite(eve, bob).status, 201);
    EXPECT_EQ(bench.mails_to(bob), mails_per_hour_max) << "from another organization";
    const std::string own = column_of(eve.get(below_org(eve, "invitations")), "id");
    bench.clock.advance(std::chrono::hours(1));
    EXPECT_EQ(bench.resend(eve, own).status, 200);
    EXPECT_EQ(bench.mails_to(bob), mails_per_hour_max + 1);
}

TEST(Invitations, NobodyElsesCanBeSeenSentOrWithdrawn) {
    InvitationsBench bench;
    bench.invited();
    const std::string id = bench.open();
    bench.add_user("eve@example.com");
    Browser eve = bench.signed_in("eve@example.com");
    EXPECT_EQ(column_of(eve.get(below_org(eve, "invitations")), "id"), "");
    EXPECT_EQ(eve.get(below_org(bench.owner, "invitations")).status, 404);
    EXPECT_EQ(bench.resend(eve, id).status, 404);
    EXPECT_EQ(eve.send(http::Method::del, below_org(eve, "invitations/" + id)).status, 404);
    EXPECT_EQ(bench.open(), id);
}

TEST(Invitations, WhereSigningUpIsClosedOnlyWhoHasAnAccountComesIn) {
    InvitationsBench bench(SignUp::closed);
    const std::string token = bench.invited();
    const auto refused = bench.browser().post(accept_path, newly(token));
    EXPECT_EQ(refused.status, 403);
    EXPECT_EQ(bench.code_of(refused), "accounts.sign_up_closed");
    bench.add_user(bob);
    EXPECT_EQ(bench.signed_in(bob).post(accept_path, by_token(token)).status, 200);
}

TEST(Invitations, WithoutAWayForMailsNobodyIsInvited) {
    InvitationsBench bench(SignUp::invite, mail::Way::none);
    EXPECT_EQ(bench.invite(bench.owner, bob).status, 503);
    EXPECT_EQ(bench.open(), "");
}

TEST(Invitations, ABadPasswordUsesNothingUp) {
    InvitationsBench bench;
    const std::string token = bench.invited();
    EXPECT_EQ(bench.browser().post(accept_path, newly(token, "1234567890")).status, 422);
    EXPECT_EQ(bench.browser().post(accept_path, newly(token)).status, 200);
}

TEST(Invitations, AreForgottenAMonthAfterTheyExpired) {
    InvitationsBench bench;
    bench.invited();
    const auto rows = [&] {
        bench.wait(bench.invitations.sweep(bench.context));
        return bench.wait(bench.db.run(bench.context, count_rows))[0].integer();
    };
    bench.clock.advance(life + kept_for - std::chrono::seconds(1));
    EXPECT_EQ(rows(), 1);
    bench.clock.advance(std::chrono::seconds(1));
    EXPECT_EQ(rows(), 0);
}

}  // namespace
}  // namespace acme::organizations
