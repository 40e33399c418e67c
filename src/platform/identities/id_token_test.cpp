// What providers may say, and what somebody could bring in their name. No network, no database.
#include "platform/identities/id_token.hpp"

#include "base/bytes.hpp"
#include "base/hash.hpp"
#include "platform/identities/discovery.hpp"

#include <gtest/gtest.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include <bit>

namespace acme::identities {
namespace {

using Key = std::shared_ptr<EVP_PKEY>;

const WallTime noon =
    std::chrono::sys_days(std::chrono::year(2026) / 11 / 29) + std::chrono::hours(12);
const std::string in_an_hour = "1795957200";
const std::string now_seconds = "1795953600";

const Key& rsa() {
    static const Key key(EVP_RSA_gen(2048), EVP_PKEY_free);
    return key;
}

const Key& ec() {
    static const Key key(EVP_EC_gen("P-256"), EVP_PKEY_free);
    return key;
}

std::string number_in(const Key& key, const char* name, int size = 0) {
    BIGNUM* number = nullptr;
    EXPECT_EQ(EVP_PKEY_get_bn_param(key.get(), name, &number), 1);
    std::string bytes(static_cast<std::size_t>(size > 0 ? size : BN_num_bytes(number)), '\0');
    BN_bn2binpad(
        number, std::bit_cast<unsigned char*>(bytes.data()), static_cast<int>(bytes.size())
    );
    BN_free(number);
    return to_base64url(bytes);
}

std::string rsa_jwk(const Key& key, const std::string& more) {
    return R"({"kty":"RSA","n":")" + number_in(key, OSSL_PKEY_PARAM_RSA_N) + R"(","e":")" +
           number_in(key, OSSL_PKEY_PARAM_RSA_E) + "\"" + more + "}";
}

std::string ec_jwk(const std::string& more) {
    return R"({"kty":"EC","crv":"P-256","x":")" + number_in(ec(), OSSL_PKEY_PARAM_EC_PUB_X, 32) +
           R"(","y":")" + number_in(ec(), OSSL_PKEY_PARAM_EC_PUB_Y, 32) + "\"" + more + "}";
}

KeySet keys_of(const std::string& list) {
    return KeySet::parse(R"({"keys":[)" + list + "]}").value();
}

const KeySet& keys() {
    static const KeySet set = keys_of(
        rsa_jwk(rsa(), R"(,"kid":"r","use":"sig","alg":"RS256")") + "," + ec_jwk(R"(,"kid":"e")")
    );
    return set;
}

std::string der_signature(const Key& key, const std::string& text) {
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(
        EVP_MD_CTX_new(), EVP_MD_CTX_free
    );
    std::size_t size = 512;
    std::string signature(size, '\0');
    EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key.get());
    EVP_DigestSign(
        context.get(),
        std::bit_cast<unsigned char*>(signature.data()),
        &size,
        std::bit_cast<const unsigned char*>(text.data()),
        text.size()
    );
    signature.resize(size);
    return signature;
}

std::string raw_signature(const std::string& der) {
    const auto* bytes = std::bit_cast<const unsigned char*>(der.data());
    ECDSA_SIG* const pair = d2i_ECDSA_SIG(nullptr, &bytes, static_cast<long>(der.size()));
    std::string raw(64, '\0');
    auto* const out = std::bit_cast<unsigned char*>(raw.data());
    BN_bn2binpad(ECDSA_SIG_get0_r(pair), out, 32);
    BN_bn2binpad(ECDSA_SIG_get0_s(pair), out + 32, 32);
    ECDSA_SIG_free(pair);
    return raw;
}

std::string unsigned_token(const std::string& header, const std::string& claims) {
    return to_base64url(header) + "." + to_base64url(claims);
}

std::string token_of(
    const std::string& claims,
    const std::string& header = R"({"alg":"RS256","kid":"r"})",
    const Key& key = rsa()
) {
    const std::string text = unsigned_token(header, claims);
    return text + "." + to_base64url(der_signature(key, text));
}

