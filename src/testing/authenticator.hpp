#pragma once

/// A passkey in software: makes and uses one as browsers and authenticators do, for tests that want
/// to say what is wrong with it. Source: W3C Web Authentication Level 3, 6.1 and 6.5.1.

#include "platform/factors/webauthn.hpp"

#include <cstdint>
#include <memory>
#include <string>

struct evp_pkey_st;

namespace acme::testing {

class Authenticator {
public:
    enum class Kind : std::uint8_t { es256, rs256, eddsa };

    Authenticator(factors::Party party, Kind kind);

    /// Both with the next sign_count, unless they are not to count.
    factors::NewCredential make(std::string_view challenge);
    factors::Assertion use(std::string_view challenge, bool counts = true);

    /// As browsers write them.
    std::string made_json(std::string_view challenge);
    std::string used_json(std::string_view challenge, std::string_view user_handle = "");

    bool is_present = true;
    bool is_verified = true;
    std::uint32_t sign_count = 0;

private:
    struct Free {
        void operator()(evp_pkey_st* key) const;
    };

    std::string client_data(std::string_view type, std::string_view challenge) const;
    std::string head(std::uint8_t more_flags) const;
    std::string public_key() const;
    std::string sign(const std::string& bytes) const;

    factors::Party party_;
    Kind kind_;
    std::string id_;  // bytes
    std::unique_ptr<evp_pkey_st, Free> key_;
};

}  // namespace acme::testing
