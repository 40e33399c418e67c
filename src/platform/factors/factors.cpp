#include "platform/factors/factors.hpp"

#include "io/pg/database.hpp"
#include "platform/factors/rows.hpp"
#include "platform/factors/totp.hpp"

#include <array>

namespace acme::factors {
namespace {

constexpr pg::Query find_state{"factors.state", R"sql(
    SELECT (SELECT confirmed_at FROM credentials_totp WHERE user_id = $1),
           (SELECT count(*) FROM credentials_webauthn WHERE user_id = $1),
           (SELECT count(*) FROM recovery_codes WHERE user_id = $1 AND used_at IS NULL)
)sql"};

constexpr pg::Query begin_secret{"factors.begin_totp", R"sql(
    INSERT INTO credentials_totp AS t (user_id, sealed, tries_since, created_at)
    VALUES ($1, $2, $3, $3)
    ON CONFLICT (user_id) DO UPDATE
    SET sealed = excluded.sealed, created_at = excluded.created_at
    WHERE t.confirmed_at IS NULL
    RETURNING user_id
)sql"};

constexpr pg::Query find_begun{"factors.find_begun", R"sql(
    SELECT sealed FROM credentials_totp
    WHERE user_id = $1 AND confirmed_at IS NULL AND created_at > $2
    FOR UPDATE
)sql"};

constexpr pg::Query confirm_secret{"factors.confirm_totp", R"sql(
    UPDATE credentials_totp SET confirmed_at = $2, last_step = $3 WHERE user_id = $1
)sql"};

constexpr pg::Query delete_secret{"factors.remove_totp", R"sql(
    DELETE FROM credentials_totp WHERE user_id = $1 AND confirmed_at IS NOT NULL RETURNING user_id
)sql"};

constexpr pg::Query sweep_begun{"factors.sweep", R"sql(
    DELETE FROM credentials_totp WHERE confirmed_at IS NULL AND created_at < $1
)sql"};

std::string chance(Random& random, std::size_t count) {
    std::string bytes;
    std::array<std::byte, totp_secret_bytes> drawn{};
    random.fill(drawn);
    for (const std::byte byte : std::span(drawn).first(count)) bytes += static_cast<char>(byte);
    return bytes;
}

std::unexpected<Error> wrong_code() {
    return std::unexpected(Error{
        .kind = ErrorKind::invalid,
        .code = "factors.code_wrong",
        .message = "The app shows another code. Is the clock of the device right?",
        .fields = {{"/code", "factors.code_wrong", "The six digits that the app shows."}},
    });
}

State read_state(pg::Row row) {
    return {
        .totp_since = row.time_or_null(),
        .passkeys = row.integer(),
        .recovery_codes_left = row.integer(),
    };
}

}  // namespace

std::vector<std::string_view> methods_of(const State& state) {
    std::vector<std::string_view> methods;
    if (state.totp_since) methods.emplace_back("totp");
    if (state.passkeys > 0) methods.emplace_back("webauthn");
    if (state.is_on() && state.recovery_codes_left > 0) methods.emplace_back("recovery");
    return methods;
}

Factors::Factors(
    pg::Database& db, const Secret& secret_keys, std::string issuer, Telemetry& telemetry
)
    : db_(db),
      seal_(keys_for(secret_keys, "totp v1")),
      recovery_(secret_keys),
      steps_(secret_keys, telemetry.clock),
      issuer_(std::move(issuer)),
      telemetry_(telemetry) {}

Task<pg::Transaction> Factors::begin(trace::Context context) { return db_.begin(context); }

Task<State> Factors::state_of(trace::Context context, UserId user) {
    const auto rows = co_await db_.run(context, find_state, user);
    co_return read_state(rows[0]);
}

Task<State> Factors::state_in(pg::Transaction& transaction, trace::Context context, UserId user) {
    const auto rows = co_await transaction.run(context, find_state, user);
    co_return read_state(rows[0]);
}

Task<std::optional<Step>> Factors::ask(trace::Context context, Passed passed) {
    const State state = co_await state_of(context, passed.user);
    if (!state.is_on()) co_return std::nullopt;
    co_return Step{.token = steps_.token_of(passed), .methods = methods_of(state)};
}

Task<Result<Factors::Enrolment>> Factors::begin_totp(
    trace::Context context, UserId user, std::string email
) {
    Secret secret(chance(telemetry_.random, totp_secret_bytes));
    const std::string sealed = seal_.close(telemetry_.random, secret.reveal(), user.str());
    const WallTime now = telemetry_.clock.now();
    const auto rows = co_await db_.run(context, begin_secret, user, sealed, now);
    if (rows.empty()) {
        co_return refuse(
            ErrorKind::conflict,
            "factors.totp_on",
            "An authenticator app is set up already. Turn it off first."
        );
    }
    std::string uri = totp_uri(secret, issuer_, email);
    co_return Enrolment{.secret = std::move(secret), .uri = std::move(uri)};
}

Task<Result<std::vector<std::string>>> Factors::confirm_totp(
    trace::Context context, audit::Actor actor, UserId user, std::string code
) {
    auto transaction = co_await db_.begin(context);
    co_await transaction.run(context, lock_user, user);
    const WallTime now = telemetry_.clock.now();
    const auto begun = co_await transaction.run(context, find_begun, user, now - enrolment_life);
    if (begun.empty()) {
        co_return refuse(
            ErrorKind::conflict,
            "factors.totp_not_begun",
            "There is no app to confirm, or it took too long. Begin again."
        );
    }
    const auto secret = seal_.open(begun[0].text(), user.str());
    if (!secret) co_return wrong_code();
    const auto step = totp_step_of(*secret, code, now, 0);
    if (!step) co_return wrong_code();
    co_await transaction.run(context, confirm_secret, user, now, *step);
    audit::Entry entry{.action = "factors.totp_on", .target = user.str()};
    co_await audit::record(transaction, context, std::move(actor), std::move(entry));
    auto codes = co_await settle_codes(transaction, context, user);
    co_await transaction.commit(context);
    co_return codes;
}

Task<Result<>> Factors::remove_totp(trace::Context context, audit::Actor actor, UserId user) {
    auto transaction = co_await db_.begin(context);
    co_await transaction.run(context, lock_user, user);
    const auto rows = co_await transaction.run(context, delete_secret, user);
    if (rows.empty()) {
        co_return refuse(
            ErrorKind::not_found, "factors.totp_off", "No authenticator app is set up."
        );
    }
    co_await settle_codes(transaction, context, user);
    audit::Entry entry{.action = "factors.totp_off", .target = user.str()};
    co_await audit::record(transaction, context, std::move(actor), std::move(entry));
    co_await transaction.commit(context);
    co_return done;
}

Task<> Factors::sweep(trace::Context context) {
    co_await db_.run(context, sweep_begun, telemetry_.clock.now() - std::chrono::days(1));
}

}  // namespace acme::factors
