// Keys and tokens without a database. What others' libraries make of them: tests/test_tokens.py.
#include "platform/tokens/jwt.hpp"

#include "base/bytes.hpp"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

namespace acme::tokens {
namespace {

using std::chrono::hours;

const WallTime noon = std::chrono::sys_days(std::chrono::year(2026) / 11 / 29) + hours(12);

const RsaKey& key() {
    static const RsaKey made = RsaKey::generate();
    return made;
}

Claims claims() {
    return {
        .issuer = "https://acme.example",
        .audience = "https://acme.example",
        .subject = "usr_a",
        .org = "org_b",
        .scope = "files:read",
        .id = "1",
        .issued_at = noon,
        .expires_at = noon + hours(24),
    };
}

std::string token_of(std::string header, std::string body) {
    return to_base64url(header) + "." + to_base64url(body) + "." + to_base64url("signature");
}

Secret pem_of(EVP_PKEY* raw) {
    BIO* const bio = BIO_new(BIO_s_mem());
    PEM_write_bio_PrivateKey(bio, raw, nullptr, nullptr, 0, nullptr, nullptr);
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio, &data);
    Secret pem(std::string(data, static_cast<std::size_t>(size)));
    BIO_free(bio);
    EVP_PKEY_free(raw);
    return pem;
}

TEST(RsaKey, SignsWhatItsPublicHalfVerifiesAndNothingElse) {
    const auto half = parse_jwk(to_jwk(key()));
    ASSERT_TRUE(half);
    std::string signature = key().sign("text");
    EXPECT_EQ(signature.size(), 512);
    EXPECT_TRUE(half->has_signed("text", signature));
    EXPECT_FALSE(half->has_signed("texT", signature));
    signature[7] = static_cast<char>(signature[7] ^ 1);
    EXPECT_FALSE(half->has_signed("text", signature));
    EXPECT_FALSE(half->has_signed("text", ""));
    EXPECT_EQ(half->thumbprint(), key().thumbprint());
    EXPECT_EQ(RsaKey::of_pem(key().pem())->thumbprint(), key().thumbprint());
}

TEST(RsaKey, OfAnotherSizeOrKindIsRefused) {
    EXPECT_FALSE(RsaKey::of_pem(pem_of(EVP_RSA_gen(2048))));
    EXPECT_FALSE(RsaKey::of_pem(pem_of(EVP_EC_gen("P-256"))));
    EXPECT_FALSE(RsaKey::of_pem(Secret("no key")));
    PublicNumbers numbers = key().numbers();
    EXPECT_TRUE(RsaKey::of_public(numbers));
    numbers.modulus = to_base64url(std::string(256, '\xff'));
    EXPECT_FALSE(RsaKey::of_public(numbers)) << "2048 bits";
    EXPECT_FALSE(RsaKey::of_public({.modulus = "", .exponent = "AQAB"}));
    EXPECT_FALSE(parse_jwk(R"({"kty":"oct","k":"c2VjcmV0"})"));
    EXPECT_FALSE(parse_jwk("no json"));
    std::string whole = to_jwk(key());
    whole.insert(1, R"("d":"AQAB",)");
    EXPECT_FALSE(parse_jwk(whole)) << "the private half is not ours to have";
}

TEST(Jwt, ComesBackFromItsText) {
    const std::string text = to_be_signed(claims(), "kid-1");
    const auto parts = take_apart(with_signature(text, "signature"));
    ASSERT_TRUE(parts);
    EXPECT_EQ(parts->key_id, "kid-1");
    EXPECT_EQ(parts->type, "at+jwt");
    EXPECT_EQ(parts->issuer, "https://acme.example");
    EXPECT_EQ(parts->audiences, std::vector<std::string>{"https://acme.example"});
    EXPECT_EQ(parts->subject, "usr_a");
    EXPECT_EQ(parts->org, "org_b");
    EXPECT_EQ(parts->scope, "files:read");
    EXPECT_EQ(parts->id, "1");
    EXPECT_EQ(parts->issued_at, noon);
    EXPECT_EQ(parts->expires_at - parts->issued_at, hours(24));
    EXPECT_EQ(parts->text, text);
    EXPECT_EQ(parts->signature, "signature");
}

TEST(Jwt, WhatIsMadeToDeceiveIsNotTakenApart) {
    const std::string body = R"({"sub":"usr_a"})";
    ASSERT_TRUE(take_apart(token_of(R"({"alg":"RS256"})", body)));
    for (const char* const header : {
             R"({"alg":"none"})",
             R"({"alg":"HS256"})",
             R"({"alg":"rs256"})",
             R"({"alg":"RS256","crit":["exp"]})",
             R"({"alg":"none","alg":"RS256"})",
             R"(["RS256"])",
             "{}",
         }) {
        EXPECT_FALSE(take_apart(token_of(header, body))) << header;
    }
    EXPECT_FALSE(take_apart(token_of(R"({"alg":"RS256"})", R"({"sub":"a","sub":"b"})")));
    EXPECT_FALSE(take_apart(token_of(R"({"alg":"RS256"})", "[]")));
    EXPECT_FALSE(take_apart(token_of(R"({"alg":"RS256"})", std::string(5000, ' '))));
    for (const char* const text : {"", ".", "..", "eyJ", "a.b.c", "a.b"}) {
        EXPECT_FALSE(take_apart(text)) << text;
    }
}

}  // namespace
}  // namespace acme::tokens
