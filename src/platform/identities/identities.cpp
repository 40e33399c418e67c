#include "platform/identities/identities.hpp"

#include "base/text.hpp"
#include "io/pg/database.hpp"
#include "platform/accounts/email.hpp"
#include "platform/accounts/passwords.hpp"
#include "platform/factors/passkeys.hpp"

#include <algorithm>

namespace acme::identities {
namespace {

// Users belong to no organization of their own right, and neither does what they sign in with.
constexpr pg::Query use_identity{"identities.use", R"sql(
    UPDATE identities SET last_used_at = $3, email = $4 WHERE issuer = $1 AND subject = $2
    RETURNING user_id
)sql"};

constexpr pg::Query insert_identity{"identities.insert", R"sql(
    INSERT INTO identities (id, user_id, provider, issuer, subject, email, created_at, last_used_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $7)
    ON CONFLICT (issuer, subject) DO NOTHING
    RETURNING id
)sql"};

constexpr pg::Query list_identities{"identities.list", R"sql(
    SELECT id, provider, email, created_at, last_used_at FROM identities
    WHERE user_id = $1 ORDER BY id LIMIT $2
)sql"};

// Of those who disconnect at once, each sees what the others have left.
constexpr pg::Query lock_identities{"identities.lock", R"sql(
    SELECT id FROM identities WHERE user_id = $1 ORDER BY id FOR UPDATE
)sql"};

constexpr pg::Query delete_identity{"identities.delete", R"sql(
    DELETE FROM identities WHERE user_id = $1 AND id = $2 RETURNING provider, email
)sql"};

std::unexpected<Error> sign_in_first() {
    return refuse(
        ErrorKind::conflict,
        "identities.sign_in_first",
        "There is an account with this address. Sign in to it as before, then connect the other "
        "one under Account."
    );
}

/// As rows and names take it: an address that is one, else none.
std::string address_of(const Person& person) {
    return accounts::normalize_email(person.email).value_or("");
}

/// What is no name of ours is the part of the address before the @.
accounts::NewUser new_user(const Person& person) {
    accounts::NewUser user{.email = person.email, .name = person.name};
    if (!accounts::problems_of(user).empty()) {
        user.name = person.email.substr(0, person.email.rfind('@'));
    }
    if (!accounts::problems_of(user).empty()) user.name.resize(accounts::name_chars_max);
    return user;
}

}  // namespace

Task<Result<UserId>> Identities::sign_in(
    trace::Context context, std::string ip, const Provider& provider, Person person
) {
    if (const auto user = co_await find(context, provider, person)) co_return *user;
    const auto made = co_await make(context, std::move(ip), provider, person);
    if (made) co_return *made;
    // The same person in another window may have been faster.
    const bool may_be_there = made.error().kind == ErrorKind::conflict;
    if (may_be_there) {
        if (const auto user = co_await find(context, provider, person)) co_return *user;
    }
    co_return std::unexpected(made.error());
}

Task<std::optional<UserId>> Identities::find(
    trace::Context context, const Provider& provider, const Person& person
) {
    const auto rows = co_await db_.run(
        context,
        use_identity,
        provider.issuer,
        to_storable(person.subject),
        telemetry_.clock.now(),
        address_of(person)
    );
    if (rows.empty()) co_return std::nullopt;
    co_return rows[0].id<UserId>();
}

/// Whether an address has an account is told only to who owns it.
Task<Result<UserId>> Identities::make(
    trace::Context context, std::string ip, const Provider& provider, const Person& person
) {
    if (!person.is_email_verified || address_of(person).empty()) {
        co_return refuse(
            ErrorKind::forbidden,
            "identities.email_unverified",
            "The provider has not verified an address of yours, so no account can be made with it."
        );
    }
    if (co_await accounts_.find_by_email(context, person.email)) co_return sign_in_first();
    if (allowed_ != accounts::SignUp::open) {
        co_return refuse(
            ErrorKind::forbidden,
            "accounts.sign_up_closed",
            "Accounts are made by an administrator here."
        );
    }
    auto transaction = co_await db_.begin(context);
    audit::Actor actor{.name = "sign-up", .ip = std::move(ip)};
    const auto user = co_await accounts_.create(transaction, context, actor, new_user(person));
    if (!user) co_return sign_in_first();
    co_await accounts_.mark_verified(transaction, context, user->id);
    actor.name = user->id.str();
    if (!co_await insert(transaction, context, actor, user->id, provider, person)) {
        co_return sign_in_first();
    }
    co_await transaction.commit(context);
    co_return user->id;
}

/// False: it is connected already.
Task<bool> Identities::insert(
    pg::Transaction& transaction,
    trace::Context context,
    audit::Actor actor,
    UserId user,
    const Provider& provider,
    const Person& person
) {
    const WallTime now = telemetry_.clock.now();
    const IdentityId id = IdentityId::make(now, telemetry_.random);
    const std::string email = address_of(person);
    const auto rows = co_await transaction.run(
        context,
        insert_identity,
        id,
        user,
        provider.name,
        provider.issuer,
        to_storable(person.subject),
        email,
        now
    );
    if (rows.empty()) co_return false;
    audit::Entry entry{
        .action = "identities.link",
        .target = id.str(),
        .after = audit::json_of({{"provider", provider.name}, {"email", email}}),
    };
    co_await audit::record(transaction, context, std::move(actor), std::move(entry));
    co_return true;
}

Task<Result<>> Identities::link(
    trace::Context context, audit::Actor actor, UserId user, const Provider& provider, Person person
) {
    if (const auto owner = co_await find(context, provider, person)) {
        if (*owner == user) co_return done;
        co_return refuse(
            ErrorKind::conflict, "identities.taken", "Another user signs in with that account."
        );
    }
    auto transaction = co_await db_.begin(context);
    const auto rows = co_await transaction.run(context, lock_identities, user);
    if (rows.size() >= identities_max) {
        co_return refuse(
            ErrorKind::conflict,
            "identities.too_many",
            "No more than ten can be connected. Disconnect one first."
        );
    }
    if (!co_await insert(transaction, context, std::move(actor), user, provider, person)) {
        co_return refuse(
            ErrorKind::conflict, "identities.taken", "That account was just connected elsewhere."
        );
    }
    co_await transaction.commit(context);
    co_return done;
}

Task<std::vector<Linked>> Identities::list(trace::Context context, UserId user) {
    const auto rows = co_await db_.run(context, list_identities, user, identities_max);
    std::vector<Linked> linked;
    for (int i = 0; i < rows.size(); ++i) {
        pg::Row row = rows[i];
        linked.push_back({
            .id = row.id<IdentityId>(),
            .provider = row.text(),
            .email = row.text(),
            .created_at = row.time(),
            .last_used_at = row.time(),
        });
    }
    co_return linked;
}

Task<Result<>> Identities::unlink(
    trace::Context context, audit::Actor actor, UserId user, IdentityId id
) {
    auto transaction = co_await db_.begin(context);
    const auto all = co_await transaction.run(context, lock_identities, user);
    const auto rows = co_await transaction.run(context, delete_identity, user, id);
    if (rows.empty()) {
        co_return refuse(
            ErrorKind::not_found, "identities.not_found", "There is no such connected account."
        );
    }
    if (all.size() == 1 && !co_await has_other_way(transaction, context, user)) {
        co_return refuse(
            ErrorKind::conflict,
            "identities.last_way_in",
            "You could not sign in without this account: set a password or add a passkey first."
        );
    }
    pg::Row row = rows[0];
    const std::string provider = row.text();
    audit::Entry entry{
        .action = "identities.unlink",
        .target = id.str(),
        .before = audit::json_of({{"provider", provider}, {"email", row.text()}}),
    };
    co_await audit::record(transaction, context, std::move(actor), std::move(entry));
    co_await transaction.commit(context);
    co_return done;
}

Task<bool> Identities::has_other_way(
    pg::Transaction& transaction, trace::Context context, UserId user
) {
    if (co_await passwords_.has_one(transaction, context, user)) co_return true;
    co_return co_await passkeys_.has_one(transaction, context, user);
}

}  // namespace acme::identities
