#include "base/seal.hpp"

#include "base/bytes.hpp"
#include "base/hash.hpp"

#include <openssl/evp.h>

#include <array>
#include <bit>
#include <memory>
#include <span>
#include <stdexcept>

namespace acme {
namespace {

constexpr std::size_t key_bytes = 32;
constexpr std::size_t nonce_bytes = 12;
constexpr std::size_t tag_bytes = 16;
constexpr std::string_view version = "v1.";
constexpr std::size_t id_digits = 8;

using Context = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

// OpenSSL counts in int and reads unsigned char; everything here is far below 2 GiB.
int length(std::string_view text) { return static_cast<int>(text.size()); }
const unsigned char* in(std::string_view text) {
    return std::bit_cast<const unsigned char*>(text.data());
}
unsigned char* out(char* bytes) { return std::bit_cast<unsigned char*>(bytes); }

void must(int result) {
    if (result != 1) throw std::runtime_error("AES-256-GCM is not at hand");
}

std::string encrypt(
    const Secret& key, std::string_view nonce, std::string_view text, std::string_view owner
) {
    const Context context(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
    std::string sealed(text.size() + tag_bytes, '\0');
    int size = 0;
    must(EVP_EncryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, in(key.reveal()), in(nonce))
    );
    must(EVP_EncryptUpdate(context.get(), nullptr, &size, in(owner), length(owner)));
    must(EVP_EncryptUpdate(context.get(), out(sealed.data()), &size, in(text), length(text)));
    must(EVP_EncryptFinal_ex(context.get(), out(sealed.data() + size), &size));
    must(EVP_CIPHER_CTX_ctrl(
        context.get(), EVP_CTRL_GCM_GET_TAG, tag_bytes, sealed.data() + text.size()
    ));
    return sealed;
}

std::optional<Secret> decrypt(
    const Secret& key, std::string_view nonce, std::string_view sealed, std::string_view owner
) {
    const Context context(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
    const auto body = sealed.substr(0, sealed.size() - tag_bytes);
    std::string tag(sealed.substr(body.size()));
    std::string text(body.size(), '\0');
    int size = 0;
    must(EVP_DecryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, in(key.reveal()), in(nonce))
    );
    must(EVP_DecryptUpdate(context.get(), nullptr, &size, in(owner), length(owner)));
    must(EVP_DecryptUpdate(context.get(), out(text.data()), &size, in(body), length(body)));
    must(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, tag_bytes, tag.data()));
    if (EVP_DecryptFinal_ex(context.get(), out(text.data() + size), &size) != 1) {
        wipe(text);
        return std::nullopt;
    }
    return Secret(std::move(text));
}

/// "<id>" of "v1.<id>.<bytes>"; "" for anything else.
std::string_view id_in(std::string_view sealed) {
    constexpr std::size_t head = version.size() + id_digits + 1;
    if (!sealed.starts_with(version) || sealed.size() < head || sealed[head - 1] != '.') return "";
    return sealed.substr(version.size(), id_digits);
}

}  // namespace

std::vector<Secret> keys_for(const Secret& secret_keys, std::string_view purpose) {
    std::vector<Secret> keys;
    std::string_view rest = secret_keys.reveal();
    while (!rest.empty()) {
        const auto comma = std::min(rest.find(','), rest.size());
        if (comma > 0) {
            const Secret root{std::string(rest.substr(0, comma))};
            keys.push_back(hkdf_sha256(root, purpose));
        }
        rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
    if (keys.empty()) throw std::invalid_argument("SECRET_KEY is empty");
    return keys;
}

Seal::Seal(std::vector<Secret> keys) {
    for (Secret& key : keys) {
        if (key.size() != key_bytes) throw std::invalid_argument("a key of another length");
        keys_.push_back({to_hex(sha256(key.reveal())).substr(0, id_digits), std::move(key)});
    }
    if (keys_.empty()) throw std::invalid_argument("no key to seal with");
}

std::string Seal::close(Random& random, std::string_view text, std::string_view owner) const {
    std::array<std::byte, nonce_bytes> chance{};
    random.fill(chance);
    std::string nonce;
    for (const std::byte byte : chance) nonce += static_cast<char>(byte);
    const std::string sealed = encrypt(keys_.front().key, nonce, text, owner);
    return std::string(version) + keys_.front().id + "." + to_base64url(nonce + sealed);
}

std::optional<Secret> Seal::open(std::string_view sealed, std::string_view owner) const {
    const auto id = id_in(sealed);
    if (id.empty()) return std::nullopt;
    const auto bytes = parse_base64url(sealed.substr(version.size() + id_digits + 1));
    if (!bytes || bytes->size() < nonce_bytes + tag_bytes) return std::nullopt;
    const std::string_view all(*bytes);
    for (const Key& key : keys_) {
        if (key.id != id) continue;
        return decrypt(key.key, all.substr(0, nonce_bytes), all.substr(nonce_bytes), owner);
    }
    return std::nullopt;
}

bool Seal::is_outdated(std::string_view sealed) const { return id_in(sealed) != keys_.front().id; }

}  // namespace acme
