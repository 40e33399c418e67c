#include "platform/tokens/signing_keys.hpp"

#include "io/pg/database.hpp"
#include "platform/tokens/jwt.hpp"

#include <algorithm>

namespace acme::tokens {
namespace {

// The platform's own, of no organization.
constexpr pg::Query list_keys{"tokens.list_signing_keys", R"sql(
    SELECT id, public_jwk, created_at, active_at FROM signing_keys
    WHERE dropped_at IS NULL ORDER BY active_at, id
)sql"};

constexpr pg::Query read_sealed{"tokens.read_signing_key", R"sql(
    SELECT sealed FROM signing_keys WHERE id = $1 AND dropped_at IS NULL
)sql"};

constexpr pg::Query add_key{"tokens.add_signing_key", R"sql(
    INSERT INTO signing_keys (id, public_jwk, sealed, created_at, active_at)
    VALUES ($1, $2, $3, $4, $5)
)sql"};

constexpr pg::Query drop_keys{"tokens.drop_signing_keys", R"sql(
    UPDATE signing_keys SET dropped_at = $1 WHERE dropped_at IS NULL
)sql"};

// What was dropped, and what was replaced so long ago that nothing it has signed can be good.
constexpr pg::Query sweep_keys{"tokens.sweep_signing_keys", R"sql(
    DELETE FROM signing_keys k
    WHERE k.dropped_at < $1
       OR (k.dropped_at IS NULL AND EXISTS (
               SELECT 1 FROM signing_keys n
               WHERE n.dropped_at IS NULL AND n.active_at > k.active_at AND n.active_at < $1))
)sql"};

constexpr pg::Query lock_keys{"tokens.lock_signing_keys", R"sql(
    SELECT true FROM pg_advisory_xact_lock(7105)
)sql"};

std::vector<SigningKey> keys_in(const pg::Rows& rows, WallTime now) {
    std::vector<SigningKey> keys;
    for (int i = 0; i < rows.size(); ++i) {
        pg::Row row = rows[i];
        SigningKey key{.id = row.text(), .public_jwk = row.text()};
        key.created_at = row.time();
        key.active_at = row.time();
        keys.push_back(std::move(key));
    }
    set_states(keys, now);
    return keys;
}

/// A pair of two that belong together, made beside the loop.
struct Made {
    std::string id;
    std::string public_jwk;
    Secret pem;
};

Made make_key() {
    const RsaKey key = RsaKey::generate();
    return {.id = key.thumbprint(), .public_jwk = to_jwk(key), .pem = key.pem()};
}

}  // namespace

std::string_view name_of(KeyState state) {
    switch (state) {
        case KeyState::next: return "next";
        case KeyState::active: return "active";
        case KeyState::retiring: return "retiring";
        case KeyState::gone: return "gone";
    }
    return "gone";
}

void set_states(std::vector<SigningKey>& keys, WallTime now) {
    std::optional<WallTime> replaced_at;  // of the one looked at, by the one after it
    for (auto key = keys.rbegin(); key != keys.rend(); ++key) {
        if (key->active_at > now) {
            key->state = KeyState::next;
            continue;
        }
        const bool is_over = replaced_at && now >= *replaced_at + token_life + retires_later_by;
        key->state = is_over ? KeyState::gone : replaced_at ? KeyState::retiring : KeyState::active;
        replaced_at = key->active_at;
    }
}

std::optional<WallTime> next_due(const std::vector<SigningKey>& keys, WallTime now) {
    if (keys.empty()) return now;
    const WallTime newest = keys.back().active_at;
    const WallTime due = newest + active_for;
    if (newest > now || now < due - announced_for) return std::nullopt;
    return std::max<WallTime>(due, now + announced_for);
}

SigningKeys::SigningKeys(
    Loop& loop, pg::Database& db, const Secret& secret_keys, Telemetry& telemetry
)
    : loop_(loop),
      db_(db),
      seal_(keys_for(secret_keys, "signing keys v1")),
      telemetry_(telemetry) {}

Task<std::vector<SigningKey>> SigningKeys::list(trace::Context context) {
    auto keys = keys_in(co_await db_.run(context, list_keys), telemetry_.clock.now());
    std::erase_if(keys, [](const SigningKey& key) { return key.state == KeyState::gone; });
    co_return keys;
}

Task<Result<>> SigningKeys::keep(trace::Context context) {
    const WallTime now = telemetry_.clock.now();
    if (!next_due(co_await list(context), now)) co_return done;
    auto transaction = co_await db_.begin(context);
    co_await transaction.run(context, lock_keys);
    const auto due = next_due(keys_in(co_await transaction.run(context, list_keys), now), now);
    if (!due) co_return done;
    ACME_TRY(co_await add(transaction, context, {}, *due));
    co_await transaction.commit(context);
    co_return done;
}

Task<Result<>> SigningKeys::rotate(trace::Context context, audit::Actor actor, bool now) {
    const WallTime time = telemetry_.clock.now();
    auto transaction = co_await db_.begin(context);
    co_await transaction.run(context, lock_keys);
    if (now) {
        co_await transaction.run(context, drop_keys, time);
        audit::Entry entry{.action = "signing_keys.drop", .target = "signing_keys"};
        co_await audit::record(transaction, context, actor, std::move(entry));
    }
    const auto keys = keys_in(co_await transaction.run(context, list_keys), time);
    if (std::ranges::count(keys, KeyState::next, &SigningKey::state) > 0) {
        co_return refuse(
            ErrorKind::conflict,
            "tokens.next_key_waits",
            "The next key is there, and waits its day."
        );
    }
    const bool has_active = std::ranges::count(keys, KeyState::active, &SigningKey::state) > 0;
    const WallTime active_at = has_active ? time + announced_for : time;
    ACME_TRY(co_await add(transaction, context, std::move(actor), active_at));
    co_await transaction.commit(context);
    co_return done;
}

Task<Result<>> SigningKeys::add(
    pg::Transaction& transaction, trace::Context context, audit::Actor actor, WallTime active_at
) {
    const Made made = ACME_TRY(co_await loop_.blocking(make_key));
    const std::string sealed = seal_.close(telemetry_.random, made.pem.reveal(), made.id);
    co_await transaction.run(
        context, add_key, made.id, made.public_jwk, sealed, telemetry_.clock.now(), active_at
    );
    audit::Entry entry{
        .action = "signing_keys.add",
        .target = made.id,
        .after = audit::json_of({{"active_at", to_rfc3339(active_at)}}),
    };
    co_await audit::record(transaction, context, std::move(actor), std::move(entry));
    co_return done;
}

Task<std::optional<SigningKeys::Known>> SigningKeys::active(trace::Context context) {
    const auto keys = co_await list(context);
    const auto found = std::ranges::find(keys, KeyState::active, &SigningKey::state);
    if (found == keys.end()) co_return std::nullopt;
    if (signer_ && signer_->id == found->id) co_return signer_;
    const auto rows = co_await db_.run(context, read_sealed, found->id);
    if (rows.empty()) co_return std::nullopt;
    const auto pem = seal_.open(rows[0].text(), found->id);
    auto key = pem ? RsaKey::of_pem(*pem) : std::nullopt;
    if (!key) {
        telemetry_.log.error("tokens.key_refused", {{"kid", found->id}});
        co_return std::nullopt;
    }
    signer_ = Known{.id = found->id, .key = *std::move(key)};
    co_return signer_;
}

Task<Result<std::string>> SigningKeys::sign(
    trace::Context context, std::function<std::string(std::string_view key_id)> to_sign
) {
    ACME_TRY(co_await keep(context));
    const auto signer = co_await active(context);
    if (!signer) {
        co_return refuse(
            ErrorKind::unavailable, "tokens.no_key", "There is no key to sign with. Try later."
        );
    }
    std::string text = to_sign(signer->id);
    auto work = [key = signer->key, text] { return key.sign(text); };
    const std::string signature = ACME_TRY(co_await loop_.blocking(std::move(work)));
    co_return with_signature(std::move(text), signature);
}

Task<std::optional<RsaKey>> SigningKeys::find(trace::Context context, std::string id) {
    const SteadyTime now = telemetry_.clock.steady();
    const auto patience = known(id) != nullptr ? keys_known_for : look_again_after;
    if (!looked_at_ || now - *looked_at_ >= patience) co_await look(context);
    const RsaKey* const found = known(id);
    if (found == nullptr) co_return std::nullopt;
    co_return *found;
}

Task<> SigningKeys::look(trace::Context context) {
    const auto keys = co_await list(context);
    std::vector<Known> fresh;
    for (const SigningKey& key : keys) {
        if (key.state == KeyState::next) continue;
        if (auto parsed = parse_jwk(key.public_jwk)) fresh.push_back({key.id, *std::move(parsed)});
    }
    known_ = std::move(fresh);
    looked_at_ = telemetry_.clock.steady();
}

const RsaKey* SigningKeys::known(std::string_view id) const {
    const auto found = std::ranges::find(known_, id, &Known::id);
    return found == known_.end() ? nullptr : &found->key;
}

Task<> SigningKeys::sweep(trace::Context context) {
    const WallTime gone = telemetry_.clock.now() - token_life - retires_later_by;
    co_await db_.run(context, sweep_keys, gone);
}

}  // namespace acme::tokens
