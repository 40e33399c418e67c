#include "platform/factors/passkeys.hpp"

#include "base/bytes.hpp"
#include "base/hash.hpp"
#include "base/one_line.hpp"
#include "io/pg/database.hpp"
#include "platform/factors/rows.hpp"

namespace acme::factors {
namespace {

constexpr pg::Query list_passkeys{"factors.list_passkeys", R"sql(
    SELECT id, credential_id, name, version, created_at, last_used_at FROM credentials_webauthn
    WHERE user_id = $1 ORDER BY id DESC
)sql"};

constexpr pg::Query find_passkey{"factors.find_passkey", R"sql(
    SELECT id, credential_id, name, version, created_at, last_used_at FROM credentials_webauthn
    WHERE user_id = $1 AND id = $2
)sql"};

constexpr pg::Query count_passkeys{"factors.count_passkeys", R"sql(
    SELECT count(*) FROM credentials_webauthn WHERE user_id = $1
)sql"};

constexpr pg::Query insert_passkey{"factors.insert_passkey", R"sql(
    INSERT INTO credentials_webauthn (id, user_id, credential_id, algorithm, public_key, sign_count,
                                      name, created_at, knows_holder)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
    ON CONFLICT (credential_id) DO NOTHING RETURNING id
)sql"};

constexpr pg::Query rename_passkey{"factors.rename_passkey", R"sql(
    UPDATE credentials_webauthn SET name = $4, version = version + 1
    WHERE user_id = $1 AND id = $2 AND version = $3
    RETURNING id, credential_id, name, version, created_at, last_used_at
)sql"};

constexpr pg::Query delete_passkey{"factors.delete_passkey", R"sql(
    DELETE FROM credentials_webauthn WHERE user_id = $1 AND id = $2 RETURNING name
)sql"};

// The credential is all that is known, so the user is what is asked for.
constexpr pg::Query find_credential{"factors.find_credential", R"sql(
    SELECT user_id, algorithm, public_key, sign_count FROM credentials_webauthn
    WHERE credential_id = $1 FOR UPDATE
)sql"};

constexpr pg::Query count_on{"factors.count_on", R"sql(
    UPDATE credentials_webauthn
    SET sign_count = $2, last_used_at = $3, knows_holder = knows_holder OR $4
    WHERE credential_id = $1
)sql"};

constexpr pg::Query has_passkey{"factors.has_passkey", R"sql(
    SELECT id FROM credentials_webauthn WHERE user_id = $1 AND knows_holder LIMIT 1 FOR SHARE
)sql"};

// Of two who bring the same answer at once, one finds no row.
constexpr pg::Query use_challenge{"factors.use_challenge", R"sql(
    INSERT INTO used_challenges (hash, expires_at) VALUES ($1, $2)
    ON CONFLICT (hash) DO NOTHING RETURNING hash
)sql"};

constexpr pg::Query sweep_challenges{"factors.sweep_challenges", R"sql(
    DELETE FROM used_challenges WHERE expires_at <= $1
)sql"};

Passkey read_passkey(pg::Row row) {
    return {
        .id = row.id<PasskeyId>(),
        .credential_id = row.text(),
        .name = row.text(),
        .version = row.integer(),
        .created_at = row.time(),
        .last_used_at = row.time_or_null(),
    };
}

std::string about_adding(UserId user) { return "register " + user.str(); }
std::string about_signing(const std::optional<UserId>& user) {
    return user ? "second step of " + user->str() : "sign in";
}

std::unexpected<Error> invalid(FieldError problem) {
    return std::unexpected(Error{
        .kind = ErrorKind::invalid,
        .code = "factors.invalid",
        .message = "This passkey cannot be taken.",
        .fields = {std::move(problem)},
    });
}

std::unexpected<Error> invalid_credential() {
    return invalid(
        {"/credential", "factors.credential_wrong", "What the browser made for these options."}
    );
}

std::unexpected<Error> no_such_passkey() {
    return refuse(ErrorKind::not_found, "factors.passkey_not_found", "There is no such passkey.");
}

Result<> check_name(std::string_view name) {
    if (is_one_line(name) && !name.empty() && chars_in(name) <= passkey_name_chars_max) return {};
    return invalid({"/name", "factors.name_malformed", "One line of 1 to 60 characters."});
}

}  // namespace

Passkeys::Passkeys(
    Party party, pg::Database& db, Factors& factors, const Secret& secret_keys, Telemetry& telemetry
)
    : party_(std::move(party)),
      db_(db),
      factors_(factors),
      challenges_(secret_keys, telemetry.clock),
      telemetry_(telemetry) {}

Result<> Passkeys::check_possible() const {
    if (!party_.id.empty()) return {};
    return refuse(
        ErrorKind::conflict,
        "factors.no_passkeys",
        "Passkeys belong to a name, and this platform's address (ACME_URL) is one of numbers."
    );
}

std::string Passkeys::challenge_to_add(UserId user) {
    return challenges_.make(telemetry_.random, about_adding(user));
}

std::string Passkeys::challenge_of(std::optional<UserId> user) {
    return challenges_.make(telemetry_.random, about_signing(user));
}

Task<std::vector<Passkey>> Passkeys::list(trace::Context context, UserId user) {
    const auto rows = co_await db_.run(context, list_passkeys, user);
    std::vector<Passkey> passkeys;
    for (int i = 0; i < rows.size(); ++i) passkeys.push_back(read_passkey(rows[i]));
    co_return passkeys;
}

Task<Result<Passkey>> Passkeys::find(trace::Context context, UserId user, PasskeyId id) {
    const auto rows = co_await db_.run(context, find_passkey, user, id);
    if (rows.empty()) co_return no_such_passkey();
    co_return read_passkey(rows[0]);
}

Task<Result<Passkeys::Added>> Passkeys::add(
    trace::Context context, audit::Actor actor, UserId user, std::string name, NewCredential made
) {
    ACME_TRY(check_name(name));
    auto challenge = challenge_in(made.client_data, "webauthn.create", party_);
    const auto credential = read_credential(made, party_);
    if (!challenge || !credential) co_return invalid_credential();
    const WallTime now = telemetry_.clock.now();
    Passkey passkey{
        .id = PasskeyId::make(now, telemetry_.random),
        .credential_id = made.id,
        .name = std::move(name),
        .created_at = now,
    };
    auto transaction = co_await db_.begin(context);
    co_await transaction.run(context, lock_user, user);
    if (!co_await use_up(transaction, context, std::move(challenge), about_adding(user))) {
        co_return invalid_credential();
    }
    const auto count = co_await transaction.run(context, count_passkeys, user);
    if (count[0].integer() >= passkeys_max) {
        co_return refuse(
            ErrorKind::conflict,
            "factors.too_many_passkeys",
            "There are too many passkeys already. Remove one first."
        );
    }
    const auto rows = co_await transaction.run(
        context,
        insert_passkey,
        passkey.id,
        user,
        passkey.credential_id,
        credential->algorithm,
        to_base64url(credential->public_key),
        credential->sign_count,
        passkey.name,
        now,
        credential->knows_holder
    );
    if (rows.empty()) {
        co_return refuse(
            ErrorKind::conflict, "factors.passkey_known", "This passkey is known already."
        );
    }
    audit::Entry entry{
        .action = "factors.add_passkey",
        .target = passkey.id.str(),
        .after = audit::json_of({{"name", passkey.name}}),
    };
    co_await audit::record(transaction, context, std::move(actor), std::move(entry));
    auto codes = co_await factors_.settle_codes(transaction, context, user);
    co_await transaction.commit(context);
    co_return Added{.passkey = std::move(passkey), .recovery_codes = std::move(codes)};
}

Task<Result<Passkey>> Passkeys::rename(
    trace::Context context,
    audit::Actor actor,
    UserId user,
    PasskeyId id,
    std::int64_t version,
    std::string name
) {
    ACME_TRY(check_name(name));
    auto transaction = co_await db_.begin(context);
    const auto rows = co_await transaction.run(context, rename_passkey, user, id, version, name);
    if (rows.empty()) {
        co_return refuse(
            ErrorKind::conflict, "http.precondition_failed", "The passkey has changed meanwhile."
        );
    }
    audit::Entry entry{
        .action = "factors.rename_passkey",
        .target = id.str(),
        .after = audit::json_of({{"name", name}}),
    };
    co_await audit::record(transaction, context, std::move(actor), std::move(entry));
    co_await transaction.commit(context);
    co_return read_passkey(rows[0]);
}

Task<bool> Passkeys::has_one(pg::Transaction& transaction, trace::Context context, UserId user) {
    const auto rows = co_await transaction.run(context, has_passkey, user);
    co_return !rows.empty();
}

Task<Result<>> Passkeys::remove(
    trace::Context context, audit::Actor actor, UserId user, PasskeyId id
) {
    auto transaction = co_await db_.begin(context);
    co_await transaction.run(context, lock_user, user);
    const auto rows = co_await transaction.run(context, delete_passkey, user, id);
    if (rows.empty()) co_return no_such_passkey();
    audit::Entry entry{
        .action = "factors.remove_passkey",
        .target = id.str(),
        .before = audit::json_of({{"name", rows[0].text()}}),
    };
    co_await audit::record(transaction, context, std::move(actor), std::move(entry));
    co_await factors_.settle_codes(transaction, context, user);
    co_await transaction.commit(context);
    co_return done;
}

Task<Result<UserId>> Passkeys::pass(
    pg::Transaction& transaction,
    trace::Context context,
    std::string ip,
    std::optional<UserId> user,
    Assertion assertion
) {
    auto challenge = challenge_in(assertion.client_data, "webauthn.get", party_);
    const auto rows = co_await transaction.run(context, find_credential, assertion.id);
    if (rows.empty()) co_return refused();
    pg::Row row = rows[0];
    const auto owner = row.id<UserId>();
    const Credential credential{
        .algorithm = static_cast<int>(row.integer()),
        .public_key = parse_base64url(row.text()).value_or(""),
        .sign_count = row.integer(),
    };
    const bool is_theirs = owner == user.value_or(owner);
    const std::string& handle = assertion.user_handle;
    if (!is_theirs || (!handle.empty() && handle != owner.str())) co_return refused();
    const auto counted = check(assertion, credential, party_, !user.has_value());
    if (!counted) co_return refused();
    if (!co_await use_up(transaction, context, std::move(challenge), about_signing(user))) {
        co_return refused();
    }
    const WallTime now = telemetry_.clock.now();
    const bool is_alone = !user.has_value();
    co_await transaction.run(context, count_on, assertion.id, *counted, now, is_alone);
    audit::Actor actor{.name = owner.str(), .ip = std::move(ip)};
    audit::Entry entry{
        .action = "factors.pass",
        .target = owner.str(),
        .after = audit::json_of({{"method", "webauthn"}}),
    };
    co_await audit::record(transaction, context, std::move(actor), std::move(entry));
    co_return owner;
}

Task<bool> Passkeys::use_up(
    pg::Transaction& transaction,
    trace::Context context,
    std::optional<std::string> challenge,
    std::string about
) {
    const auto until = challenges_.expiry_of(challenge.value_or(""), about);
    if (!until) co_return false;
    const std::string hash = to_base64url(sha256(*challenge));
    const auto rows = co_await transaction.run(context, use_challenge, hash, *until);
    co_return !rows.empty();
}

Task<> Passkeys::sweep(trace::Context context) {
    co_await db_.run(context, sweep_challenges, telemetry_.clock.now());
}

}  // namespace acme::factors
