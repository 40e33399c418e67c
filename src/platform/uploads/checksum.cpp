#include "platform/uploads/checksum.hpp"

#include <openssl/evp.h>

#include <array>
#include <stdexcept>

namespace acme::uploads {
namespace {

/// Only memory can be short here.
void expect(bool ok) {
    if (!ok) throw std::runtime_error("OpenSSL cannot hash");
}

}  // namespace

void ChecksumCheck::Free::operator()(evp_md_ctx_st* context) const { EVP_MD_CTX_free(context); }

ChecksumCheck::ChecksumCheck(Checksum expected)
    : expected_(std::move(expected)), context_(EVP_MD_CTX_new()) {
    const EVP_MD* const digest = expected_.digest == Digest::sha1 ? EVP_sha1() : EVP_sha256();
    expect(context_ && EVP_DigestInit_ex(context_.get(), digest, nullptr) == 1);
}

void ChecksumCheck::add(std::string_view bytes) {
    expect(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1);
}

bool ChecksumCheck::is_right() {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    expect(EVP_DigestFinal_ex(context_.get(), digest.data(), &size) == 1);
    return std::string(digest.begin(), digest.begin() + size) == expected_.bytes;
}

}  // namespace acme::uploads
