#include "platform/idempotency/idempotency.hpp"

#include "base/bytes.hpp"
#include "base/hash.hpp"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <stdexcept>

namespace acme::idempotency {
namespace {

constexpr int sweep_max = 5000;

// Ends with the transaction. Two keys with the same hash would only wait for each other in vain.
constexpr pg::Query lock_key{"idempotency.lock", R"sql(
    SELECT pg_try_advisory_xact_lock(hashtextextended($1, 8))
)sql"};

constexpr pg::Query find_answer{"idempotency.find", R"sql(
    SELECT fingerprint, status, content_type, headers, body FROM idempotency_keys
    WHERE org_id = $1 AND user_id = $2 AND key = $3 AND made_at > $4
)sql"};

// The conflict is with an answer that has outlived its day and was not swept yet.
constexpr pg::Query keep_answer{"idempotency.keep", R"sql(
    INSERT INTO idempotency_keys
        (org_id, user_id, key, made_at, fingerprint, status, content_type, headers, body)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
    ON CONFLICT (org_id, user_id, key) DO UPDATE SET
        made_at = excluded.made_at, fingerprint = excluded.fingerprint, status = excluded.status,
        content_type = excluded.content_type, headers = excluded.headers, body = excluded.body
)sql"};

constexpr pg::Query delete_old{"idempotency.sweep", R"sql(
    WITH gone AS (
        DELETE FROM idempotency_keys WHERE ctid IN (
            SELECT ctid FROM idempotency_keys WHERE made_at <= $1 LIMIT $2
        ) RETURNING 1
    ) SELECT count(*) FROM gone
)sql"};

bool is_key(std::string_view text) {
    return text.size() <= key_bytes_max &&
           std::ranges::all_of(text, [](char c) { return c > ' ' && c < 127; });
}

/// A key that comes back with another request is a mistake of the caller, not a repetition.
std::string fingerprint_of(const http::Request& request, std::string_view payload) {
    Sha256 hash;
    hash.add(http::name_of(request.method));
    hash.add(" ");
    hash.add(request.target);
    hash.add("\n");
    hash.add(payload);
    return to_hex(hash.finish());
}

std::string to_text(const http::HeaderList& headers) {
    boost::json::array list;
    for (const auto& [name, value] : headers) list.push_back({name, value});
    return boost::json::serialize(list);
}

http::HeaderList to_headers(std::string_view text) {
    http::HeaderList headers;
    const auto list = boost::json::parse(text);
    for (const auto& pair : list.as_array()) {
        const auto& both = pair.as_array();
        headers.emplace_back(both.at(0).as_string(), both.at(1).as_string());
    }
    return headers;
}

Error in_progress() {
    return {
        .kind = ErrorKind::conflict,
        .code = "idempotency.in_progress",
        .message = "A request with this Idempotency-Key is being answered. Repeat it in a moment.",
        .retry_after = std::chrono::seconds(1),
    };
}

}  // namespace

Task<Result<Claim>> Idempotency::claim(
    pg::Transaction& transaction, const http::Call& call, std::string payload, Need need
) {
    Claim claim{.key = std::string(call.request.header("Idempotency-Key"))};
    if (claim.key.empty()) {
        if (need == Need::optional) co_return claim;
        co_return refuse(
            ErrorKind::invalid, "http.key_required", "This request takes an Idempotency-Key."
        );
    }
    if (!is_key(claim.key)) {
        co_return refuse(
            ErrorKind::invalid,
            "idempotency.key_malformed",
            "An Idempotency-Key has 1 to 255 visible ASCII characters."
        );
    }
    claim.fingerprint = fingerprint_of(call.request, payload);
    const Identity& who = call.who();
    const std::string name = who.org.str() + who.user.str() + claim.key;
    const auto lock = co_await transaction.run(call.context, lock_key, name);
    if (!lock[0].boolean()) co_return std::unexpected(in_progress());

    const auto found = co_await transaction.run(
        call.context, find_answer, who.org, who.user, claim.key, clock_.now() - kept_for
    );
    if (found.empty()) co_return claim;
    pg::Row row = found[0];
    if (row.text() != claim.fingerprint) {
        co_return refuse(
            ErrorKind::invalid,
            "idempotency.other_payload",
            "This Idempotency-Key was used for another request."
        );
    }
    http::Response& replay = claim.replay.emplace();
    replay.status = static_cast<int>(row.integer());
    replay.content_type = row.text();
    replay.headers = to_headers(row.text());
    replay.headers.emplace_back("Idempotency-Replayed", "true");
    replay.body = row.text();
    co_return claim;
}

Task<> Idempotency::keep(
    pg::Transaction& transaction,
    const http::Call& call,
    const Claim& claim,
    const http::Response& response
) {
    if (claim.key.empty()) co_return;
    if (response.source) throw std::logic_error("an answer that is streamed cannot be kept");
    const Identity& who = call.who();
    co_await transaction.run(
        call.context,
        keep_answer,
        who.org,
        who.user,
        claim.key,
        clock_.now(),
        claim.fingerprint,
        response.status,
        response.content_type,
        to_text(response.headers),
        response.body
    );
}

Task<bool> Idempotency::sweep(trace::Context context) {
    const auto rows = co_await db_.run(context, delete_old, clock_.now() - kept_for, sweep_max);
    co_return rows[0].integer() == sweep_max;
}

}  // namespace acme::idempotency
