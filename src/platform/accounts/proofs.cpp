#include "platform/accounts/proofs.hpp"

#include "io/pg/database.hpp"
#include "platform/accounts/email.hpp"

namespace acme::accounts {
namespace {

constexpr pg::Query insert_proof{"accounts.insert_proof", R"sql(
    INSERT INTO email_proofs (id, kind, email, email_norm, name, sealed, created_at, expires_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
)sql"};

// Whoever asks again and again for somebody else's address fills nobody's mailbox.
constexpr pg::Query tell_proof{"accounts.tell_proof", R"sql(
    UPDATE email_proofs p SET mailed_at = coalesce(p.mailed_at, $3)
    WHERE p.id = $1 AND p.kind = $2 AND p.used_at IS NULL AND p.expires_at > $3
      AND (p.mailed_at IS NOT NULL OR $5::bigint > (
          SELECT count(*) FROM email_proofs o
          WHERE o.email_norm = p.email_norm AND o.kind = p.kind AND o.mailed_at > $4))
    RETURNING p.email_norm
)sql"};

constexpr pg::Query find_proof{"accounts.find_proof", R"sql(
    SELECT id, email, name, sealed FROM email_proofs
    WHERE id = $1 AND kind = $2 AND mailed_at IS NOT NULL AND used_at IS NULL AND expires_at > $3
)sql"};

// Counted before it is looked at, so that many at once do not slip through.
constexpr pg::Query try_codes{"accounts.try_codes", R"sql(
    UPDATE email_proofs SET attempts = attempts + 1
    WHERE email_norm = $1 AND kind = $2 AND mailed_at IS NOT NULL AND used_at IS NULL
      AND expires_at > $3 AND attempts < $4::bigint
    RETURNING id, email, name, sealed
)sql"};

constexpr pg::Query use_proofs{"accounts.use_proofs", R"sql(
    UPDATE email_proofs SET used_at = $3
    WHERE email_norm = $1 AND kind = $2 AND used_at IS NULL AND expires_at > $3
    RETURNING id
)sql"};

constexpr pg::Query sweep_proofs{"accounts.sweep_proofs", R"sql(
    DELETE FROM email_proofs WHERE expires_at < $1
)sql"};

std::vector<Proof> read_proofs(const pg::Rows& rows, ProofKind kind) {
    std::vector<Proof> proofs;
    for (int i = 0; i < rows.size(); ++i) {
        pg::Row row = rows[i];
        Proof proof{.id = row.id<ProofId>(), .kind = kind, .email = row.text(), .name = row.text()};
        proof.sealed = row.text_or_null();
        proofs.push_back(std::move(proof));
    }
    return proofs;
}

}  // namespace

std::unexpected<Error> invalid_proof() {
    return refuse(
        ErrorKind::unauthenticated,
        "accounts.proof_invalid",
        "This link or code is wrong, was used before or is too old. Ask for another mail."
    );
}

Proofs::Proofs(pg::Database& db, const Secret& secret_keys, Telemetry& telemetry)
    : db_(db),
      telemetry_(telemetry),
      secrets_(secret_keys, "email proofs v1"),
      seal_(keys_for(secret_keys, "sign-up passwords v1")) {}

Task<ProofId> Proofs::add(
    pg::Transaction& transaction,
    trace::Context context,
    ProofKind kind,
    std::string email,
    std::string name,
    std::optional<Secret> hash
) {
    const WallTime now = telemetry_.clock.now();
    const ProofId id = ProofId::make(now, telemetry_.random);
    std::optional<std::string> sealed;
    if (hash) sealed = seal_.close(telemetry_.random, hash->reveal(), id.str());
    co_await transaction.run(
        context,
        insert_proof,
        id,
        name_of(kind),
        email,
        normalize_email(email).value_or(email),
        name,
        sealed,
        now,
        now + life_of(kind)
    );
    co_return id;
}

Task<std::optional<Proofs::Told>> Proofs::tell(
    trace::Context context, ProofKind kind, std::string id
) {
    const auto proof = ProofId::parse(id);
    if (!proof) co_return std::nullopt;
    const WallTime now = telemetry_.clock.now();
    const WallTime hour_ago = now - std::chrono::hours(1);
    const auto rows = co_await db_.run(
        context, tell_proof, *proof, name_of(kind), now, hour_ago, mails_per_hour_max
    );
    if (rows.empty()) co_return std::nullopt;
    co_return Told{
        .email = rows[0].text(),
        .token = secrets_.token_of(id),
        .code = secrets_.code_of(id),
    };
}

Task<std::vector<Proof>> Proofs::find_by_token(
    trace::Context context, ProofKind kind, std::string token
) {
    const auto id = ProofId::parse(MailSecrets::id_in(token));
    if (!id || !secrets_.is_token_of(id->str(), token)) co_return std::vector<Proof>{};
    const WallTime now = telemetry_.clock.now();
    co_return read_proofs(co_await db_.run(context, find_proof, *id, name_of(kind), now), kind);
}

Task<std::vector<Proof>> Proofs::find_by_code(
    trace::Context context, ProofKind kind, Brought brought
) {
    const std::string email = normalize_email(brought.email).value_or("");
    const WallTime now = telemetry_.clock.now();
    const auto rows =
        co_await db_.run(context, try_codes, email, name_of(kind), now, code_attempts_max);
    std::vector<Proof> proofs = read_proofs(rows, kind);
    std::erase_if(proofs, [&](const Proof& proof) {
        return !secrets_.is_code_of(proof.id.str(), brought.code);
    });
    co_return proofs;
}

Task<Result<Proof>> Proofs::find(trace::Context context, ProofKind kind, Brought brought) {
    std::vector<Proof> found;
    if (brought.token.empty()) {
        found = co_await find_by_code(context, kind, std::move(brought));
    } else {
        found = co_await find_by_token(context, kind, std::move(brought.token));
    }
    if (found.empty()) co_return invalid_proof();
    co_return std::move(found.front());
}

Task<Result<>> Proofs::use(
    pg::Transaction& transaction, trace::Context context, const Proof& proof
) {
    const std::string email = normalize_email(proof.email).value_or("");
    const auto rows = co_await transaction.run(
        context, use_proofs, email, name_of(proof.kind), telemetry_.clock.now()
    );
    for (int i = 0; i < rows.size(); ++i) {
        if (rows[i].id<ProofId>() == proof.id) co_return done;
    }
    co_return invalid_proof();
}

std::optional<Secret> Proofs::hash_of(const Proof& proof) const {
    if (!proof.sealed) return std::nullopt;
    return seal_.open(*proof.sealed, proof.id.str());
}

Task<> Proofs::sweep(trace::Context context) {
    co_await db_.run(context, sweep_proofs, telemetry_.clock.now() - std::chrono::days(1));
}

}  // namespace acme::accounts
