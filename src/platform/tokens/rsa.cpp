#include "platform/tokens/rsa.hpp"

#include "base/bytes.hpp"
#include "base/hash.hpp"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <bit>
#include <stdexcept>

namespace acme::tokens {
namespace {

using Key = std::shared_ptr<EVP_PKEY>;
using Number = std::unique_ptr<BIGNUM, decltype(&BN_free)>;
using Bio = std::unique_ptr<BIO, decltype(&BIO_free_all)>;
using Digest = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;

constexpr int number_bytes_max = rsa_bits / 8;
constexpr std::size_t public_pem_bytes_max = 8192;

/// Only memory can be short here.
void expect(bool ok) {
    if (!ok) throw std::runtime_error("OpenSSL cannot work with an RSA key");
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

unsigned char* bytes_of(std::string& text) { return std::bit_cast<unsigned char*>(text.data()); }

bool is_fit(const Key& key) {
    return key && EVP_PKEY_is_a(key.get(), "RSA") == 1 && EVP_PKEY_get_bits(key.get()) == rsa_bits;
}

Number number_of(std::string_view base64url) {
    const auto bytes = parse_base64url(base64url);
    const bool is_short = bytes && static_cast<int>(bytes->size()) <= number_bytes_max;
    if (!is_short || bytes->empty()) return {nullptr, BN_free};
    return {BN_bin2bn(bytes_of(*bytes), static_cast<int>(bytes->size()), nullptr), BN_free};
}

std::string number_in(const EVP_PKEY* key, const char* name) {
    BIGNUM* raw = nullptr;
    expect(EVP_PKEY_get_bn_param(key, name, &raw) == 1);
    const Number number(raw, BN_free);
    std::string bytes(static_cast<std::size_t>(BN_num_bytes(raw)), '\0');
    BN_bn2bin(raw, bytes_of(bytes));
    return to_base64url(bytes);
}

}  // namespace

RsaKey RsaKey::generate() {
    Key key(EVP_RSA_gen(rsa_bits), EVP_PKEY_free);
    expect(is_fit(key));
    return RsaKey(std::move(key));
}

std::optional<RsaKey> RsaKey::of_pem(const Secret& pem) {
    const Forget forget;
    const std::string_view text = pem.reveal();
    const Bio bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), BIO_free_all);
    expect(bio != nullptr);
    // The empty password keeps OpenSSL from asking a terminal for one.
    std::string none;
    Key key(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, none.data()), EVP_PKEY_free);
    if (!is_fit(key)) return std::nullopt;
    return RsaKey(std::move(key));
}

std::optional<RsaKey> RsaKey::of_public(const PublicNumbers& numbers) {
    const Forget forget;
    const Number modulus = number_of(numbers.modulus);
    const Number exponent = number_of(numbers.exponent);
    if (!modulus || !exponent) return std::nullopt;
    const std::unique_ptr<OSSL_PARAM_BLD, decltype(&OSSL_PARAM_BLD_free)> builder(
        OSSL_PARAM_BLD_new(), OSSL_PARAM_BLD_free
    );
    expect(OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get()) == 1);
    expect(OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, exponent.get()) == 1);
    const std::unique_ptr<OSSL_PARAM, decltype(&OSSL_PARAM_free)> params(
        OSSL_PARAM_BLD_to_param(builder.get()), OSSL_PARAM_free
    );
    const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> context(
        EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr), EVP_PKEY_CTX_free
    );
    expect(params && context && EVP_PKEY_fromdata_init(context.get()) == 1);
    EVP_PKEY* raw = nullptr;
    if (EVP_PKEY_fromdata(context.get(), &raw, EVP_PKEY_PUBLIC_KEY, params.get()) != 1) {
        return std::nullopt;
    }
    Key key(raw, EVP_PKEY_free);
    if (!is_fit(key)) return std::nullopt;
    return RsaKey(std::move(key));
}

std::optional<RsaKey> RsaKey::of_public_pem(std::string_view pem) {
    const Forget forget;
    if (pem.size() > public_pem_bytes_max) return std::nullopt;
    const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), BIO_free_all);
    expect(bio != nullptr);
    std::string none;
    Key key(PEM_read_bio_PUBKEY(bio.get(), nullptr, nullptr, none.data()), EVP_PKEY_free);
    if (!is_fit(key)) return std::nullopt;
    return RsaKey(std::move(key));
}

Secret RsaKey::pem() const {
    const Bio bio(BIO_new(BIO_s_secmem()), BIO_free_all);
    expect(bio != nullptr);
    EVP_PKEY* const key = key_.get();
    expect(
        PEM_write_bio_PKCS8PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1
    );
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio.get(), &data);
    expect(size > 0);
    return Secret(std::string(data, static_cast<std::size_t>(size)));
}

PublicNumbers RsaKey::numbers() const {
    return {
        .modulus = number_in(key_.get(), OSSL_PKEY_PARAM_RSA_N),
        .exponent = number_in(key_.get(), OSSL_PKEY_PARAM_RSA_E),
    };
}

std::string RsaKey::thumbprint() const {
    const PublicNumbers mine = numbers();
    std::string text = R"({"e":")";
    text.append(mine.exponent).append(R"(","kty":"RSA","n":")").append(mine.modulus).append("\"}");
    return to_base64url(sha256(text));
}

std::string RsaKey::sign(std::string_view text) const {
    const Digest context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
    expect(context != nullptr);
    expect(EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key_.get()) == 1);
    std::size_t size = number_bytes_max;
    std::string signature(size, '\0');
    expect(
        EVP_DigestSign(context.get(), bytes_of(signature), &size, bytes_of(text), text.size()) == 1
    );
    signature.resize(size);
    return signature;
}

bool RsaKey::has_signed(std::string_view text, std::string_view signature) const {
    const Forget forget;
    const Digest context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
    expect(context != nullptr);
    expect(EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key_.get()) == 1);
    return EVP_DigestVerify(
               context.get(), bytes_of(signature), signature.size(), bytes_of(text), text.size()
           ) == 1;
}

}  // namespace acme::tokens
