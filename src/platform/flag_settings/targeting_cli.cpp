// How a flag is answered, set at a terminal.
#include "base/text.hpp"
#include "platform/flag_settings/terminal.hpp"
#include "platform/flag_settings/words.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace acme::flag_settings {
namespace {

void print_placed(const cli::Call& call, const Placed& placed) {
    const Targeting& targeting = placed.flag.targeting;
    print(
        call,
        placed.flag.facts.key + "  " + placed.environment.key + "  " +
            (targeting.is_enabled ? "on" : "off") + "  version " +
            std::to_string(targeting.version),
        to_json(placed, {})
    );
}

Draft draft_now(const Targeting& targeting) {
    return {
        .is_enabled = targeting.is_enabled,
        .salt = targeting.salt,
        .rules = boost::json::parse(targeting.rules).as_object(),
    };
}

/// What would change, and for how many.
Task<Result<>> tell(Settings& settings, const cli::Call& call, Placed placed, Draft draft) {
    auto wanted = targeting_of(placed.flag, draft, settings.parts.telemetry.random);
    if (!wanted) co_return std::unexpected(std::move(wanted).error());
    auto impact = co_await settings.preview.impact(
        call.context, placed.flag.facts.key, placed.environment.key, std::move(draft)
    );
    if (!impact) co_return std::unexpected(std::move(impact).error());
    print_differences(call, differences(state_of(placed.flag.targeting), state_of(*wanted)));
    const auto said = [&](const Moves& moves) {
        return std::to_string(impact->units - moves.kept) + " of " + std::to_string(impact->units);
    };
    std::string text = said(impact->moves) + " accounts would be served something else";
    if (impact->if_on) text += "; switched on, " + said(*impact->if_on);
    print(call, text, to_json(*impact));
    co_return done;
}

Task<Result<>> set(Settings& settings, const cli::Call& call) {
    const Environment environment = ACME_TRY(co_await environment_of(settings, call));
    Placed placed = ACME_TRY(
        co_await settings.targetings.find(call.context, call.operands.at(0), environment.key)
    );
    const std::string& file = call.operands.at(1);
    const auto version = ACME_TRY(number_in(call, "--version"));
    if (file.empty()) {
        call.print(boost::json::serialize(to_json(placed, {})));
        co_return done;
    }
    const std::string text = ACME_TRY(read_file(file));
    auto draft = draft_of(ACME_TRY(object_of(text)));
    if (!draft) co_return std::unexpected(std::move(draft).error());
    if (call.has("--dry-run")) {
        co_return co_await tell(settings, call, std::move(placed), *std::move(draft));
    }
    auto changed = co_await settings.targetings.replace(
        call.context,
        editor_of(call),
        placed.flag.facts.key,
        environment.key,
        version.value_or(placed.flag.targeting.version),
        *std::move(draft)
    );
    if (!changed) co_return std::unexpected(std::move(changed).error());
    print_placed(call, *changed);
    co_return done;
}

/// Where it goes on answering as before although it is on: said, for nothing else shows it.
void tell_still_off(const cli::Call& call, const Placed& placed) {
    if (call.has("--json")) return;
    const auto flag = flags::parse_flag(document_of(placed.flag));
    const auto off = flag ? still_off(*flag) : std::nullopt;
    if (!off) return;
    call.print(
        "everybody still gets " + *off + ": it has no rule, and otherwise serves " + *off +
        ". --otherwise VARIANT serves another one, acme flags targeting sets rules."
    );
}

Task<Result<>> enable(Settings& settings, const cli::Call& call) {
    const Environment environment = ACME_TRY(co_await environment_of(settings, call));
    const std::string key = call.operands.at(0);
    const Placed placed =
        ACME_TRY(co_await settings.targetings.find(call.context, key, environment.key));
    Draft draft = draft_now(placed.flag.targeting);
    draft.is_enabled = true;
    if (call.has("--otherwise")) {
        draft.rules["fallthrough"] = boost::json::object{{"variant", call.value("--otherwise")}};
    }
    if (call.has("--dry-run")) co_return co_await tell(settings, call, placed, std::move(draft));
    auto turned = call.has("--otherwise") ? co_await settings.targetings.replace(
                                                call.context,
                                                editor_of(call),
                                                key,
                                                environment.key,
                                                placed.flag.targeting.version,
                                                std::move(draft)
                                            )
                                          : co_await settings.targetings.enable(
                                                call.context, editor_of(call), key, environment.key
                                            );
    if (!turned) co_return std::unexpected(std::move(turned).error());
    print_placed(call, *turned);
    tell_still_off(call, *turned);
    co_return done;
}

Task<Result<>> kill(Settings& settings, const cli::Call& call) {
    const Environment environment = ACME_TRY(co_await environment_of(settings, call));
    const std::string key = call.operands.at(0);
    if (call.has("--dry-run")) {
        Placed placed =
            ACME_TRY(co_await settings.targetings.find(call.context, key, environment.key));
        Draft draft = draft_now(placed.flag.targeting);
        draft.is_enabled = false;
        co_return co_await tell(settings, call, std::move(placed), std::move(draft));
    }
    auto killed =
        co_await settings.targetings.kill(call.context, editor_of(call), key, environment.key);
    if (!killed) co_return std::unexpected(std::move(killed).error());
    print_placed(call, *killed);
    co_return done;
}

/// What taking `change` back does to what is there now.
Result<> tell_undo(const cli::Call& call, const Change& change, const boost::json::object& now) {
    if (change.before.empty()) return not_undoable();
    std::vector<std::string> conflicts;
    const auto then = undone(
        boost::json::parse(change.before).as_object(),
        boost::json::parse(change.after).as_object(),
        now,
        conflicts
    );
    if (!conflicts.empty()) return undo_conflict(conflicts);
    print_differences(call, differences(now, then));
    return {};
}

Task<Result<>> undo(Settings& settings, const cli::Call& call) {
    const std::string key = call.operands.at(0);
    const Facts facts = ACME_TRY(co_await settings.catalog.find(call.context, key));
    const auto id = parse_number<std::int64_t>(call.operands.at(1));
    std::optional<Change> change;
    if (id) change = co_await find_change(settings.parts.db, call.context, facts.id, *id);
    if (!change) {
        co_return refuse(
            ErrorKind::not_found, "flags.change_unknown", "There is no such change of this flag."
        );
    }
    const bool is_tried = call.has("--dry-run");
    Result<Change> undone = *change;
    if (change->environment.empty()) {
        if (is_tried) co_return tell_undo(call, *change, state_of(facts));
        undone = co_await settings.catalog.undo(
            call.context, editor_of(call), key, facts.version, *change
        );
    } else {
        const Placed placed =
            ACME_TRY(co_await settings.targetings.find(call.context, key, change->environment));
        const Targeting& targeting = placed.flag.targeting;
        if (is_tried) co_return tell_undo(call, *change, state_of(targeting));
        undone = co_await settings.targetings.undo(
            call.context, editor_of(call), key, targeting.version, *change
        );
    }
    if (!undone) co_return std::unexpected(std::move(undone).error());
    print(call, key + "  undone", to_json(*undone, {}));
    co_return done;
}

}  // namespace

