// Whose a presented key is, whether it may do what it asks for, and against which quota it counts.
#include "base/bytes.hpp"
#include "base/hash.hpp"
#include "io/http/client_address.hpp"
#include "io/pg/database.hpp"
#include "platform/keys/key_text.hpp"
#include "platform/keys/keys.hpp"
#include "platform/keys/scopes.hpp"

namespace acme::keys {
namespace {

constexpr std::size_t known_max = 10'000;  // then the one longest unused goes

// The key is all that is known, so the organization is what is asked for.
constexpr pg::Query read_key{"keys.read", R"sql(
    SELECT key_hash, id, org_id, user_id, name, scopes, limit_per_min, created_at, expires_at,
           last_used_at
    FROM api_keys WHERE short = $1 AND revoked_at IS NULL AND expires_at > $2
)sql"};

constexpr pg::Query touch_key{"keys.touch", R"sql(
    UPDATE api_keys SET last_used_at = $4
    WHERE org_id = $1 AND user_id = $2 AND id = $3 AND (last_used_at IS NULL OR last_used_at < $4)
)sql"};

std::unexpected<Error> invalid_key() {
    return refuse(
        ErrorKind::unauthenticated,
        "keys.invalid_key",
        "This is no key, or one that was revoked or has expired."
    );
}

}  // namespace

bool Keys::has_key(const http::Request& request) {
    return bearer_in(request).starts_with(key_prefix);
}

Task<Result<http::Admitted>> Keys::admit(http::Arrival arrival) {
    const bool is_of_flags = keys::is_of_flags(arrival.route);
    const std::string_view text = bearer_in(arrival.request);
    const std::string digest = sha256(text);
    const auto known = known_now(digest);
    const LivePtr live =
        known ? *known : co_await look_up(arrival.context, std::string(text), digest, is_of_flags);
    if (live) arrival.context.trace->user_id = live->key.user.str();
    if (arrival.route.is_metered && !(live && is_of_flags)) {
        const auto standing = co_await count(arrival, live);
        limits_.tell(standing, arrival.headers);
        if (!standing.is_allowed) {
            const std::string_view path = arrival.request.path();
            co_return http::Admitted{
                .refusal = limits::refusal(standing, path, *arrival.context.trace),
            };
        }
    }
    if (!live) co_return invalid_key();
    ACME_TRY(check_scope(arrival.route, live->key.scopes));
    const auto used_at = live->key.last_used_at;
    if (!used_at || telemetry_.clock.now() - *used_at >= used_every) {
        co_await (is_of_flags ? touch_patiently(live) : touch(arrival.context, live));
    }
    co_return http::Admitted{.identity = live->identity};
}

Task<> Keys::revoke_presented(trace::Context context, std::string ip, std::string text) {
    const std::string digest = sha256(text);
    const auto known = known_now(digest);
    const LivePtr live = known ? *known : co_await look_up(context, std::move(text), digest);
    if (!live) co_return;
    const Key& key = live->key;
    audit::Actor actor{.name = key.user.str(), .org = key.org, .ip = std::move(ip)};
    // Revoked by somebody else meanwhile: that is what was asked for.
    (void)co_await revoke(context, std::move(actor), key.user, key.org, key.id);
}

/// Against what is its user's, or its own; what is no key counts against the address it comes from.
Task<limits::Standing> Keys::count(http::Arrival arrival, LivePtr live) {
    if (!live) {
        const auto address = http::client_address(arrival.request, trusted_proxies_);
        auto stranger = limits::caller_at(address);
        stranger.weight = arrival.route.weight;
        co_return co_await limits_.count(arrival.context, std::move(stranger));
    }
    auto caller = limits::caller_of(live->key.user, live->key.short_name, live->key.org);
    caller.weight = arrival.route.weight;
    if (live->key.limit_per_min) {
        caller.policy = limits::Policy::key;
        caller.key += ":" + live->key.short_name;
        caller.mark = caller.key;
        caller.limit = live->key.limit_per_min;
    }
    co_return co_await limits_.count(arrival.context, std::move(caller));
}

/// This thread's own copy, which is good for a second, and not beyond the key's own end.
std::optional<Keys::LivePtr> Keys::known_now(const std::string& digest) {
    const auto found = index_.find(digest);
    if (found == index_.end() || found->second->until <= telemetry_.clock.steady()) {
        return std::nullopt;
    }
    known_.splice(known_.begin(), known_, found->second);
    return found->second->live;
}

/// Asks PostgreSQL. Where flags are read, a key that was known does without its answer.
Task<Keys::LivePtr> Keys::look_up(
    trace::Context context, std::string text, std::string digest, bool is_of_flags
) {
    const auto short_name = short_name_of(text);
    if (!short_name) co_return nullptr;
    const LivePtr before = is_of_flags ? known_before(digest) : nullptr;
    if (before) {
        co_await patience_.run(digest, [this, name = *short_name, digest](trace::Context beside) {
            return learn(beside, name, digest);
        });
    } else {
        co_await learn(context, *short_name, digest);
    }
    const auto found = index_.find(digest);
    co_return found == index_.end() ? before : found->second->live;
}

Keys::LivePtr Keys::known_before(const std::string& digest) const {
    const auto found = index_.find(digest);
    if (found == index_.end() || !found->second->live) return nullptr;
    const bool is_expired = found->second->live->key.expires_at <= telemetry_.clock.now();
    const auto age = telemetry_.clock.steady() - found->second->until;
    return is_expired || age > known_through_outages ? nullptr : found->second->live;
}

Task<> Keys::learn(trace::Context context, std::string short_name, std::string digest) {
    LivePtr live = co_await read(context, std::move(short_name), digest);
    remember(digest, std::move(live));
}

Task<Keys::LivePtr> Keys::read(trace::Context context, std::string short_name, std::string digest) {
    const auto rows = co_await db_.run(context, read_key, short_name, telemetry_.clock.now());
    if (rows.empty()) co_return nullptr;
    pg::Row row = rows[0];
    if (!equals_in_constant_time(row.text(), to_base64url(digest))) co_return nullptr;
    Key key{.id = row.id<KeyId>(), .org = row.id<OrgId>(), .user = row.id<UserId>()};
    key.short_name = std::move(short_name);
    key.name = row.text();
    key.scopes = row.text();
    key.limit_per_min = row.integer_or_null();
    key.created_at = row.time();
    key.expires_at = row.time();
    key.last_used_at = row.time_or_null();
    const auto standing = co_await accounts_.standing(context, key.user, key.org);
    if (!standing || standing->state != accounts::State::active) co_return nullptr;
    const Identity identity{
        .user = key.user,
        .org = key.org,
        .org_role = standing->org_role,
        .platform_role = standing->platform_role,
    };
    co_return std::make_shared<Live>(std::move(key), identity);
}

void Keys::remember(const std::string& digest, LivePtr live) {
    const auto found = index_.find(digest);
    if (found != index_.end()) known_.erase(found->second);
    SteadyTime::duration time = known_for;
    if (live) {
        time = std::min<SteadyTime::duration>(time, live->key.expires_at - telemetry_.clock.now());
    }
    known_.push_front({digest, std::move(live), telemetry_.clock.steady() + time});
    index_[digest] = known_.begin();
    if (known_.size() > known_max) {
        index_.erase(known_.back().digest);
        known_.pop_back();
    }
}

Task<> Keys::touch(trace::Context context, LivePtr live) {
    const Key& key = live->key;
    const WallTime now = telemetry_.clock.now();
    try {
        co_await db_.run(context, touch_key, key.org, key.user, key.id, now);
    } catch (const pg::Unreachable&) {
        co_return;  // it is written when it is used the next time
    }
    live->key.last_used_at = now;
}

Task<> Keys::touch_patiently(LivePtr live) {
    const std::string name = "use " + live->key.id.str();
    co_await patience_.run(name, [this, live](trace::Context beside) {
        return touch(beside, live);
    });
}

}  // namespace acme::keys
