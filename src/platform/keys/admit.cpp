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
    const auto live =
        co_await look_up(arrival.context, std::string(bearer_in(arrival.request)), is_of_flags);
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
    co_await touch(arrival.context, live->key);
    co_return http::Admitted{.identity = live->identity};
}

Task<> Keys::revoke_presented(trace::Context context, std::string ip, std::string text) {
    const auto live = co_await look_up(context, std::move(text));
    if (!live) co_return;
    const Key& key = live->key;
    audit::Actor actor{.name = key.user.str(), .org = key.org, .ip = std::move(ip)};
    // Revoked by somebody else meanwhile: that is what was asked for.
    (void)co_await revoke(context, std::move(actor), key.user, key.org, key.id);
}

/// Against what is its user's, or its own; what is no key counts against the address it comes from.
Task<limits::Standing> Keys::count(http::Arrival arrival, std::optional<Live> live) {
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

/// This thread's own copy for a second, then PostgreSQL.
Task<std::optional<Keys::Live>> Keys::look_up(
    trace::Context context, std::string text, bool outlives_outage
) {
    const auto short_name = short_name_of(text);
    if (!short_name) co_return std::nullopt;
    const std::string hash = to_base64url(sha256(text));
    const auto found = index_.find(hash);
    if (found != index_.end() && found->second->until > telemetry_.clock.steady()) {
        known_.splice(known_.begin(), known_, found->second);
        const auto& live = found->second->live;
        if (live && live->key.expires_at <= telemetry_.clock.now()) co_return std::nullopt;
        co_return live;
    }
    std::optional<Live> live;
    try {
        live = co_await read(context, *short_name, hash);
    } catch (const pg::Unreachable&) {
        live = outlives_outage ? known_before(hash) : std::nullopt;
        if (!live) throw;
        co_return live;
    }
    remember(hash, live);
    co_return live;
}

std::optional<Keys::Live> Keys::known_before(const std::string& hash) const {
    const auto found = index_.find(hash);
    if (found == index_.end() || !found->second->live) return std::nullopt;
    const bool is_expired = found->second->live->key.expires_at <= telemetry_.clock.now();
    const auto age = telemetry_.clock.steady() - found->second->until;
    if (is_expired || age > known_through_outages) return std::nullopt;
    return found->second->live;
}

Task<std::optional<Keys::Live>> Keys::read(
    trace::Context context, std::string short_name, std::string hash
) {
    const auto rows = co_await db_.run(context, read_key, short_name, telemetry_.clock.now());
    if (rows.empty()) co_return std::nullopt;
    pg::Row row = rows[0];
    if (!equals_in_constant_time(row.text(), hash)) co_return std::nullopt;
    Key key{.id = row.id<KeyId>(), .org = row.id<OrgId>(), .user = row.id<UserId>()};
    key.short_name = std::move(short_name);
    key.name = row.text();
    key.scopes = row.text();
    key.limit_per_min = row.integer_or_null();
    key.created_at = row.time();
    key.expires_at = row.time();
    key.last_used_at = row.time_or_null();
    const auto standing = co_await accounts_.standing(context, key.user, key.org);
    if (!standing || standing->state != accounts::State::active) co_return std::nullopt;
    const Identity identity{
        .user = key.user,
        .org = key.org,
        .org_role = standing->org_role,
        .platform_role = standing->platform_role,
    };
    co_return Live{std::move(key), identity};
}

void Keys::remember(const std::string& hash, std::optional<Live> live) {
    const auto found = index_.find(hash);
    if (found != index_.end()) known_.erase(found->second);
    known_.push_front({hash, std::move(live), telemetry_.clock.steady() + known_for});
    index_[hash] = known_.begin();
    if (known_.size() > known_max) {
        index_.erase(known_.back().hash);
        known_.pop_back();
    }
}

Task<> Keys::touch(trace::Context context, Key key) {
    const WallTime now = telemetry_.clock.now();
    if (key.last_used_at && now - *key.last_used_at < used_every) co_return;
    try {
        co_await db_.run(context, touch_key, key.org, key.user, key.id, now);
    } catch (const pg::Unreachable&) {
        co_return;  // it is written when it is used the next time
    }
    for (Known& known : known_) {
        if (known.live && known.live->key.id == key.id) known.live->key.last_used_at = now;
    }
}

}  // namespace acme::keys
