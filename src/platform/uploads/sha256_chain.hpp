#pragma once

/// SHA-256 that one process puts down and another takes up. Only between two blocks of 64 bytes:
/// there its whole state is 32 bytes, and every part but the last ends there. Source: FIPS 180-4.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

struct SHA256state_st;

namespace acme::uploads {

class Sha256Chain {
public:
    static constexpr std::size_t state_bytes = 32;
    static constexpr std::size_t block_bytes = 64;

    Sha256Chain();

    /// As state() told it when `bytes` had been added. Throws std::invalid_argument for another
    /// length, or bytes that are no whole blocks.
    Sha256Chain(std::string_view state, std::uint64_t bytes);

    ~Sha256Chain();
    Sha256Chain(Sha256Chain&& other) noexcept;
    Sha256Chain& operator=(Sha256Chain&& other) noexcept;

    void add(std::string_view bytes);

    /// Throws std::logic_error between blocks.
    std::string state() const;

    /// Hex. Nothing may be added after it.
    std::string finish();

private:
    std::unique_ptr<SHA256state_st> context_;
    std::uint64_t bytes_ = 0;
};

}  // namespace acme::uploads
