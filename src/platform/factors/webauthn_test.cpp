// What is signed is made here as an authenticator makes it, with keys of OpenSSL; Chromium's own
// virtual authenticator judges the same in tests/browser.
#include "platform/factors/webauthn.hpp"

#include "base/bytes.hpp"
#include "platform/factors/challenges.hpp"
#include "platform/factors/small_cbor.hpp"
#include "testing/authenticator.hpp"

#include <gtest/gtest.h>

namespace acme::factors {
namespace {

using testing::Authenticator;
using Kind = Authenticator::Kind;

const Party& party() {
    static const Party found = Party::of_url("https://app.example.com/");
    return found;
}

Credential made_by(Authenticator& authenticator) {
    const auto read = read_credential(authenticator.make("challenge"), party());
    EXPECT_TRUE(read);
    return read.value_or(Credential{});
}

TEST(WebAuthn, TheThreeKindsOfKeysAreTaken) {
    for (const Kind kind : {Kind::es256, Kind::rs256, Kind::eddsa}) {
        Authenticator authenticator(party(), kind);
        const Credential credential = made_by(authenticator);
        const auto count = check(authenticator.use("challenge"), credential, party(), true);
        EXPECT_EQ(count, 2) << credential.algorithm;
    }
}

TEST(WebAuthn, WhatIsOfAnotherPartyOrWithoutAPersonIsRefused) {
    Authenticator elsewhere(Party::of_url("https://app.example.org"), Kind::es256);
    EXPECT_FALSE(read_credential(elsewhere.make("challenge"), party()));
    Authenticator authenticator(party(), Kind::es256);
    const Credential credential = made_by(authenticator);
    const Party other = Party::of_url("https://app.example.org");
    EXPECT_FALSE(check(authenticator.use("challenge"), credential, other, false));

    authenticator.is_verified = false;
    EXPECT_FALSE(check(authenticator.use("challenge"), credential, party(), true));
    EXPECT_TRUE(check(authenticator.use("challenge"), credential, party(), false));
    authenticator.is_present = false;
    EXPECT_FALSE(check(authenticator.use("challenge"), credential, party(), false));
    EXPECT_FALSE(read_credential(authenticator.make("challenge"), party()));
}

TEST(WebAuthn, AWrongByteAnywhereIsRefused) {
    Authenticator authenticator(party(), Kind::es256);
    const Credential credential = made_by(authenticator);
    const Assertion good = authenticator.use("challenge");
    for (std::string Assertion::* part :
         {&Assertion::client_data, &Assertion::authenticator_data, &Assertion::signature}) {
        for (std::size_t i = 0; i < (good.*part).size(); ++i) {
            Assertion bad = good;
            (bad.*part)[i] = static_cast<char>((bad.*part)[i] ^ 1);
            EXPECT_FALSE(check(bad, credential, party(), false)) << i;
        }
        Assertion none = good;
        (none.*part).clear();
        EXPECT_FALSE(check(none, credential, party(), false));
    }
    Authenticator another(party(), Kind::es256);
    EXPECT_FALSE(check(another.use("challenge"), credential, party(), false));
}

TEST(WebAuthn, ACredentialThatIsCutOffOrOfAnotherIdIsRefused) {
    Authenticator authenticator(party(), Kind::es256);
    const NewCredential good = authenticator.make("challenge");
    for (std::size_t size = 0; size < good.authenticator_data.size(); ++size) {
        NewCredential bad = good;
        bad.authenticator_data.resize(size);
        EXPECT_FALSE(read_credential(bad, party())) << size;
    }
    NewCredential other = good;
    other.id = to_base64url("another one");
    EXPECT_FALSE(read_credential(other, party()));
    // What is used is no new credential: it has no key in it.
    NewCredential used = good;
    used.authenticator_data = authenticator.use("challenge").authenticator_data;
    EXPECT_FALSE(read_credential(used, party()));
}

TEST(WebAuthn, AnAuthenticatorThatCountsHasToCountOn) {
    Authenticator authenticator(party(), Kind::es256);
    Credential credential = made_by(authenticator);
    const Assertion first = authenticator.use("challenge");
    credential.sign_count = check(first, credential, party(), false).value_or(-1);
    EXPECT_FALSE(check(first, credential, party(), false));
    authenticator.sign_count = 0;
    EXPECT_FALSE(check(authenticator.use("challenge", false), credential, party(), false));
    credential.sign_count = 0;
    EXPECT_EQ(check(authenticator.use("challenge", false), credential, party(), false), 0);
}

TEST(WebAuthn, TheChallengeIsThatOfThisPageAndThisAct) {
    const char* const good =
        R"({"type":"webauthn.get","challenge":"abc","origin":"https://app.example.com"})";
    EXPECT_EQ(challenge_in(good, "webauthn.get", party()), "abc");
    EXPECT_FALSE(challenge_in(good, "webauthn.create", party()));
    EXPECT_FALSE(challenge_in(good, "webauthn.get", Party::of_url("http://app.example.com")));
    for (const char* bad : {
             R"({"type":"webauthn.get","challenge":"abc","origin":"https://app.example.com.evil"})",
             R"({"type":"webauthn.get","challenge":"abc","origin":"https://app.example.com:444"})",
             R"({"type":"webauthn.get","challenge":"abc","origin":"https://app.example.com",
                 "crossOrigin":true})",
             R"({"type":"webauthn.get","challenge":"abc"})",
             R"(["webauthn.get"])",
             R"({"type":)",
             "",
         }) {
        EXPECT_FALSE(challenge_in(bad, "webauthn.get", party())) << bad;
    }
}