/// Good ones, with `changed` in place of the claim of the same name.
std::string claims_with(const std::string& name = "", const std::string& value = "") {
    const std::vector<std::pair<std::string, std::string>> good{
        {"iss", R"("https://issuer.example")"},
        {"aud", R"("client")"},
        {"sub", R"("248289761001")"},
        {"nonce", R"("n-0S6_WzA2Mj")"},
        {"iat", now_seconds},
        {"exp", in_an_hour},
    };
    std::string text;
    bool is_set = name.empty();
    for (const auto& [key, usual] : good) {
        const bool is_this = key == name;
        is_set = is_set || is_this;
        const std::string& chosen = is_this ? value : usual;
        if (!chosen.empty()) text += (text.empty() ? "\"" : ",\"") + key + "\":" + chosen;
    }
    if (!is_set) text += ",\"" + name + "\":" + value;
    return "{" + text + "}";
}

std::expected<Person, Flaw> verify(const std::string& token, const KeySet& set = keys()) {
    return verify_id_token(
        token,
        set,
        {.issuer = "https://issuer.example",
         .client_id = "client",
         .nonce = "n-0S6_WzA2Mj",
         .now = noon}
    );
}

std::string flaw_of(const std::string& token, const KeySet& set = keys()) {
    const auto person = verify(token, set);
    return person ? "none" : std::string(name_of(person.error()));
}

TEST(IdToken, TellsWhomTheProviderMeans) {
    const auto person = verify(
        token_of(claims_with("email", R"("ada@example.com","email_verified":true,"name":"Ada")"))
    );
    ASSERT_TRUE(person) << name_of(person.error());
    EXPECT_EQ(person->subject, "248289761001");
    EXPECT_EQ(person->email, "ada@example.com");
    EXPECT_TRUE(person->is_email_verified);
    EXPECT_EQ(person->name, "Ada");
    EXPECT_FALSE(verify(token_of(claims_with()))->is_email_verified);
}

TEST(IdToken, IsSignedWithTheAlgorithmOfItsKeyAndWithNoOther) {
    const std::string claims = claims_with();
    const std::string es = unsigned_token(R"({"alg":"ES256","kid":"e"})", claims);
    const std::string der = der_signature(ec(), es);
    EXPECT_EQ(flaw_of(es + "." + to_base64url(raw_signature(der))), "none");
    EXPECT_EQ(flaw_of(es + "." + to_base64url(der)), "signature") << "not as JOSE has it";

    EXPECT_EQ(flaw_of(unsigned_token(R"({"alg":"none"})", claims) + "."), "algorithm");
    for (const char* const name : {"HS256", "RS512", "PS256", "rs256", "None", ""}) {
        const std::string header = R"({"kid":"r","alg":")" + std::string(name) + "\"}";
        EXPECT_EQ(flaw_of(token_of(claims, header)), "algorithm") << name;
    }
    // The other's key: ES256 with the id of an RSA key.
    EXPECT_EQ(flaw_of(token_of(claims, R"({"alg":"ES256","kid":"r"})")), "unknown_key");
}

TEST(IdToken, ThatWasSignedWithThePublicKeyAsASecretIsRefused) {
    const std::string text = unsigned_token(R"({"alg":"HS256","kid":"r"})", claims_with());
    const std::string secret = rsa_jwk(rsa(), "");
    EXPECT_EQ(flaw_of(text + "." + to_base64url(hmac_sha256(secret, text))), "algorithm");
}

TEST(IdToken, OfAKeyThatTheProviderDoesNotShowIsRefused) {
    const Key own(EVP_RSA_gen(2048), EVP_PKEY_free);
    EXPECT_EQ(flaw_of(token_of(claims_with(), R"({"alg":"RS256","kid":"r"})", own)), "signature");
    EXPECT_EQ(flaw_of(token_of(claims_with(), R"({"alg":"RS256","kid":"x"})")), "unknown_key");
    // What the token itself says of keys is not asked.
    const std::string jwk =
        R"({"alg":"RS256","kid":"x","jku":"https://evil","jwk":)" + rsa_jwk(own, "") + "}";
    EXPECT_EQ(flaw_of(token_of(claims_with(), jwk, own)), "unknown_key");
    std::string changed = token_of(claims_with());
    changed[changed.size() - 5] = changed[changed.size() - 5] == 'A' ? 'B' : 'A';
    EXPECT_EQ(flaw_of(changed), "signature");
}

TEST(IdToken, ThatNamesNoKeyIsOfTheOnlyOneThatCouldHaveSignedIt) {
    const std::string bare = token_of(claims_with(), R"({"alg":"RS256"})");
    EXPECT_EQ(flaw_of(bare), "none");
    const Key second(EVP_RSA_gen(2048), EVP_PKEY_free);
    EXPECT_EQ(
        flaw_of(bare, keys_of(rsa_jwk(rsa(), "") + "," + rsa_jwk(second, ""))), "unknown_key"
    );
    EXPECT_EQ(flaw_of(bare, keys_of("")), "unknown_key");
}

