// The two ways through a freeze: a second person, and broken glass.
#include "io/http/time.hpp"
#include "io/pg/database.hpp"
#include "operate/changes/changes.hpp"
#include "operate/changes/freezes.hpp"

#include <algorithm>

namespace acme::changes {
namespace {

constexpr pg::Query add_pass{"freezes.add_pass", R"sql(
    INSERT INTO freeze_passes (freeze_id, release, actor, reason, created_at)
    VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (freeze_id, release, actor) DO UPDATE SET reason = excluded.reason
    RETURNING freeze_id, release, actor, reason, created_at
)sql"};

constexpr pg::Query list_passes{"freezes.list_passes", R"sql(
    SELECT p.freeze_id, p.release, p.actor, p.reason, p.created_at
    FROM freeze_passes p JOIN freezes f ON f.id = p.freeze_id
    WHERE f.environment = $1 AND p.release = $2 AND p.actor <> $3
    ORDER BY p.created_at
)sql"};

// A deployment that waited in the queue may be the one for which it was broken.
constexpr pg::Query find_broken_glass{"freezes.find_broken_glass", R"sql(
    SELECT actor, summary FROM changes
    WHERE environment = $1 AND kind = 'break_glass' AND ref = $2 ORDER BY id LIMIT 1
)sql"};

Pass to_pass(pg::Row row) {
    return {
        .freeze = row.id<FreezeId>(),
        .release = row.text(),
        .actor = row.text(),
        .reason = row.text(),
        .created_at = row.time(),
    };
}

Result<> check_release(std::string_view release) {
    if (!release.empty() && release.size() <= release_chars_max) return {};
    return std::unexpected(Error{
        .kind = ErrorKind::invalid,
        .code = "changes.release",
        .message = "What is let through is one release, by its whole name.",
        .fields = {{"/release", "changes.release", "is the whole name of a release"}},
    });
}

std::string words_of(const Pass& pass) {
    return "let through by " + pass.actor + ": " + pass.reason;
}

std::string words_of_broken(std::string_view actor, std::string_view summary) {
    return std::string("The glass was broken by ").append(actor).append(": ").append(summary);
}

Error refusal_by(const std::vector<Freeze>& freezes, const Entrance& entrance) {
    Error error{
        .kind = ErrorKind::conflict,
        .code = "deploy.frozen",
        .message = "Nothing is deployed: " + words_of(freezes.front()) +
                   ". A rollback goes through. An emergency passes with another person: acme "
                   "freeze pass " +
                   entrance.release +
                   " --reason TEXT; or alone, told to all: --break-glass REASON.",
    };
    for (const Freeze& freeze : freezes) {
        error.fields.push_back({"/" + freeze.id.str(), "deploy.frozen", words_of(freeze)});
    }
    return error;
}

/// Errors: changes.freeze_invalid (invalid), for what is no reason.
Task<Result<std::string>> break_glass(
    pg::Transaction& transaction,
    trace::Context context,
    Entrance entrance,
    std::vector<Freeze> freezes,
    WallTime now
) {
    ACME_TRY(check_reason(entrance.break_glass));
    std::string ids;
    for (const Freeze& freeze : freezes) ids.append(ids.empty() ? "" : " ").append(freeze.id.str());
    const std::string summary = "deployed although it is frozen: " + entrance.break_glass;
    const std::string after = audit::json_of(
        {{"reason", entrance.break_glass}, {"release", entrance.release}, {"freezes", ids}}
    );
    const std::string actor = entrance.actor.name;
    co_await record(
        transaction,
        context,
        {.kind = "break_glass",
         .ref = entrance.deployment,
         .summary = summary,
         .environment = entrance.environment,
         .actor = actor,
         .at = now}
    );
    co_await audit::record(
        transaction,
        context,
        std::move(entrance.actor),
        {.action = "freezes.break_glass", .target = entrance.deployment, .after = after}
    );
    co_return words_of_broken(actor, summary);
}

}  // namespace

boost::json::object to_json(const Pass& pass) {
    return {
        {"freeze", pass.freeze.str()},
        {"release", pass.release},
        {"actor", pass.actor},
        {"reason", pass.reason},
        {"created_at", http::to_json(pass.created_at)},
    };
}

Task<Result<Pass>> Freezes::let_through(
    pg::Transaction& transaction,
    trace::Context context,
    audit::Actor actor,
    NewPass wanted,
    WallTime now
) {
    ACME_TRY(check_release(wanted.release));
    ACME_TRY(check_reason(wanted.reason));
    ACME_TRY(co_await check_in_force(transaction, context, wanted.freeze, now));
    const auto rows = co_await transaction.run(
        context, add_pass, wanted.freeze, wanted.release, actor.name, wanted.reason, now
    );
    const Pass pass = to_pass(rows[0]);
    const std::string after = audit::json_of({{"release", pass.release}, {"reason", pass.reason}});
    co_await audit::record(
        transaction,
        context,
        std::move(actor),
        {.action = "freezes.let_through", .target = pass.freeze.str(), .after = after}
    );
    co_return pass;
}

Task<Result<Pass>> Freezes::let_through(
    trace::Context context, audit::Actor actor, NewPass wanted
) {
    auto transaction = co_await db_.begin(context);
    Pass pass = ACME_TRY(co_await let_through(
        transaction, context, std::move(actor), std::move(wanted), clock_.now()
    ));
    co_await transaction.commit(context);
    co_return pass;
}

Task<Result<std::string>> Freezes::admit(
    pg::Transaction& transaction, trace::Context context, Entrance entrance, WallTime now
) {
    std::vector<Freeze> left = co_await active(transaction, context, entrance.environment, now);
    if (left.empty()) co_return "";
    if (!entrance.break_glass.empty()) {
        co_return co_await break_glass(
            transaction, context, std::move(entrance), std::move(left), now
        );
    }
    const auto broken = co_await transaction.run(
        context, find_broken_glass, entrance.environment, entrance.deployment
    );
    if (!broken.empty()) {
        pg::Row row = broken[0];
        const std::string actor = row.text();
        co_return words_of_broken(actor, row.text());
    }
    const auto rows = co_await transaction.run(
        context, list_passes, entrance.environment, entrance.release, entrance.actor.name
    );
    std::string words;
    for (int i = 0; i < rows.size(); ++i) {
        const Pass pass = to_pass(rows[i]);
        const bool is_for_one =
            std::erase_if(left, [&](const Freeze& freeze) { return freeze.id == pass.freeze; }) > 0;
        if (is_for_one) words.append(words.empty() ? "" : "; ").append(words_of(pass));
    }
    if (!left.empty()) co_return std::unexpected(refusal_by(left, entrance));
    co_return entrance.environment + " is frozen, and this was " + words;
}

Task<Result<std::string>> Freezes::admit(trace::Context context, Entrance entrance) {
    auto transaction = co_await db_.begin(context);
    std::string words =
        ACME_TRY(co_await admit(transaction, context, std::move(entrance), clock_.now()));
    co_await transaction.commit(context);
    co_return words;
}

}  // namespace acme::changes
