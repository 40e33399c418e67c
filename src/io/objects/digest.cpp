#include "io/objects/digest.hpp"

#include "base/bytes.hpp"
#include "base/hash.hpp"

#include <openssl/evp.h>

#include <array>
#include <stdexcept>

namespace acme::objects {

Digest digest_of(std::string_view bytes) {
    std::array<unsigned char, 16> md5{};
    if (EVP_Digest(bytes.data(), bytes.size(), md5.data(), nullptr, EVP_md5(), nullptr) != 1) {
        throw std::runtime_error("OpenSSL cannot hash");
    }
    std::array<unsigned char, 25> text{};
    EVP_EncodeBlock(text.data(), md5.data(), static_cast<int>(md5.size()));
    return {
        .sha256 = to_hex(sha256(bytes)),
        .md5 = std::string(text.begin(), text.end() - 1),
    };
}

}  // namespace acme::objects
