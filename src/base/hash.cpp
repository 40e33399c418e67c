#include "base/hash.hpp"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include <array>
#include <bit>
#include <stdexcept>

namespace acme {
namespace {

/// Only memory can be short here.
void expect(bool ok) {
    if (!ok) throw std::runtime_error("OpenSSL cannot hash");
}

const unsigned char* bytes_of(std::string_view text) {
    return std::bit_cast<const unsigned char*>(text.data());
}

unsigned char* bytes_of(std::string& text) { return std::bit_cast<unsigned char*>(text.data()); }

/// OpenSSL 3 looks EVP_sha256() up anew for each digest, which takes longer than a short one does.
const EVP_MD* sha256_method() {
    static const std::unique_ptr<EVP_MD, decltype(&EVP_MD_free)> method(
        EVP_MD_fetch(nullptr, "SHA256", nullptr), EVP_MD_free
    );
    expect(method != nullptr);
    return method.get();
}

}  // namespace

std::string sha256(std::string_view bytes) {
    std::string digest(sha256_bytes, '\0');
    const auto* const method = sha256_method();
    expect(EVP_Digest(bytes.data(), bytes.size(), bytes_of(digest), nullptr, method, nullptr) == 1);
    return digest;
}

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
    expect(context_ && EVP_DigestInit_ex(context_.get(), sha256_method(), nullptr) == 1);
}

Sha256::~Sha256() = default;

void Sha256::Free::operator()(evp_md_ctx_st* context) const { EVP_MD_CTX_free(context); }

void Sha256::add(std::string_view bytes) {
    expect(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1);
}

std::string Sha256::finish() {
    std::string digest(sha256_bytes, '\0');
    expect(EVP_DigestFinal_ex(context_.get(), bytes_of(digest), nullptr) == 1);
    expect(EVP_DigestInit_ex(context_.get(), sha256_method(), nullptr) == 1);
    return digest;
}

std::string hmac_sha256(std::string_view key, std::string_view bytes) {
    std::string digest(sha256_bytes, '\0');
    expect(
        HMAC(
            EVP_sha256(),
            key.data(),
            static_cast<int>(key.size()),
            bytes_of(bytes),
            bytes.size(),
            bytes_of(digest),
            nullptr
        ) != nullptr
    );
    return digest;
}

Secret hkdf_sha256(const Secret& secret, std::string_view purpose, std::size_t bytes) {
    const std::unique_ptr<EVP_KDF, decltype(&EVP_KDF_free)> kdf(
        EVP_KDF_fetch(nullptr, "HKDF", nullptr), EVP_KDF_free
    );
    const std::unique_ptr<EVP_KDF_CTX, decltype(&EVP_KDF_CTX_free)> context(
        EVP_KDF_CTX_new(kdf.get()), EVP_KDF_CTX_free
    );
    expect(context != nullptr);
    std::string digest = "SHA256";
    std::string key(secret.reveal());
    std::string info(purpose);
    const std::array<OSSL_PARAM, 4> params{
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest.data(), 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, key.data(), key.size()),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info.data(), info.size()),
        OSSL_PARAM_construct_end(),
    };
    std::string derived(bytes, '\0');
    const int ok = EVP_KDF_derive(context.get(), bytes_of(derived), bytes, params.data());
    OPENSSL_cleanse(key.data(), key.size());
    expect(ok == 1);
    return Secret(std::move(derived));
}

}  // namespace acme
