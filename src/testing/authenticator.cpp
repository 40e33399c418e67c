#include "testing/authenticator.hpp"

#include "base/bytes.hpp"
#include "base/hash.hpp"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include <array>
#include <bit>
#include <stdexcept>

namespace acme::testing {
namespace {

constexpr std::uint8_t flag_present = 0x01;
constexpr std::uint8_t flag_verified = 0x04;
constexpr std::uint8_t flag_has_key = 0x40;

void must(bool is_done) {
    if (!is_done) throw std::runtime_error("OpenSSL would not");
}

const unsigned char* in(const std::string& bytes) {
    return std::bit_cast<const unsigned char*>(bytes.data());
}
unsigned char* out(std::string& bytes) { return std::bit_cast<unsigned char*>(bytes.data()); }

std::string big_endian(std::uint32_t number, int bytes) {
    std::string text;
    for (int i = bytes - 1; i >= 0; --i) text += static_cast<char>(number >> (8 * i));
    return text;
}

/// CBOR (RFC 8949): a number, negative too, and a string of bytes.
std::string cbor(int number) {
    const bool is_negative = number < 0;
    const auto value = static_cast<std::uint32_t>(is_negative ? -1 - number : number);
    const std::uint32_t major = is_negative ? 0x20 : 0x00;
    if (value < 24) return big_endian(major | value, 1);
    if (value < 256) return big_endian(major | 24, 1) + big_endian(value, 1);
    return big_endian(major | 25, 1) + big_endian(value, 2);
}

std::string cbor(const std::string& bytes) {
    const auto size = static_cast<std::uint32_t>(bytes.size());
    if (size < 24) return big_endian(0x40 | size, 1) + bytes;
    if (size < 256) return big_endian(0x58, 1) + big_endian(size, 1) + bytes;
    return big_endian(0x59, 1) + big_endian(size, 2) + bytes;
}

std::string number_in(EVP_PKEY* key, const char* name, std::size_t size) {
    BIGNUM* number = nullptr;
    must(EVP_PKEY_get_bn_param(key, name, &number) == 1);
    std::string bytes(size, '\0');
    const int written = BN_bn2binpad(number, out(bytes), static_cast<int>(size));
    BN_free(number);
    must(written > 0);
    return bytes;
}

EVP_PKEY* fresh_key(Authenticator::Kind kind) {
    switch (kind) {
        case Authenticator::Kind::es256: return EVP_EC_gen("P-256");
        case Authenticator::Kind::rs256: return EVP_RSA_gen(2048);
        case Authenticator::Kind::eddsa: return EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
    }
    return nullptr;
}

}  // namespace

void Authenticator::Free::operator()(evp_pkey_st* key) const { EVP_PKEY_free(key); }

Authenticator::Authenticator(factors::Party party, Kind kind)
    : party_(std::move(party)), kind_(kind), key_(fresh_key(kind)) {
    must(key_ != nullptr);
    id_ = sha256(public_key());
}

std::string Authenticator::client_data(std::string_view type, std::string_view challenge) const {
    return R"({"type":")" + std::string(type) + R"(","challenge":")" + std::string(challenge) +
           R"(","origin":")" + party_.origin + R"(","crossOrigin":false})";
}

std::string Authenticator::head(std::uint8_t more_flags) const {
    std::uint8_t flags = more_flags;
    if (is_present) flags |= flag_present;
    if (is_verified) flags |= flag_verified;
    return sha256(party_.id) + big_endian(flags, 1) + big_endian(sign_count, 4);
}

/// COSE_Key (RFC 9053).
std::string Authenticator::public_key() const {
    EVP_PKEY* const key = key_.get();
    if (kind_ == Kind::es256) {
        return big_endian(0xa5, 1) + cbor(1) + cbor(2) + cbor(3) + cbor(factors::algorithm_es256) +
               cbor(-1) + cbor(1) + cbor(-2) + cbor(number_in(key, OSSL_PKEY_PARAM_EC_PUB_X, 32)) +
               cbor(-3) + cbor(number_in(key, OSSL_PKEY_PARAM_EC_PUB_Y, 32));
    }
    if (kind_ == Kind::rs256) {
        return big_endian(0xa4, 1) + cbor(1) + cbor(3) + cbor(3) + cbor(factors::algorithm_rs256) +
               cbor(-1) + cbor(number_in(key, OSSL_PKEY_PARAM_RSA_N, 256)) + cbor(-2) +
               cbor(number_in(key, OSSL_PKEY_PARAM_RSA_E, 3));
    }
    std::string point(32, '\0');
    std::size_t size = point.size();
    must(EVP_PKEY_get_raw_public_key(key, out(point), &size) == 1);
    return big_endian(0xa4, 1) + cbor(1) + cbor(1) + cbor(3) + cbor(factors::algorithm_eddsa) +
           cbor(-1) + cbor(6) + cbor(-2) + cbor(point);
}

std::string Authenticator::sign(const std::string& bytes) const {
    using Context = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;
    const Context context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
    const EVP_MD* const digest = kind_ == Kind::eddsa ? nullptr : EVP_sha256();
    must(EVP_DigestSignInit(context.get(), nullptr, digest, nullptr, key_.get()) == 1);
    std::size_t size = 0;
    must(EVP_DigestSign(context.get(), nullptr, &size, in(bytes), bytes.size()) == 1);
    std::string signature(size, '\0');
    must(EVP_DigestSign(context.get(), out(signature), &size, in(bytes), bytes.size()) == 1);
    signature.resize(size);
    return signature;
}

factors::NewCredential Authenticator::make(std::string_view challenge) {
    ++sign_count;
    const auto id_size = static_cast<std::uint32_t>(id_.size());
    return {
        .id = to_base64url(id_),
        .client_data = client_data("webauthn.create", challenge),
        .authenticator_data = head(flag_has_key) + std::string(16, '\0') + big_endian(id_size, 2) +
                              id_ + public_key(),
    };
}

factors::Assertion Authenticator::use(std::string_view challenge, bool counts) {
    if (counts) ++sign_count;
    factors::Assertion assertion{
        .id = to_base64url(id_),
        .client_data = client_data("webauthn.get", challenge),
        .authenticator_data = head(0),
        .signature = "",
    };
    assertion.signature = sign(assertion.authenticator_data + sha256(assertion.client_data));
    return assertion;
}

std::string Authenticator::made_json(std::string_view challenge) {
    const auto made = make(challenge);
    return R"({"id":")" + made.id + R"(","type":"public-key","response":{"clientDataJSON":")" +
           to_base64url(made.client_data) + R"(","authenticatorData":")" +
           to_base64url(made.authenticator_data) + R"("}})";
}

std::string Authenticator::used_json(std::string_view challenge, std::string_view user_handle) {
    const auto used = use(challenge);
    std::string json = R"({"id":")" + used.id +
                       R"(","type":"public-key","response":{"clientDataJSON":")" +
                       to_base64url(used.client_data) + R"(","authenticatorData":")" +
                       to_base64url(used.authenticator_data) + R"(","signature":")" +
                       to_base64url(used.signature) + "\"";
    if (!user_handle.empty()) {
        json.append(R"(,"userHandle":")").append(to_base64url(user_handle)).append("\"");
    }
    return json + "}}";
}

}  // namespace acme::testing
