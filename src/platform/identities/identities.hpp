#pragma once

/// Accounts at other providers with which users sign in here. The room owns the table identities
/// (sql/202611291514_identities.sql).
///
/// The same address is no proof that two accounts are one person's: who has an account here signs
/// in to it first and connects the other. Only who has none gets a new user, where signing up is
/// open and the provider has verified the address.

#include "platform/accounts/sign_ups.hpp"
#include "platform/identities/id_token.hpp"
#include "platform/identities/provider.hpp"

namespace acme::accounts {
class Passwords;
}
namespace acme::factors {
class Passkeys;
}

namespace acme::identities {

using IdentityId = Id<"idn_">;

inline constexpr int identities_max = 10;  // of one user

/// An account at a provider, connected to a user.
struct Linked {
    IdentityId id;
    std::string provider;
    std::string email;  // "" for none
    WallTime created_at;
    WallTime last_used_at;
};

/// Every function throws pg::Fault when the database is out of reach.
class Identities {
public:
    Identities(
        accounts::SignUp allowed,
        pg::Database& db,
        accounts::Accounts& accounts,
        accounts::Passwords& passwords,
        factors::Passkeys& passkeys,
        Telemetry& telemetry
    )
        : allowed_(allowed),
          db_(db),
          accounts_(accounts),
          passwords_(passwords),
          passkeys_(passkeys),
          telemetry_(telemetry) {}

    /// Whose account that is; who has none gets one. Errors: identities.sign_in_first (conflict)
    /// when the address is a user's already; identities.email_unverified,
    /// accounts.sign_up_closed (forbidden).
    Task<Result<UserId>> sign_in(
        trace::Context context, std::string ip, const Provider& provider, Person person
    );

    /// Connects it to who is signed in. Twice is the same as once. Errors: identities.taken
    /// (conflict) when it is somebody else's; identities.too_many (conflict).
    Task<Result<>> link(
        trace::Context context,
        audit::Actor actor,
        UserId user,
        const Provider& provider,
        Person person
    );

    /// At most identities_max, in the order in which they were connected.
    Task<std::vector<Linked>> list(trace::Context context, UserId user);

    /// Errors: identities.not_found, also for somebody else's; identities.last_way_in (conflict)
    /// for the only one of a user without a password and without a passkey that signs in alone.
    Task<Result<>> unlink(trace::Context context, audit::Actor actor, UserId user, IdentityId id);

private:
    Task<std::optional<UserId>> find(
        trace::Context context, const Provider& provider, const Person& person
    );
    Task<Result<UserId>> make(
        trace::Context context, std::string ip, const Provider& provider, const Person& person
    );
    Task<bool> has_other_way(pg::Transaction& transaction, trace::Context context, UserId user);
    Task<bool> insert(
        pg::Transaction& transaction,
        trace::Context context,
        audit::Actor actor,
        UserId user,
        const Provider& provider,
        const Person& person
    );

    accounts::SignUp allowed_;
    pg::Database& db_;
    accounts::Accounts& accounts_;
    accounts::Passwords& passwords_;
    factors::Passkeys& passkeys_;
    Telemetry& telemetry_;
};

}  // namespace acme::identities
