#pragma once

/// Recovery codes: what somebody writes down for the day on which the phone is gone. Ten of 50 bits
/// each, and the database keeps a keyed digest: without SECRET_KEY a copy of it is no help.

#include "base/seal.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace acme::factors {

inline constexpr std::size_t recovery_codes_count = 10;

class RecoveryCodes {
public:
    /// `secret_keys` is SECRET_KEY as given; this has a key of its own out of it.
    explicit RecoveryCodes(const Secret& secret_keys)
        : keys_(keys_for(secret_keys, "recovery codes v1")) {}

    /// "k7m2q-x9d4p".
    static std::string make(Random& random);

    /// To keep.
    std::string digest_of(const std::string& user, std::string_view code) const;

    /// To look for: one of each key. `code` as people type it: in any case, with blanks, and with
    /// letters in the place of digits.
    std::vector<std::string> digests_of(const std::string& user, std::string_view code) const;

private:
    std::vector<Secret> keys_;
};

}  // namespace acme::factors
