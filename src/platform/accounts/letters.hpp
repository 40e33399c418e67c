#pragma once

/// The words of the mails that this room sends. Nothing that a stranger typed stands in them, or
/// mails of ours would carry it to any address. Private to platform/accounts.

#include "io/smtp/smtp.hpp"
#include "platform/accounts/proofs.hpp"

namespace acme::accounts {

/// To who signs up.
smtp::Letter confirm_letter(const Proofs::Told& told, const std::string& base_url);

/// To who has an account already and signs up again.
smtp::Letter known_letter(const Proofs::Told& told, const std::string& base_url);

/// To who forgot their password.
smtp::Letter reset_letter(const Proofs::Told& told, const std::string& base_url);

}  // namespace acme::accounts
