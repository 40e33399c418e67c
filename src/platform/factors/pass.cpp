// Whether what somebody brings is right; and recovery codes.
#include "io/pg/database.hpp"
#include "platform/factors/factors.hpp"
#include "platform/factors/rows.hpp"
#include "platform/factors/totp.hpp"

namespace acme::factors {
namespace {

// Counted before it is looked at, so that many at once do not slip through.
constexpr pg::Query try_totp{"factors.try_totp", R"sql(
    UPDATE credentials_totp
    SET tries = CASE WHEN tries_since > $3 THEN tries + 1 ELSE 1 END,
        tries_since = CASE WHEN tries_since > $3 THEN tries_since ELSE $2 END
    WHERE user_id = $1 AND confirmed_at IS NOT NULL
    RETURNING sealed, last_step, tries, tries_since
)sql"};

// Of two who bring the same code at once, one finds no row. The try was none.
constexpr pg::Query take_step{"factors.take_step", R"sql(
    UPDATE credentials_totp SET last_step = $2, tries = greatest(tries - 1, 0)
    WHERE user_id = $1 AND confirmed_at IS NOT NULL AND last_step < $2
    RETURNING user_id
)sql"};

constexpr pg::Query use_code{"factors.use_recovery_code", R"sql(
    UPDATE recovery_codes SET used_at = $3
    WHERE user_id = $1 AND hash = ANY($2) AND used_at IS NULL
    RETURNING user_id
)sql"};

constexpr pg::Query delete_codes{"factors.delete_recovery_codes", R"sql(
    DELETE FROM recovery_codes WHERE user_id = $1
)sql"};

constexpr pg::Query insert_codes{"factors.insert_recovery_codes", R"sql(
    INSERT INTO recovery_codes (user_id, hash, created_at)
    SELECT $1::uuid, h, $3::timestamptz FROM unnest($2::text[]) AS h
)sql"};

}  // namespace

std::unexpected<Error> refused() {
    return refuse(
        ErrorKind::unauthenticated,
        "factors.refused",
        "This is not right, or it was used before. Wait for the next code, or try another way."
    );
}

Task<Result<>> Factors::pass(
    pg::Transaction& transaction,
    trace::Context context,
    audit::Actor actor,
    UserId user,
    Presented presented
) {
    if (presented.method == "totp") {
        ACME_TRY(co_await pass_totp(transaction, context, user, std::move(presented.code)));
    } else {
        ACME_TRY(co_await pass_recovery(transaction, context, user, std::move(presented.code)));
    }
    audit::Entry entry{
        .action = "factors.pass",
        .target = user.str(),
        .after = audit::json_of({{"method", presented.method}}),
    };
    co_await audit::record(transaction, context, std::move(actor), std::move(entry));
    co_return done;
}

Task<Result<>> Factors::pass_totp(
    pg::Transaction& transaction, trace::Context context, UserId user, std::string code
) {
    const WallTime now = telemetry_.clock.now();
    const auto rows = co_await db_.run(context, try_totp, user, now, now - totp_tries_window);
    if (rows.empty()) co_return refused();
    pg::Row row = rows[0];
    const auto secret = seal_.open(row.text(), user.str());
    const std::int64_t last = row.integer();
    if (row.integer() > totp_tries_max) {
        const auto until = row.time() + totp_tries_window;
        co_return std::unexpected(Error{
            .kind = ErrorKind::rate_limited,
            .code = "factors.too_many_codes",
            .message = "Too many wrong codes today. Use a recovery code.",
            .retry_after = std::chrono::ceil<std::chrono::seconds>(until - now),
        });
    }
    if (!secret) co_return refused();
    const auto step = totp_step_of(*secret, code, now, last);
    if (!step) co_return refused();
    const auto taken = co_await transaction.run(context, take_step, user, *step);
    if (taken.empty()) co_return refused();
    co_return done;
}

Task<Result<>> Factors::pass_recovery(
    pg::Transaction& transaction, trace::Context context, UserId user, std::string code
) {
    const auto digests = recovery_.digests_of(user.str(), code);
    const WallTime now = telemetry_.clock.now();
    const auto used = co_await transaction.run(context, use_code, user, digests, now);
    if (used.empty()) co_return refused();
    co_return done;
}

Task<Result<std::vector<std::string>>> Factors::renew_recovery_codes(
    trace::Context context, audit::Actor actor, UserId user
) {
    auto transaction = co_await db_.begin(context);
    co_await transaction.run(context, lock_user, user);
    const State state = co_await state_in(transaction, context, user);
    if (!state.is_on()) {
        co_return refuse(
            ErrorKind::conflict,
            "factors.none_on",
            "Recovery codes stand in for a second factor. Turn one on first."
        );
    }
    auto codes = co_await make_codes(transaction, context, user);
    audit::Entry entry{.action = "factors.renew_recovery_codes", .target = user.str()};
    co_await audit::record(transaction, context, std::move(actor), std::move(entry));
    co_await transaction.commit(context);
    co_return codes;
}

Task<std::vector<std::string>> Factors::settle_codes(
    pg::Transaction& transaction, trace::Context context, UserId user
) {
    const State state = co_await state_in(transaction, context, user);
    if (!state.is_on()) co_await transaction.run(context, delete_codes, user);
    if (!state.is_on() || state.recovery_codes_left > 0) co_return std::vector<std::string>{};
    co_return co_await make_codes(transaction, context, user);
}

Task<std::vector<std::string>> Factors::make_codes(
    pg::Transaction& transaction, trace::Context context, UserId user
) {
    std::vector<std::string> codes;
    std::vector<std::string> digests;
    for (std::size_t i = 0; i < recovery_codes_count; ++i) {
        codes.push_back(RecoveryCodes::make(telemetry_.random));
        digests.push_back(recovery_.digest_of(user.str(), codes.back()));
    }
    co_await transaction.run(context, delete_codes, user);
    co_await transaction.run(context, insert_codes, user, digests, telemetry_.clock.now());
    co_return codes;
}

}  // namespace acme::factors