TEST(IdToken, EveryClaimIsChecked) {
    struct Case {
        const char* name;
        std::string value;
        const char* flaw;
    };
    for (const auto& [name, value, flaw] : std::vector<Case>{
             {"", "", "none"},
             {"iss", R"("https://issuer.example/")", "issuer"},
             {"iss", "", "issuer"},
             {"aud", R"("other")", "audience"},
             {"aud", "", "audience"},
             {"aud", R"(["client"])", "none"},
             {"aud", R"(["client","other"])", "audience"},
             {"aud", R"(["other","third"],"azp":"client")", "audience"},
             {"aud", R"(["client","other"],"azp":"client")", "none"},
             {"azp", R"("other")", "audience"},
             {"nonce", R"("other")", "nonce"},
             {"nonce", "", "nonce"},
             {"exp", "1795953541", "none"},  // 59 seconds ago
             {"exp", "1795953540", "time"},  // a minute ago
             {"exp", "", "time"},
             {"exp", R"("never")", "time"},
             {"iat", "1795953661", "time"},  // in the future
             {"iat", "", "time"},
             {"sub", "", "subject"},
             {"sub", R"("")", "subject"},
             {"sub", "7", "subject"},
             {"sub", "\"" + std::string(256, 'x') + "\"", "subject"},
         }) {
        EXPECT_EQ(flaw_of(token_of(claims_with(name, value))), flaw) << name << " " << value;
    }
}

TEST(IdToken, WhatIsMadeToDeceiveIsNotTakenApart) {
    const std::string good = token_of(claims_with());
    for (const std::string& text : std::vector<std::string>{
             "",
             ".",
             "..",
             "a.b.c",
             good + ".",
             good.substr(0, good.rfind('.')),
             good + std::string(id_token_bytes_max, 'A'),
             token_of(claims_with(), R"({"alg":"RS256","kid":"r","crit":["b64"],"b64":false})"),
             token_of(claims_with(), R"({"alg":"none","alg":"RS256","kid":"r"})"),
             token_of(claims_with(), R"({"alg":"RS256","kid":"r","typ":"at+jwt"})"),
             token_of(claims_with("sub", R"("a","sub":"b")")),
             token_of("[]"),
         }) {
        EXPECT_EQ(flaw_of(text), "malformed") << text;
    }
}

TEST(KeySet, LeavesOutWhatIsOfNoUse) {
    const Key small(EVP_RSA_gen(1024), EVP_PKEY_free);
    EXPECT_EQ(keys().size(), 2);
    for (const std::string& jwk : {
             rsa_jwk(small, ""),
             rsa_jwk(rsa(), R"(,"use":"enc")"),
             rsa_jwk(rsa(), R"(,"alg":"RS512")"),
             rsa_jwk(rsa(), R"(,"alg":"ES256")"),
             std::string(R"({"kty":"oct","k":"c2VjcmV0"})"),
             std::string(R"({"kty":"RSA","n":"AQAB"})"),
             std::string(R"({"kty":"EC","crv":"P-384","x":"AA","y":"AA"})"),
             R"({"kty":"EC","crv":"P-256","x":")" + to_base64url(std::string(32, 1)) +
                 R"(","y":")" + to_base64url(std::string(32, 1)) + R"("})",
             std::string("7"),
         }) {
        EXPECT_EQ(keys_of(jwk).size(), 0) << jwk;
    }
    EXPECT_FALSE(KeySet::parse("{}"));
    EXPECT_FALSE(KeySet::parse(R"({"keys":{}})"));
    EXPECT_FALSE(KeySet::parse("<html>"));
}

std::string document(
    const std::string& more = "", const std::string& token = "https://i.example/t"
) {
    return R"({"issuer":"https://i.example","authorization_endpoint":"https://i.example/a",)"
           R"("jwks_uri":"https://keys.example/k","token_endpoint":")" +
           token + "\"" + more + "}";
}

TEST(Discovery, IsTheIssuersOwnAndNamesSafeAddresses) {
    const auto parsed = parse_discovery(document(), "https://i.example");
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->token_endpoint, "https://i.example/t");
    EXPECT_TRUE(parsed->takes_basic);
    EXPECT_FALSE(parsed->names_issuer);
    EXPECT_FALSE(parse_discovery(document(), "https://i.example/"));
    EXPECT_FALSE(parse_discovery(document(), "https://other.example"));
    for (const char* const unsafe :
         {"http://i.example/t",
          "file:///etc/passwd",
          "",
          "//i.example/t",
          "javascript:1",
          "https://user@i.example/t",
          "http://127.evil.example/t"}) {
        EXPECT_FALSE(parse_discovery(document("", unsafe), "https://i.example")) << unsafe;
    }
    EXPECT_TRUE(parse_discovery(document("", "http://127.0.0.1:1/t"), "https://i.example"));
    EXPECT_FALSE(parse_discovery("<html>", "https://i.example"));
    EXPECT_EQ(
        discovery_url("https://i.example/r/"),
        "https://i.example/r/.well-known/openid-configuration"
    );
}

TEST(Discovery, SaysHowTheSecretIsToBeBrought) {
    const auto takes = [](const std::string& list) {
        return parse_discovery(
            document(R"(,"token_endpoint_auth_methods_supported":)" + list), "https://i.example"
        );
    };
    EXPECT_TRUE(takes(R"(["client_secret_post","client_secret_basic"])")->takes_basic);
    EXPECT_FALSE(takes(R"(["client_secret_post"])")->takes_basic);
    EXPECT_FALSE(takes(R"(["private_key_jwt"])"));
    const auto named = parse_discovery(
        document(R"(,"authorization_response_iss_parameter_supported":true)"), "https://i.example"
    );
    EXPECT_TRUE(named->names_issuer);
}

TEST(Userinfo, IsOfTheSamePerson) {
    const char* const text = R"({"sub":"1","email":"a@b.c","email_verified":"true"})";
    EXPECT_EQ(parse_userinfo(text, "1")->email, "a@b.c");
    EXPECT_TRUE(parse_userinfo(text, "1")->is_email_verified);
    EXPECT_FALSE(parse_userinfo(text, "2"));
    EXPECT_FALSE(parse_userinfo("{}", "1"));
    EXPECT_FALSE(parse_userinfo("eyJ", "1"));
}

}  // namespace
}  // namespace acme::identities
