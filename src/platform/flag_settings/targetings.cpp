#include "platform/flag_settings/targetings.hpp"

#include "base/bytes.hpp"
#include "platform/flag_settings/diff.hpp"
#include "platform/flag_settings/publish.hpp"
#include "platform/flag_settings/rows.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>

namespace acme::flag_settings {
namespace {

constexpr std::array members{
    "off_value", "bucket_by", "prerequisites", "overrides", "rules", "fallthrough"
};
constexpr std::size_t rule_id_letters = 6;

std::unexpected<Error> too_large() {
    return std::unexpected(Error{
        .kind = ErrorKind::too_large,
        .code = "flags.too_large",
        .message = "The rules are too long. Long lists of people are what segments are for.",
        .fields = {{"/rules", "flags.too_large", "must be 256 KiB at most, all together"}},
    });
}

/// Rules are named by ids, so that a new order is seen as one.
void name_rules(boost::json::object& rules, Random& random) {
    auto* const list = rules.if_contains("rules");
    if (list == nullptr || !list->is_array()) return;
    for (auto& rule : list->get_array()) {
        if (!rule.is_object() || rule.get_object().contains("id")) continue;
        rule.get_object()["id"] = "r_" + make_salt(random).substr(0, rule_id_letters);
    }
}

/// Whether somebody has to say why.
bool takes_reason(const Placed& before, const Targeting& wanted, const Editor& editor) {
    const bool switches = before.flag.targeting.is_enabled != wanted.is_enabled;
    return before.environment.is_protected && switches && editor.reason.empty();
}

}  // namespace

std::unexpected<Error> undo_conflict(const std::vector<std::string>& pointers) {
    Error error{
        .kind = ErrorKind::conflict,
        .code = "flags.undo_conflict",
        .message = "It was changed again since. Undo the later changes first, or set it by hand.",
    };
    for (const std::string& pointer : pointers) {
        error.fields.push_back({pointer, "flags.undo_conflict", "was changed again since"});
    }
    return std::unexpected(std::move(error));
}

std::unexpected<Error> not_undoable() {
    return refuse(
        ErrorKind::conflict,
        "flags.not_undoable",
        "This cannot be undone: a flag that nobody needs is archived."
    );
}

Result<Targeting> targeting_of(const Flag& flag, Draft draft, Random& random) {
    if (boost::json::serialize(draft.rules).size() > targeting_bytes_max) return too_large();
    name_rules(draft.rules, random);
    Flag wanted = flag;
    wanted.targeting.is_enabled = draft.is_enabled;
    wanted.targeting.salt = draft.salt.value_or(flag.targeting.salt);
    wanted.targeting.rules = boost::json::serialize(draft.rules);
    const auto parsed = flags::parse_flag(document_of(wanted));
    if (!parsed) return std::unexpected(parsed.error());
    const auto printed = flags::to_json(*parsed);
    boost::json::object kept;
    for (const char* const name : members) {
        if (const auto* value = printed.if_contains(name)) kept[name] = *value;
    }
    wanted.targeting.rules = boost::json::serialize(kept);
    return wanted.targeting;
}

Task<Result<Placed>> Targetings::find(
    trace::Context context, std::string flag, std::string environment
) {
    const auto found = co_await rows::find_environment(parts_.db, context, std::move(environment));
    if (!found) co_return no_such_environment();
    auto flags = co_await rows::flags(parts_.db, context, found->id, std::move(flag));
    if (flags.empty()) co_return no_such_flag();
    co_return Placed{.environment = *found, .flag = std::move(flags.front())};
}

Task<Result<Placed>> Targetings::lock(
    pg::Transaction& transaction, trace::Context context, std::string flag, std::string environment
) {
    const auto locked =
        co_await rows::lock_environments(transaction, context, std::move(environment));
    if (locked.empty()) co_return no_such_environment();
    co_await rows::lock_facts(transaction, context, flag);
    auto flags = co_await rows::flags(transaction, context, locked.front().id, std::move(flag));
    if (flags.empty()) co_return no_such_flag();
    if (flags.front().facts.archived_at) co_return is_archived();
    co_return Placed{.environment = locked.front(), .flag = std::move(flags.front())};
}

Task<Result<Change>> Targetings::store(
    pg::Transaction& transaction,
    trace::Context context,
    Editor editor,
    Placed before,
    Targeting wanted,
    std::string_view action
) {
    const std::int64_t flag = before.flag.facts.id;
    const bool switches = before.flag.targeting.is_enabled != wanted.is_enabled;
    wanted.updated_at = parts_.telemetry.clock.now();
    wanted.updated_by = editor.actor.name;
    if (switches) wanted.disabled_reason = wanted.is_enabled ? "" : editor.reason;
    const WallTime now = wanted.updated_at;
    const Targeting after = co_await rows::update_targeting(
        transaction, context, flag, before.environment.id, std::move(wanted), switches
    );
    const std::int64_t version = ACME_TRY(co_await publish(
        {parts_.loop, parts_.telemetry},
        transaction,
        context,
        before.environment,
        editor,
        before.flag.facts.key
    ));
    co_return co_await record(
        transaction,
        context,
        now,
        editor,
        {.flag = flag,
         .key = before.flag.facts.key,
         .environment = before.environment,
         .action = action,
         .before = state_of(before.flag.targeting),
         .after = state_of(after),
         .ruleset = version}
    );
}

Task<Result<Placed>> Targetings::replace(
    trace::Context context,
    Editor editor,
    std::string flag,
    std::string environment,
    std::int64_t version,
    Draft draft
) {
    auto transaction = co_await parts_.db.begin(context);
    Placed before = ACME_TRY(co_await lock(transaction, context, flag, environment));
    if (before.flag.targeting.version != version) co_return has_changed();
    auto permitted = check_may_publish(before.environment, editor);
    if (!permitted) co_return std::unexpected(std::move(permitted).error());
    auto wanted = targeting_of(before.flag, std::move(draft), parts_.telemetry.random);
    if (!wanted) co_return std::unexpected(std::move(wanted).error());
    if (takes_reason(before, *wanted, editor)) co_return reason_required();
    ACME_TRY(co_await store(
        transaction, context, editor, std::move(before), *std::move(wanted), "flags.target"
    ));
    co_await transaction.commit(context);
    co_return co_await find(context, std::move(flag), std::move(environment));
}

Task<Result<Placed>> Targetings::kill(
    trace::Context context, Editor editor, std::string flag, std::string environment
) {
    if (editor.reason.empty()) co_return reason_required();
    auto transaction = co_await parts_.db.begin(context);
    Placed before = ACME_TRY(co_await lock(transaction, context, flag, environment));
    if (!before.flag.targeting.is_enabled) co_return before;
    Targeting wanted = before.flag.targeting;
    wanted.is_enabled = false;
    ACME_TRY(co_await store(
        transaction, context, editor, std::move(before), std::move(wanted), "flags.kill"
    ));
    co_await transaction.commit(context);
    co_return co_await find(context, std::move(flag), std::move(environment));
}

Task<Result<Placed>> Targetings::enable(
    trace::Context context, Editor editor, std::string flag, std::string environment
) {
    auto transaction = co_await parts_.db.begin(context);
    Placed before = ACME_TRY(co_await lock(transaction, context, flag, environment));
    if (before.flag.targeting.is_enabled) co_return before;
    auto permitted = check_may_publish(before.environment, editor);
    if (!permitted) co_return std::unexpected(std::move(permitted).error());
    Targeting wanted = before.flag.targeting;
    wanted.is_enabled = true;
    if (takes_reason(before, wanted, editor)) co_return reason_required();
    ACME_TRY(co_await store(
        transaction, context, editor, std::move(before), std::move(wanted), "flags.enable"
    ));
    co_await transaction.commit(context);
    co_return co_await find(context, std::move(flag), std::move(environment));
}

Task<Result<Change>> Targetings::undo(
    trace::Context context, Editor editor, std::string flag, std::int64_t version, Change change
) {
    if (change.before.empty()) co_return not_undoable();
    auto transaction = co_await parts_.db.begin(context);
    Placed before =
        ACME_TRY(co_await lock(transaction, context, std::move(flag), change.environment));
    if (before.flag.targeting.version != version) co_return has_changed();
    auto permitted = check_may_publish(before.environment, editor);
    if (!permitted) co_return std::unexpected(std::move(permitted).error());
    std::vector<std::string> conflicts;
    Draft draft{
        .rules = undone(
            boost::json::parse(change.before).as_object(),
            boost::json::parse(change.after).as_object(),
            state_of(before.flag.targeting),
            conflicts
        )
    };
    if (!conflicts.empty()) co_return undo_conflict(conflicts);
    draft.is_enabled = draft.rules.at("enabled").as_bool();
    draft.salt = std::string(draft.rules.at("salt").as_string());
    draft.rules.erase("enabled");
    draft.rules.erase("salt");
    auto wanted = targeting_of(before.flag, std::move(draft), parts_.telemetry.random);
    if (!wanted) co_return std::unexpected(std::move(wanted).error());
    if (takes_reason(before, *wanted, editor)) co_return reason_required();
    Change made = ACME_TRY(co_await store(
        transaction, context, editor, std::move(before), *std::move(wanted), "flags.undo"
    ));
    co_await transaction.commit(context);
    co_return made;
}

}  // namespace acme::flag_settings
