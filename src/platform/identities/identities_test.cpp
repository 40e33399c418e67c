// Whose account elsewhere is whose here, on a real PostgreSQL; and the cookie on the way there. How
// providers are spoken to is tests/test_oidc.py, with one that others wrote.
#include "platform/identities/identities.hpp"

#include "platform/identities/address.hpp"
#include "platform/identities/flights.hpp"
#include "testing/authenticator.hpp"
#include "testing/sessions_bench.hpp"
#include "testing/text_body.hpp"

namespace acme::identities {
namespace {

using accounts::SignUp;
using testing::SessionsBench;

const char* const ada = "ada@example.com";

constexpr pg::Query list_actions{"test.actions", R"sql(
    SELECT action FROM audit_entries WHERE action LIKE 'identities.%' ORDER BY created_at
)sql"};

constexpr pg::Query find_user{"test.find_user", R"sql(
    SELECT name, email_verified_at IS NOT NULL FROM users WHERE email_norm = $1
)sql"};

constexpr pg::Query count_users{"test.count_users", "SELECT count(*) FROM users"};

Person person(std::string subject, std::string email = ada, bool is_verified = true) {
    return {
        .subject = std::move(subject),
        .email = std::move(email),
        .is_email_verified = is_verified,
        .name = "Ada Lovelace",
    };
}

struct IdentitiesBench : SessionsBench {
    explicit IdentitiesBench(SignUp allowed = SignUp::open)
        : identities(allowed, db, node.accounts, node.passwords, node.passkeys, telemetry) {}

    Result<UserId> sign_in(Person who) {
        return wait(identities.sign_in(context, "192.0.2.1", provider, std::move(who)));
    }

    Result<> link(UserId user, Person who) {
        return wait(identities.link(context, {.name = user.str()}, user, provider, std::move(who)));
    }

    Result<> unlink(UserId user, IdentityId id) {
        return wait(identities.unlink(context, {.name = user.str()}, user, id));
    }

    void add_passkey(UserId user, bool knows_holder) {
        auto& passkeys = node.passkeys;
        testing::Authenticator key(passkeys.party(), testing::Authenticator::Kind::es256);
        key.is_verified = knows_holder;
        auto made = key.make(passkeys.challenge_to_add(user));
        const audit::Actor actor{.name = user.str()};
        ASSERT_TRUE(wait(passkeys.add(context, actor, user, "a key", std::move(made))));
    }

    std::vector<Linked> list(UserId user) { return wait(identities.list(context, user)); }

    std::int64_t users() { return wait(db.run(context, count_users))[0].integer(); }

    std::string actions() {
        std::string all;
        const auto rows = wait(db.run(context, list_actions));
        for (int i = 0; i < rows.size(); ++i) all += rows[i].text() + " ";
        return all;
    }

