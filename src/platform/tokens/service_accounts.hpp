#pragma once

/// Accounts of programs, which belong to an organization and to no person. The room owns the tables
/// service_accounts and service_account_credentials (sql/202611291200_service_accounts.sql).
///
/// An account takes a user's place wherever one acts (audit, quota, idempotency), so its id is of
/// the kind of a user's. It proves itself with secrets, of which it may have two while one replaces
/// the other, or with signatures by a key whose public half we have.

#include "base/identity.hpp"
#include "base/result.hpp"
#include "base/task.hpp"
#include "io/telemetry/telemetry.hpp"
#include "platform/audit/audit.hpp"

#include <optional>
#include <string>
#include <vector>

namespace acme::pg {
class Database;
class Transaction;
}  // namespace acme::pg

namespace acme::tokens {

using CredentialId = Id<"cre_">;

inline constexpr std::size_t name_chars_max = 120;
inline constexpr std::int64_t accounts_max = 100;    // of an organization, that are not disabled
inline constexpr std::int64_t credentials_max = 10;  // of an account, that have not ended
inline constexpr std::string_view secret_prefix = "acs_";

struct ServiceAccount {
    UserId id;
    OrgId org;
    std::string name;
    OrgRole org_role = OrgRole::member;
    std::optional<PlatformRole> platform_role = std::nullopt;
    std::string scopes = "";  // with blanks between
    WallTime created_at = {};
};

struct NewAccount {
    std::string name;
    std::vector<std::string> scopes;
    OrgRole org_role = OrgRole::member;  // member or admin
    std::optional<PlatformRole> platform_role = std::nullopt;
};

/// Every function throws pg::Fault when the database is out of reach.
class ServiceAccounts {
public:
    ServiceAccounts(pg::Database& db, Telemetry& telemetry) : db_(db), telemetry_(telemetry) {}

    /// Errors: tokens.account_invalid (invalid), tokens.too_many_accounts (conflict).
    Task<Result<ServiceAccount>> create(
        trace::Context context, audit::Actor actor, OrgId org, NewAccount wanted
    );

    /// Newest first; those that were disabled are not shown.
    Task<std::vector<ServiceAccount>> list(trace::Context context, OrgId org);

    /// Of any organization, for those who hold its id. Errors: tokens.no_account.
    Task<Result<ServiceAccount>> find(trace::Context context, UserId id);

    /// Ends the account and, within a second, every token of its. Errors: tokens.no_account.
    Task<Result<>> disable(trace::Context context, audit::Actor actor, UserId id);

    /// A secret, which is shown once; with `grace` those that were there end so much later at the
    /// latest. Errors: tokens.no_account, tokens.too_many_credentials (conflict).
    Task<Result<std::string>> add_secret(
        trace::Context context,
        audit::Actor actor,
        UserId id,
        std::optional<std::chrono::seconds> grace
    );

    /// The public half of a key of the account's own. Errors: tokens.no_account,
    /// tokens.too_many_credentials (conflict), tokens.key_refused (invalid) for what is no RSA key
    /// of 4096 bits.
    Task<Result<>> add_key(
        trace::Context context, audit::Actor actor, UserId id, std::string public_jwk
    );

    /// The account whose secret this is; none for any other.
    Task<std::optional<ServiceAccount>> by_secret(
        trace::Context context, UserId id, std::string secret
    );

    /// The public keys that an account may sign with.
    Task<std::vector<std::string>> keys_of(trace::Context context, UserId id);

private:
    Task<Result<pg::Transaction>> begin_for(trace::Context context, const ServiceAccount& account);

    pg::Database& db_;
    Telemetry& telemetry_;
};

}  // namespace acme::tokens
