#pragma once

/// Accounts of the platform's own, with which its checks and its trial traffic sign in.

#include "base/secret.hpp"
#include "platform/accounts/accounts.hpp"
#include "platform/accounts/passwords.hpp"

namespace acme::accounts {

/// The account of that address, made when there is none, with a password of chance that nobody
/// else knows: the one before it no longer opens it, sessions go on. Twice at once: the later
/// password stands. Errors: accounts.synthetic_disabled (forbidden), when an administrator has
/// disabled it; loop.busy (unavailable); those of Accounts::create(). Throws pg::Fault.
Task<Result<Secret>> open_synthetic(
    Accounts& accounts,
    Passwords& passwords,
    pg::Database& db,
    Telemetry& telemetry,
    trace::Context context,
    NewUser wanted
);

}  // namespace acme::accounts
