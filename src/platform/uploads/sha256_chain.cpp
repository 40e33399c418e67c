#include "platform/uploads/sha256_chain.hpp"

#include "base/bytes.hpp"

#include <openssl/sha.h>

#include <bit>
#include <stdexcept>

// The newer interface of OpenSSL does not give its state away.
#pragma clang diagnostic ignored "-Wdeprecated-declarations"

namespace acme::uploads {

Sha256Chain::Sha256Chain() : context_(std::make_unique<SHA256_CTX>()) {
    SHA256_Init(context_.get());
}

Sha256Chain::Sha256Chain(std::string_view state, std::uint64_t bytes) : Sha256Chain() {
    if (state.size() != state_bytes || bytes % block_bytes != 0) {
        throw std::invalid_argument("no state of SHA-256");
    }
    for (std::size_t i = 0; i < state_bytes; ++i) {
        SHA_LONG& word = context_->h[i / 4];
        word = word << 8 | static_cast<unsigned char>(state[i]);
    }
    const std::uint64_t bits = bytes * 8;
    context_->Nl = static_cast<SHA_LONG>(bits);
    context_->Nh = static_cast<SHA_LONG>(bits >> 32);
    bytes_ = bytes;
}

Sha256Chain::~Sha256Chain() = default;
Sha256Chain::Sha256Chain(Sha256Chain&& other) noexcept = default;
Sha256Chain& Sha256Chain::operator=(Sha256Chain&& other) noexcept = default;

void Sha256Chain::add(std::string_view bytes) {
    SHA256_Update(context_.get(), bytes.data(), bytes.size());
    bytes_ += bytes.size();
}

std::string Sha256Chain::state() const {
    if (bytes_ % block_bytes != 0) throw std::logic_error("between two blocks of SHA-256");
    std::string state;
    for (std::size_t i = 0; i < state_bytes; ++i) {
        state += static_cast<char>(context_->h[i / 4] >> (24 - 8 * (i % 4)));
    }
    return state;
}

std::string Sha256Chain::finish() {
    std::string digest(SHA256_DIGEST_LENGTH, '\0');
    SHA256_Final(std::bit_cast<unsigned char*>(digest.data()), context_.get());
    return to_hex(digest);
}

}  // namespace acme::uploads