void add_targeting_commands(cli::Commands& commands, Settings& settings) {
    commands.add({
        .name = "flags targeting",
        .operands = {"FLAG", "[FILE]"},
        .options =
            {in_environment,
             {.name = "--version", .value = "N", .about = "refuses when it is another by now"},
             with_reason,
             dry_run,
             as_json},
        .about = "Prints how a flag is answered as JSON; with FILE, or -, sets and publishes it.",
        .example = "acme flags targeting checkout-redesign rules.json --dry-run",
        .run = [&settings](const cli::Call& call) { return set(settings, call); },
    });
    commands.add({
        .name = "flags enable",
        .operands = {"FLAG"},
        .options =
            {in_environment,
             {.name = "--otherwise",
              .value = "VARIANT",
              .about = "what everybody gets whom no rule matches, from now on"},
             with_reason,
             dry_run,
             as_json},
        .about = "Switches a flag on.",
        .example = "acme flags enable checkout-redesign --otherwise on",
        .run = [&settings](const cli::Call& call) { return enable(settings, call); },
    });
    cli::Option reason = with_reason;
    reason.is_required = true;
    commands.add({
        .name = "flags kill",
        .operands = {"FLAG"},
        .options = {in_environment, reason, dry_run, as_json},
        .about = "Switches a flag off at once, whatever others are changing of it.",
        .example = "acme flags kill checkout-redesign --reason 'payments fail'",
        .run = [&settings](const cli::Call& call) { return kill(settings, call); },
    });
    commands.add({
        .name = "flags undo",
        .operands = {"FLAG", "CHANGE"},
        .options = {with_reason, dry_run, as_json},
        .about = "Takes back what a change of the history did, where nothing was changed since.",
        .example = "acme flags undo checkout-redesign 17",
        .run = [&settings](const cli::Call& call) { return undo(settings, call); },
    });
}

}  // namespace acme::flag_settings
