#include "base/secret.hpp"

#include "base/bytes.hpp"

#include <cstring>
#include <new>
#include <sodium.h>
#include <stdexcept>
#include <utility>

namespace acme {
namespace {

/// Returns memory that can be read, but not written any more.
char* guarded_copy(std::string_view text) {
    // Of its own accord sodium_malloc() works only after sodium_init(), which may be called twice.
    static const bool is_ready = sodium_init() >= 0;
    if (!is_ready) throw std::runtime_error("libsodium does not start");
    auto* const bytes = static_cast<char*>(sodium_malloc(text.size() + 1));
    if (bytes == nullptr) throw std::bad_alloc();
    std::memcpy(bytes, text.data(), text.size());
    bytes[text.size()] = '\0';
    sodium_mprotect_readonly(bytes);
    return bytes;
}

}  // namespace

Secret::Secret(std::string value)
    : bytes_(value.empty() ? nullptr : guarded_copy(value)), size_(value.size()) {
    wipe(value);
}

Secret::Secret(Secret&& other) noexcept
    : bytes_(std::move(other.bytes_)), size_(std::exchange(other.size_, 0)) {}

Secret& Secret::operator=(Secret&& other) noexcept {
    bytes_ = std::move(other.bytes_);
    size_ = std::exchange(other.size_, 0);
    return *this;
}

Secret Secret::clone() const {
    Secret copy;
    if (!empty()) copy.bytes_.reset(guarded_copy(reveal()));
    copy.size_ = size_;
    return copy;
}

std::string_view Secret::reveal() const {
    return bytes_ ? std::string_view(bytes_.get(), size_) : std::string_view("");
}

void Secret::Free::operator()(char* bytes) const noexcept { sodium_free(bytes); }

bool operator==(const Secret& a, const Secret& b) {
    return equals_in_constant_time(a.reveal(), b.reveal());
}

void wipe(std::string& text) { sodium_memzero(text.data(), text.size()); }

}  // namespace acme