    const Provider provider{
        .name = "there",
        .title = "There",
        .issuer = "https://there.example",
        .client_id = "acme",
        .client_secret = {},
    };
    Identities identities;
};

template <class T>
std::string code_of(const Result<T>& result) {
    return result ? "" : std::string(result.error().code.text());
}

TEST(Identities, WhoIsNewGetsAUserOnceAndIsKnownByTheSubjectAlone) {
    IdentitiesBench bench;
    const auto user = bench.sign_in(person("1"));
    ASSERT_TRUE(user) << code_of(user);
    pg::Rows rows = bench.wait(bench.db.run(bench.context, find_user, std::string_view(ada)));
    pg::Row row = rows[0];
    EXPECT_EQ(row.text(), "Ada Lovelace");
    EXPECT_TRUE(row.boolean()) << "the address is not verified";
    bench.clock.advance(std::chrono::hours(1));
    // Their address elsewhere has changed, and nobody vouches for it.
    EXPECT_EQ(bench.sign_in(person("1", "lovelace@example.com", false)).value(), *user);
    EXPECT_EQ(bench.users(), 1);
    const auto linked = bench.list(*user);
    ASSERT_EQ(linked.size(), 1);
    EXPECT_EQ(linked[0].email, "lovelace@example.com");
    EXPECT_EQ(linked[0].last_used_at - linked[0].created_at, std::chrono::hours(1));
    EXPECT_EQ(bench.actions(), "identities.link ");
}

TEST(Identities, TheSameAddressIsNobodysProof) {
    IdentitiesBench bench;
    const UserId user = bench.add_user(ada);
    EXPECT_EQ(code_of(bench.sign_in(person("1"))), "identities.sign_in_first");
    EXPECT_EQ(code_of(bench.sign_in(person("1", " ADA@example.com "))), "identities.sign_in_first");
    EXPECT_TRUE(bench.list(user).empty());
    ASSERT_TRUE(bench.link(user, person("1")));
    EXPECT_EQ(bench.sign_in(person("1")).value(), user);
}

TEST(Identities, WhoOwnsNoAddressThereLearnsOfNone) {
    IdentitiesBench bench;
    bench.add_user(ada);
    for (const char* const email : {ada, "bob@example.com", "", "no address"}) {
        EXPECT_EQ(code_of(bench.sign_in(person("1", email, false))), "identities.email_unverified")
            << email;
    }
    EXPECT_EQ(code_of(bench.sign_in(person("1", "no address"))), "identities.email_unverified");
    EXPECT_EQ(bench.users(), 1);
}

TEST(Identities, WhereSigningUpIsNotOpenNobodyIsMadeAndWhoIsConnectedComesIn) {
    for (const SignUp allowed : {SignUp::closed, SignUp::invite}) {
        IdentitiesBench bench(allowed);
        EXPECT_EQ(code_of(bench.sign_in(person("1"))), "accounts.sign_up_closed");
        EXPECT_EQ(bench.users(), 0);
        const UserId user = bench.add_user(ada);
        ASSERT_TRUE(bench.link(user, person("1")));
        EXPECT_EQ(bench.sign_in(person("1")).value(), user);
    }
}

TEST(Identities, AnAccountElsewhereIsOneUsers) {
    IdentitiesBench bench;
    const UserId user = bench.add_user(ada);
    const UserId bob = bench.add_user("bob@example.com");
    ASSERT_TRUE(bench.link(user, person("1")));
    ASSERT_TRUE(bench.link(user, person("1"))) << "twice is the same as once";
    EXPECT_EQ(code_of(bench.link(bob, person("1"))), "identities.taken");
    EXPECT_EQ(bench.list(user).size(), 1);
    EXPECT_TRUE(bench.list(bob).empty());
    EXPECT_EQ(code_of(bench.unlink(bob, bench.list(user)[0].id)), "identities.not_found");
    EXPECT_EQ(bench.actions(), "identities.link ");
}

TEST(Identities, NoMoreThanTenAreConnected) {
    IdentitiesBench bench;
    const UserId user = bench.add_user(ada);
    for (int i = 0; i < identities_max; ++i) {
        EXPECT_TRUE(bench.link(user, person(std::to_string(i))));
    }
    EXPECT_EQ(code_of(bench.link(user, person("eleventh"))), "identities.too_many");
    EXPECT_TRUE(bench.link(user, person("1")));
    EXPECT_EQ(bench.list(user).size(), identities_max);
}

TEST(Identities, TheOnlyWayInStaysUntilThereIsAnotherOne) {
    IdentitiesBench bench;
    const UserId user = bench.sign_in(person("1")).value();
    bench.clock.advance(std::chrono::milliseconds(2));
    EXPECT_EQ(code_of(bench.unlink(user, bench.list(user)[0].id)), "identities.last_way_in");
    EXPECT_EQ(bench.list(user).size(), 1);
    ASSERT_TRUE(bench.link(user, person("2")));
    bench.clock.advance(std::chrono::milliseconds(2));
    EXPECT_TRUE(bench.unlink(user, bench.list(user)[0].id));
    EXPECT_EQ(code_of(bench.unlink(user, bench.list(user)[0].id)), "identities.last_way_in");
    EXPECT_EQ(bench.actions(), "identities.link identities.link identities.unlink ");

    const UserId bob = bench.add_user("bob@example.com");  // who has a password
    ASSERT_TRUE(bench.link(bob, person("3")));
    EXPECT_TRUE(bench.unlink(bob, bench.list(bob)[0].id));
}

TEST(Identities, APasskeyThatSignsInAloneIsAWayIn) {
    IdentitiesBench bench;
    for (const bool knows_holder : {false, true}) {
        const std::string name = knows_holder ? "known" : "unknown";
        const UserId user = bench.sign_in(person(name, name + "@example.com")).value();
        bench.add_passkey(user, knows_holder);
        const auto unlinked = bench.unlink(user, bench.list(user)[0].id);
        EXPECT_EQ(code_of(unlinked), knows_holder ? "" : "identities.last_way_in");
    }
}

TEST(Identities, ANameThatIsNoneIsTakenFromTheAddress) {
    IdentitiesBench bench;
    Person odd = person("1", "bob@example.com");
    odd.name = "two\nlines";
    ASSERT_TRUE(bench.sign_in(std::move(odd)));
    const auto rows =
        bench.wait(bench.db.run(bench.context, find_user, std::string_view("bob@example.com")));
    EXPECT_EQ(rows[0].text(), "bob");
}

struct FlightsBench : testing::DryBench {
    std::optional<Flight> read(const std::string& cookie) {
        testing::TextBody body("");
        const std::vector<http::Header> headers{{"Cookie", cookie}};
        return flights.read({.headers = headers, .body = body}, clock.now());
    }

