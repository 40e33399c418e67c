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
inline constexpr std::int64_t accounts_max = 100;       // of an organization, that are not disabled
inline constexpr std::int64_t credentials_max = 10;     // of an account, that have not ended
inline constexpr std::int64_t days_max = 3650;          // of a secret or key that ends by itself
inline constexpr std::chrono::hours grace_max{7 * 24};  // of secrets that another one replaces
inline constexpr std::chrono::minutes used_every{5};    // how exact last_used_at is
inline constexpr std::string_view secret_prefix = "acs_";

struct ServiceAccount {
    UserId id;
    OrgId org;
    std::string name;
    OrgRole org_role = OrgRole::member;
    std::optional<PlatformRole> platform_role = std::nullopt;
    std::string scopes = "";  // with blanks between
    WallTime created_at = {};
    std::optional<WallTime> disabled_at = std::nullopt;
    std::int64_t version = 1;
    WallTime tokens_since = {};  // those that were issued before are good no more
};

struct NewAccount {
    std::string name;
    std::vector<std::string> scopes;
    OrgRole org_role = OrgRole::member;  // member or admin
    std::optional<PlatformRole> platform_role = std::nullopt;
};

/// What is changed of an account; none: stays as it is.
struct AccountChange {
    std::optional<std::string> name = std::nullopt;
    std::optional<std::vector<std::string>> scopes = std::nullopt;
    std::optional<OrgRole> org_role = std::nullopt;
    std::optional<bool> is_disabled = std::nullopt;
};

/// What an account proves itself with, without the secret.
struct Credential {
    CredentialId id;
    std::string thumbprint = "";  // of a key, as RFC 7638 has it; "": a secret
    WallTime created_at = {};
    std::optional<WallTime> expires_at = std::nullopt;  // none: with the account
    std::optional<WallTime> last_used_at = std::nullopt;
};

struct MadeSecret {
    Credential credential;
    std::string text;  // shown once
};

/// How a credential is added.
struct Terms {
    std::optional<std::int64_t> days = std::nullopt;  // none: it ends with the account
    /// Of secrets only: those that were there end so much later at the latest.
    std::optional<std::chrono::seconds> grace = std::nullopt;
};

/// Every function throws pg::Fault when the database is out of reach.
class ServiceAccounts {
public:
    ServiceAccounts(pg::Database& db, Telemetry& telemetry) : db_(db), telemetry_(telemetry) {}

    /// Errors: tokens.account_invalid (invalid), tokens.too_many_accounts (conflict).
    Task<Result<ServiceAccount>> create(
        trace::Context context, audit::Actor actor, OrgId org, NewAccount wanted
    );

    /// The same in a transaction of the caller.
    Task<Result<ServiceAccount>> create(
        pg::Transaction& transaction,
        trace::Context context,
        audit::Actor actor,
        OrgId org,
        NewAccount wanted
    );

    /// Newest first, those before `before`; disabled ones too.
    Task<std::vector<ServiceAccount>> list(
        trace::Context context, OrgId org, std::optional<UserId> before, std::int64_t limit
    );

    /// Of any organization, for those who hold its id. Errors: tokens.no_account.
    Task<Result<ServiceAccount>> find(trace::Context context, UserId id);

    /// Errors: tokens.no_account, also for another organization's.
    Task<Result<ServiceAccount>> find(trace::Context context, OrgId org, UserId id);

    /// `version` as read before. A disabled account gets no token, and every token of its ends
    /// within a second, for good: those that it gets when it is enabled again are others. Errors:
    /// tokens.no_account, tokens.account_invalid (invalid), tokens.too_many_accounts (conflict),
    /// http.precondition_failed when somebody was faster.
    Task<Result<ServiceAccount>> change(
        trace::Context context,
        audit::Actor actor,
        OrgId org,
        UserId id,
        std::int64_t version,
        AccountChange change
    );

    /// With all that it has; every token of its ends within a second. Errors: tokens.no_account.
    Task<Result<>> remove(trace::Context context, audit::Actor actor, OrgId org, UserId id);

    /// What the account proves itself with, newest first; what has ended is not shown.
    Task<std::vector<Credential>> credentials(trace::Context context, OrgId org, UserId id);

    /// A secret. Errors: tokens.no_account, tokens.too_many_credentials (conflict).
    Task<Result<MadeSecret>> add_secret(
        trace::Context context, audit::Actor actor, UserId id, Terms terms = {}
    );

    /// The public half of a key of the account's own, as a JWK or as PEM. Errors:
    /// tokens.no_account, tokens.too_many_credentials (conflict), tokens.key_refused (invalid) for
    /// what is no RSA key of 4096 bits.
    Task<Result<Credential>> add_key(
        trace::Context context,
        audit::Actor actor,
        UserId id,
        std::string public_key,
        Terms terms = {}
    );

    /// The account gets no token for it any more; those that it has go on to their end. Errors:
    /// tokens.no_credential (not_found).
    Task<Result<>> end_credential(
        trace::Context context, audit::Actor actor, OrgId org, UserId id, CredentialId credential
    );

    /// The account whose secret this is; none for any other.
    Task<std::optional<ServiceAccount>> by_secret(
        trace::Context context, UserId id, std::string secret
    );

    /// A public key that an account may sign with.
    struct Verifier {
        CredentialId id;
        std::string jwk;
    };
    Task<std::vector<Verifier>> keys_of(trace::Context context, UserId id);

    /// The account has used this one.
    Task<> note_use(trace::Context context, const ServiceAccount& account, CredentialId credential);

private:
    Task<Result<>> check_room(pg::Transaction& transaction, trace::Context context, OrgId org);
    Task<Result<pg::Transaction>> begin_for(trace::Context context, const ServiceAccount& account);

    pg::Database& db_;
    Telemetry& telemetry_;
};

}  // namespace acme::tokens
