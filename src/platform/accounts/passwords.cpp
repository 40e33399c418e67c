// Source: libsodium, "The Argon2 function".
#include "platform/accounts/passwords.hpp"

#include "base/one_line.hpp"
#include "io/loop/loop.hpp"
#include "io/pg/database.hpp"
#include "platform/accounts/common_passwords.hpp"
#include "platform/accounts/email.hpp"
#include "platform/accounts/rows.hpp"

#include <array>
#include <sodium.h>

namespace acme::accounts {
namespace {

constexpr unsigned long long passes = 2;
constexpr std::size_t memory_bytes = std::size_t{19'456} * 1024;

/// Of a password that nobody knows: what is worked on when there is nothing to compare with.
constexpr std::string_view nobodys_hash =
    "$argon2id$v=19$m=19456,t=2,p=1$q2hoz2MU5UdeKz42de1Pdg$"
    "mw8PxzR/Z4mbKRSq8bYsdVYjG8kvu8l4NQ6plR7h+cQ";

constexpr pg::Query find_password{"accounts.find_password", R"sql(
    SELECT u.id, u.state, u.token_epoch, p.sealed
    FROM users u LEFT JOIN credentials_password p ON p.user_id = u.id
    WHERE u.email_norm = $1
)sql"};

constexpr pg::Query find_password_of{"accounts.find_password_of", R"sql(
    SELECT u.email, p.sealed
    FROM users u LEFT JOIN credentials_password p ON p.user_id = u.id
    WHERE u.id = $1
)sql"};

constexpr pg::Query upsert_password{"accounts.upsert_password", R"sql(
    INSERT INTO credentials_password (user_id, sealed, updated_at) VALUES ($1, $2, $3)
    ON CONFLICT (user_id) DO UPDATE SET sealed = excluded.sealed, updated_at = excluded.updated_at
)sql"};

constexpr pg::Query has_password{"accounts.has_password", R"sql(
    SELECT EXISTS (SELECT FROM credentials_password WHERE user_id = $1)
)sql"};

// Only in the place of the one that was compared: whoever waited for a hash meanwhile brings back
// no password that has been changed. Without one before ($4), only where there is none.
constexpr pg::Query replace_password{"accounts.replace_password", R"sql(
    INSERT INTO credentials_password AS p (user_id, sealed, updated_at) VALUES ($1, $2, $3)
    ON CONFLICT (user_id) DO UPDATE SET sealed = excluded.sealed, updated_at = excluded.updated_at
    WHERE p.sealed = $4
    RETURNING user_id
)sql"};

std::string hash_of(const Secret& password) {
    std::array<char, crypto_pwhash_STRBYTES> phc{};
    const auto text = password.reveal();
    // Fails for want of memory only.
    if (crypto_pwhash_str_alg(
            phc.data(), text.data(), text.size(), passes, memory_bytes, crypto_pwhash_ALG_ARGON2ID13
        ) != 0) {
        throw std::bad_alloc();
    }
    return phc.data();
}

bool is_hash_of(const std::string& phc, const Secret& password) {
    const auto text = password.reveal();
    return crypto_pwhash_str_verify(phc.c_str(), text.data(), text.size()) == 0;
}

bool is_outdated(const std::string& phc) {
    return crypto_pwhash_str_needs_rehash(phc.c_str(), passes, memory_bytes) != 0;
}

std::unexpected<Error> wrong_credentials() {
    return refuse(
        ErrorKind::unauthenticated,
        "accounts.credentials_wrong",
        "The address or the password is wrong."
    );
}

std::unexpected<Error> wrong_present_password() {
    return std::unexpected(Error{
        .kind = ErrorKind::invalid,
        .code = "accounts.password_wrong",
        .message = "The present password is another one.",
        .fields = {{"/current", "accounts.password_wrong", "The present password."}},
    });
}

std::unexpected<Error> bad_password(FieldError problem) {
    return std::unexpected(Error{
        .kind = ErrorKind::invalid,
        .code = "accounts.invalid",
        .message = "The password cannot be taken.",
        .fields = {std::move(problem)},
    });
}

}  // namespace

std::optional<FieldError> problem_of_password(
    std::string_view password, std::string_view email, std::string pointer
) {
    if (password.size() > password_bytes_max) {
        return FieldError{std::move(pointer), "accounts.password_too_long", "At most 1,024 bytes."};
    }
    if (chars_in(password) < password_chars_min) {
        return FieldError{
            std::move(pointer), "accounts.password_too_short", "At least 10 characters."
        };
    }
    if (is_common_password(password) || normalize_email(password) == normalize_email(email)) {
        return FieldError{
            std::move(pointer), "accounts.password_common", "One that is not easy to guess."
        };
    }
    return std::nullopt;
}

Passwords::Passwords(
    Loop& loop,
    pg::Database& db,
    Accounts& accounts,
    const Secret& secret_keys,
    Telemetry& telemetry
)
    : loop_(loop),
      db_(db),
      accounts_(accounts),
      seal_(keys_for(secret_keys, "passwords v1")),
      telemetry_(telemetry) {}

Task<Result<bool>> Passwords::matches(std::string phc, Secret password) {
    auto work = [phc = std::move(phc), password = std::move(password)] {
        return is_hash_of(phc, password);
    };
    co_return co_await loop_.blocking(std::move(work));
}

Task<Result<Passwords::Owner>> Passwords::verify(
    trace::Context context, std::string email, Secret password
) {
    if (password.size() > password_bytes_max) co_return wrong_credentials();
    const std::string normal = normalize_email(email).value_or("");
    const auto rows = co_await db_.run(context, find_password, normal);
    std::optional<Owner> owner;
    std::optional<Secret> phc;
    std::optional<std::string> sealed;
    bool needs_seal = false;
    if (!rows.empty()) {
        pg::Row row = rows[0];
        const auto id = row.id<UserId>();
        const bool is_active = row.text() == "active";
        const std::int64_t epoch = row.integer();
        sealed = row.text_or_null();
        if (is_active && sealed) phc = seal_.open(*sealed, id.str());
        if (phc) owner = Owner{.user = id, .token_epoch = epoch};
        needs_seal = phc && (seal_.is_outdated(*sealed) || is_outdated(std::string(phc->reveal())));
    }
    const std::string compared(phc ? phc->reveal() : nobodys_hash);
    Secret again = needs_seal ? password.clone() : Secret();
    const bool is_right = ACME_TRY(co_await matches(compared, std::move(password)));
    if (!is_right || !owner) co_return wrong_credentials();
    if (needs_seal) {
        const std::string fresh = ACME_TRY(co_await hash(owner->user, std::move(again)));
        const WallTime now = telemetry_.clock.now();
        co_await db_.run(context, replace_password, owner->user, fresh, now, sealed);
    }
    co_return *owner;
}

Task<Result<std::string>> Passwords::hash(UserId user, Secret password) {
    auto work = [password = std::move(password)] { return hash_of(password); };
    const std::string phc = ACME_TRY(co_await loop_.blocking(std::move(work)));
    co_return seal_.close(telemetry_.random, phc, user.str());
}

Task<bool> Passwords::has_one(pg::Transaction& transaction, trace::Context context, UserId user) {
    const auto rows = co_await transaction.run(context, has_password, user);
    co_return rows[0].boolean();
}

Task<> Passwords::store(
    pg::Transaction& transaction, trace::Context context, UserId user, std::string sealed
) {
    const WallTime now = telemetry_.clock.now();
    co_await transaction.run(context, upsert_password, user, sealed, now);
}

Task<Result<Secret>> Passwords::hash_for(NewUser user, Secret password) {
    auto problems = problems_of(user);
    if (auto bad = problem_of_password(password.reveal(), user.email, "/password")) {
        problems.push_back(*std::move(bad));
    }
    if (!problems.empty()) {
        co_return std::unexpected(Error{
            .kind = ErrorKind::invalid,
            .code = "accounts.invalid",
            .message = "The user cannot be made like this.",
            .fields = std::move(problems),
        });
    }
    auto work = [password = std::move(password)] { return hash_of(password); };
    co_return Secret(ACME_TRY(co_await loop_.blocking(std::move(work))));
}

Task<Result<User>> Passwords::create(
    pg::Transaction& transaction,
    trace::Context context,
    audit::Actor actor,
    NewUser user,
    Secret hash
) {
    const User made =
        ACME_TRY(co_await accounts_.create(transaction, context, std::move(actor), std::move(user))
        );
    std::string sealed = seal_.close(telemetry_.random, hash.reveal(), made.id.str());
    co_await store(transaction, context, made.id, std::move(sealed));
    co_return made;
}

Task<Result<User>> Passwords::create(
    trace::Context context, audit::Actor actor, NewUser user, Secret password
) {
    auto hash = ACME_TRY(co_await hash_for(user, std::move(password)));
    auto transaction = co_await db_.begin(context);
    const User made = ACME_TRY(
        co_await create(transaction, context, std::move(actor), std::move(user), std::move(hash))
    );
    co_await transaction.commit(context);
    co_return made;
}

Task<Result<>> Passwords::change(
    trace::Context context, audit::Actor actor, UserId user, Secret current, Secret next
) {
    const auto rows = co_await db_.run(context, find_password_of, user);
    if (rows.empty()) co_return no_such_user();
    pg::Row row = rows[0];
    const std::string email = row.text();
    const auto sealed = row.text_or_null();
    if (auto bad = problem_of_password(next.reveal(), email, "/new")) {
        co_return bad_password(*std::move(bad));
    }
    if (sealed) {
        const auto phc = seal_.open(*sealed, user.str());
        const std::string compared(phc ? phc->reveal() : nobodys_hash);
        const bool is_right = ACME_TRY(co_await matches(compared, std::move(current)));
        if (!is_right || !phc) co_return wrong_present_password();
    }
    const std::string fresh = ACME_TRY(co_await hash(user, std::move(next)));
    auto transaction = co_await db_.begin(context);
    const WallTime now = telemetry_.clock.now();
    const auto replaced =
        co_await transaction.run(context, replace_password, user, fresh, now, sealed);
    if (replaced.empty()) co_return wrong_present_password();
    co_await accounts_.end_sessions(transaction, context, user);
    audit::Entry entry{.action = "accounts.change_password", .target = user.str()};
    co_await audit::record(transaction, context, std::move(actor), std::move(entry));
    co_await tell(transaction, context, user, "updated");
    co_await transaction.commit(context);
    co_await accounts_.announce(context, user);
    co_return done;
}

}  // namespace acme::accounts