    std::string cookie_of(const Flight& flight) {
        const std::string set = flights.set(flight, random);
        return set.substr(0, set.find(';'));
    }

    Flights flights{
        false, keys_for(Secret("a-secret-key-for-tests-with-32-bytes-and-more"), "flights v1")
    };
};

TEST(Flights, ComeBackToTheBrowserThatBeganThemWithinTenMinutes) {
    FlightsBench bench;
    const auto user = UserId::make(bench.clock.now(), bench.random);
    const Flight flight =
        Flights::begin("there", "/files?a=b", user, bench.clock.now(), bench.random);
    const std::string cookie = bench.cookie_of(flight);
    const auto back = bench.read(cookie);
    ASSERT_TRUE(back);
    EXPECT_EQ(back->provider, "there");
    EXPECT_EQ(back->state, flight.state);
    EXPECT_EQ(back->nonce, flight.nonce);
    EXPECT_EQ(back->verifier, flight.verifier);
    EXPECT_EQ(back->next, "/files?a=b");
    EXPECT_EQ(back->user, user);
    EXPECT_EQ(flight.verifier.size(), 43);
    EXPECT_EQ(cookie.find(flight.verifier), cookie.npos);

    std::string forged = cookie;
    forged.back() = forged.back() == 'A' ? 'B' : 'A';
    for (const std::string& text : {std::string(), forged, std::string("acme_flight=v1.x.y")}) {
        EXPECT_FALSE(bench.read(text)) << text;
    }
    bench.clock.advance(flight_time_max);
    EXPECT_FALSE(bench.read(cookie));
}

TEST(Flights, TheCookieIsTiedToTheHostOverTls) {
    FlightsBench bench;
    const Flights secure(true, keys_for(Secret(std::string(32, 'k')), "flights v1"));
    const std::string set = secure.set(
        Flights::begin("there", "/", std::nullopt, bench.clock.now(), bench.random), bench.random
    );
    EXPECT_TRUE(set.starts_with("__Host-acme_flight=v1.")) << set;
    EXPECT_TRUE(set.ends_with("; Path=/; Max-Age=600; HttpOnly; SameSite=Lax; Secure")) << set;
    EXPECT_FALSE(bench.read("acme_flight" + set.substr(set.find('='), set.find(';'))));
}

TEST(Flights, TheChallengeIsThatOfTheStandard) {
    // RFC 7636, appendix B.
    EXPECT_EQ(
        challenge_of("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
        "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    );
}

TEST(Address, OnlyAPathOfOursIsOne) {
    for (const char* const own : {"/", "/files", "/files?a=b#c", "/a//b", "/%2f/evil"}) {
        EXPECT_TRUE(is_own_path(own)) << own;
    }
    for (const std::string& foreign : std::vector<std::string>{
             "",
             "files",
             "//evil.example",
             "/\\evil.example",
             "\\\\evil.example",
             "https://evil.example",
             "/\t/evil.example",
             "/a\r\nSet-Cookie: b",
             "javascript:alert(1)",
             "/\xc3\xa4",
             "/" + std::string(next_bytes_max, 'a'),
         }) {
        EXPECT_FALSE(is_own_path(foreign)) << foreign;
    }
    EXPECT_EQ(query_encoded("a-Z_9.~ &=/\xff"), "a-Z_9.~%20%26%3d%2f%ff");
}

}  // namespace
}  // namespace acme::identities
