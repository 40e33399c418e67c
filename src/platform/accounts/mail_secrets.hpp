#pragma once

/// The token of a link and the code of eight digits that a mail carries, either of which proves
/// that somebody reads the mails of an address. Both are computed from the id of a row, with a key
/// out of SECRET_KEY, whenever they are needed: a mail that is sent twice says the same twice, and
/// the database holds neither.

#include "base/seal.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace acme::accounts {

inline constexpr std::size_t code_digits = 8;

class MailSecrets {
public:
    /// `secret_keys` is SECRET_KEY as given, `purpose` a literal such as "email proofs v1". The
    /// first key makes, all verify.
    MailSecrets(const Secret& secret_keys, std::string_view purpose)
        : keys_(keys_for(secret_keys, purpose)) {}

    /// The id, a dot and 43 characters: 256 bits.
    std::string token_of(const std::string& id) const;
    std::string code_of(const std::string& id) const;

    /// "" for what has no dot.
    static std::string_view id_in(std::string_view token);

    bool is_token_of(const std::string& id, std::string_view token) const;
    bool is_code_of(const std::string& id, std::string_view code) const;

private:
    std::vector<Secret> keys_;
};

/// What somebody brings: the token of the link, or the address and the code.
struct Brought {
    std::string token = "";
    std::string email = "";
    std::string code = "";
};

}  // namespace acme::accounts