TEST(WebAuthn, APartyIsTheOriginOfAnAddress) {
    const auto is = [](std::string_view url, std::string_view id, std::string_view origin) {
        const Party found = Party::of_url(url);
        EXPECT_EQ(found.id, id) << url;
        EXPECT_EQ(found.origin, origin) << url;
    };
    is("https://App.Example.com/", "app.example.com", "https://app.example.com");
    is("https://app.example.com:443", "app.example.com", "https://app.example.com");
    is("http://localhost:8080", "localhost", "http://localhost:8080");
    is("http://127.0.0.1:8080", "", "http://127.0.0.1:8080");
    is("http://[::1]:8080", "", "http://[::1]:8080");
    is("", "", "");
}

TEST(SmallCbor, IsWhatHoldsWhatItSays) {
    using namespace std::string_view_literals;
    for (const auto good :
         {""sv, "\x01"sv, "\x20\x01"sv, "\xa1\x01\x42\x00\x00"sv, "\x82\x01\x61z"sv}) {
        EXPECT_TRUE(is_small_cbor(good)) << to_hex(good);
    }
    for (const auto bad : {
             "\x9a\x9a\x9a\x9a\x9a"sv,  // an array of 2,593,823,386
             "\xb0"sv,                  // a map of 16 that has none
             "\x91\x00\x00"sv,
             "\x42\x00"sv,
             "\x5f\x41\x00\xff"sv,          // of unknown length
             "\xc0\x00"sv,                  // a tag
             "\x81\x81\x81\x81\x81\x00"sv,  // too deep
             "\x5b\xff\xff\xff\xff\xff\xff\xff\xff"sv,
             "\x19\x00"sv,
         }) {
        EXPECT_FALSE(is_small_cbor(bad)) << to_hex(bad);
    }
}

TEST(WebAuthn, AnArrayThatSaysItIsHugeCostsNothing) {
    Authenticator authenticator(party(), Kind::es256);
    const Credential credential = made_by(authenticator);
    Assertion used = authenticator.use("challenge");
    used.authenticator_data[32] = static_cast<char>(used.authenticator_data[32] | 0x80);
    used.authenticator_data += std::string(5, static_cast<char>(0x9a));
    EXPECT_FALSE(check(used, credential, party(), false));
    NewCredential made = authenticator.make("challenge");
    made.authenticator_data[32] = static_cast<char>(made.authenticator_data[32] | 0x80);
    made.authenticator_data += std::string(5, static_cast<char>(0x9a));
    EXPECT_FALSE(read_credential(made, party()));
}

TEST(Challenges, AreOursForAWhileAndAboutOneThing) {
    ManualClock clock{WallTime(std::chrono::seconds(1'764'000'000))};
    SeededRandom random(1);
    const Challenges challenges(Secret("a-secret-key-for-tests-with-32-bytes-and-more"), clock);
    const Challenges others(Secret("another-key-for-tests-with-32-bytes-and-more"), clock);
    const std::string made = challenges.make(random, "sign in");
    EXPECT_EQ(challenges.expiry_of(made, "sign in"), clock.now() + challenge_life);
    EXPECT_FALSE(challenges.expiry_of(made, "register usr_1"));
    EXPECT_FALSE(others.expiry_of(made, "sign in"));
    for (std::size_t i = 0; i < made.size(); ++i) {
        std::string forged = made;
        forged[i] = forged[i] == 'A' ? 'B' : 'A';
        EXPECT_FALSE(challenges.expiry_of(forged, "sign in")) << i;
    }
    EXPECT_NE(challenges.make(random, "sign in"), made);
    clock.advance(challenge_life);
    EXPECT_FALSE(challenges.expiry_of(made, "sign in"));
    EXPECT_FALSE(challenges.expiry_of("", "sign in"));
}

}  // namespace
}  // namespace acme::factors
