#pragma once

/// What a mail said, as it comes in a request: the token of its link, or the address and the code.
/// For .cpp files, like io/http/fields.hpp.

#include "platform/accounts/mail_secrets.hpp"

namespace acme::http {
class Fields;
}

namespace acme::sessions {

/// Takes "token", "email" and "code", which people type as "1234 5678". Complains of
/// accounts.proof_missing.
accounts::Brought read_proof(http::Fields& fields);

/// For Tries: not those of signing in, so that whoever asked for mails too often can still do that.
std::string account_of(std::string_view use, const std::string& email);

/// "" for a token, which cannot be guessed.
std::string account_of(const accounts::Brought& brought);

}  // namespace acme::sessions
