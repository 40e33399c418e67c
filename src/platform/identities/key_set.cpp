#include "platform/identities/key_set.hpp"

#include "base/bytes.hpp"
#include "io/http/json.hpp"
#include "platform/identities/claims.hpp"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include <bit>
#include <stdexcept>

namespace acme::identities {
namespace {

namespace json = boost::json;

using Pkey = std::shared_ptr<EVP_PKEY>;
using Number = std::unique_ptr<BIGNUM, decltype(&BN_free)>;
using Builder = std::unique_ptr<OSSL_PARAM_BLD, decltype(&OSSL_PARAM_BLD_free)>;

constexpr int rsa_bits_min = 2048;
constexpr int rsa_bits_max = 8192;
constexpr std::size_t coordinate_bytes = 32;  // of P-256

/// Only memory can be short here.
void expect(bool ok) {
    if (!ok) throw std::runtime_error("OpenSSL cannot work with a public key");
}

/// What OpenSSL thinks of bytes from outside is no matter of whoever asks it next on this thread.
struct Forget {
    Forget() = default;
    Forget(const Forget&) = delete;
    Forget& operator=(const Forget&) = delete;
    ~Forget() { ERR_clear_error(); }
};

const unsigned char* bytes_of(std::string_view text) {
    return std::bit_cast<const unsigned char*>(text.data());
}

Number number_of(std::string_view bytes) {
    return {BN_bin2bn(bytes_of(bytes), static_cast<int>(bytes.size()), nullptr), BN_free};
}

/// nullptr for numbers that make no key.
Pkey build(const char* kind, const Builder& builder) {
    const std::unique_ptr<OSSL_PARAM, decltype(&OSSL_PARAM_free)> params(
        OSSL_PARAM_BLD_to_param(builder.get()), OSSL_PARAM_free
    );
    const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> context(
        EVP_PKEY_CTX_new_from_name(nullptr, kind, nullptr), EVP_PKEY_CTX_free
    );
    expect(params && context && EVP_PKEY_fromdata_init(context.get()) == 1);
    EVP_PKEY* raw = nullptr;
    if (EVP_PKEY_fromdata(context.get(), &raw, EVP_PKEY_PUBLIC_KEY, params.get()) != 1) {
        return nullptr;
    }
    return {raw, EVP_PKEY_free};
}

Pkey rsa_key(const json::object& jwk) {
    const auto modulus = parse_base64url(text_in(jwk, "n"));
    const auto exponent = parse_base64url(text_in(jwk, "e"));
    const bool is_whole = modulus && exponent && !modulus->empty() && !exponent->empty();
    if (!is_whole || modulus->size() > rsa_bits_max / 8 || exponent->size() > 8) return nullptr;
    const Builder builder(OSSL_PARAM_BLD_new(), OSSL_PARAM_BLD_free);
    const Number n = number_of(*modulus);
    const Number e = number_of(*exponent);
    expect(OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) == 1);
    expect(OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) == 1);
    Pkey key = build("RSA", builder);
    return key && EVP_PKEY_get_bits(key.get()) >= rsa_bits_min ? key : nullptr;
}

Pkey ec_key(const json::object& jwk) {
    const auto x = parse_base64url(text_in(jwk, "x"));
    const auto y = parse_base64url(text_in(jwk, "y"));
    if (text_in(jwk, "crv") != "P-256" || !x || !y) return nullptr;
    if (x->size() != coordinate_bytes || y->size() != coordinate_bytes) return nullptr;
    const std::string point = "\x04" + *x + *y;  // uncompressed: SEC 1, 2.3.3
    const Builder builder(OSSL_PARAM_BLD_new(), OSSL_PARAM_BLD_free);
    constexpr const char* group = OSSL_PKEY_PARAM_GROUP_NAME;
    expect(OSSL_PARAM_BLD_push_utf8_string(builder.get(), group, "prime256v1", 0) == 1);
    constexpr const char* half = OSSL_PKEY_PARAM_PUB_KEY;
    expect(OSSL_PARAM_BLD_push_octet_string(builder.get(), half, point.data(), point.size()) == 1);
    return build("EC", builder);
}

/// As OpenSSL takes it; "" for what is no signature of that size. Source: RFC 7518, 3.4.
std::string to_der(std::string_view signature) {
    if (signature.size() != 2 * coordinate_bytes) return "";
    const std::unique_ptr<ECDSA_SIG, decltype(&ECDSA_SIG_free)> pair(
        ECDSA_SIG_new(), ECDSA_SIG_free
    );
    Number r = number_of(signature.substr(0, coordinate_bytes));
    Number s = number_of(signature.substr(coordinate_bytes));
    expect(pair && r && s && ECDSA_SIG_set0(pair.get(), r.get(), s.get()) == 1);
    std::ignore = r.release();
    std::ignore = s.release();
    unsigned char* bytes = nullptr;
    const int size = i2d_ECDSA_SIG(pair.get(), &bytes);
    expect(size > 0);
    std::string der(std::bit_cast<const char*>(bytes), static_cast<std::size_t>(size));
    OPENSSL_free(bytes);
    return der;
}

bool has_key_signed(EVP_PKEY* key, std::string_view text, std::string_view signature) {
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(
        EVP_MD_CTX_new(), EVP_MD_CTX_free
    );
    expect(context != nullptr);
    expect(EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key) == 1);
    return EVP_DigestVerify(
               context.get(), bytes_of(signature), signature.size(), bytes_of(text), text.size()
           ) == 1;
}

}  // namespace

std::optional<Algorithm> algorithm_of(std::string_view name) {
    if (name == "RS256") return Algorithm::rs256;
    if (name == "ES256") return Algorithm::es256;
    return std::nullopt;
}

std::optional<KeySet> KeySet::parse(std::string_view text) {
    const Forget forget;
    const auto object = http::parse_object(text);
    const json::value* const value = object ? object->if_contains("keys") : nullptr;
    const json::array* const list = value == nullptr ? nullptr : value->if_array();
    if (list == nullptr) return std::nullopt;
    KeySet set;
    for (const json::value& item : *list) {
        const json::object* const jwk = item.if_object();
        if (jwk == nullptr || set.keys_.size() == keys_max) continue;
        const std::string kind = text_in(*jwk, "kty");
        const auto own = kind == "RSA" ? Algorithm::rs256 : Algorithm::es256;
        const std::string named = text_in(*jwk, "alg");
        const std::string use = text_in(*jwk, "use");
        if (!named.empty() && algorithm_of(named) != own) continue;
        if (!use.empty() && use != "sig") continue;
        Pkey key;
        if (kind == "RSA") key = rsa_key(*jwk);
        if (kind == "EC") key = ec_key(*jwk);
        if (key) set.keys_.push_back({text_in(*jwk, "kid"), own, std::move(key)});
    }
    return set;
}

KeySet::Finding KeySet::has_signed(
    Algorithm algorithm, std::string_view key_id, std::string_view text, std::string_view signature
) const {
    const Forget forget;
    const Key* found = nullptr;
    for (const Key& key : keys_) {
        if (key.algorithm != algorithm) continue;
        if (!key_id.empty() && key.id != key_id) continue;
        if (found != nullptr) return Finding::no_key;  // two of them: which is meant, nobody says
        found = &key;
    }
    if (found == nullptr) return Finding::no_key;
    std::string der;
    if (algorithm == Algorithm::es256) {
        der = to_der(signature);
        if (der.empty()) return Finding::wrong;
        signature = der;
    }
    return has_key_signed(found->key.get(), text, signature) ? Finding::good : Finding::wrong;
}

}  // namespace acme::identities
