// What a flag is, changed at a terminal.
#include "io/pg/database.hpp"
#include "platform/flag_settings/terminal.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace acme::flag_settings {
namespace {

constexpr std::string_view bool_variants =
    R"([{"key":"on","value":true},{"key":"off","value":false}])";

std::vector<std::string> apart(std::string list) {
    std::vector<std::string> words;
    while (!list.empty()) {
        const auto end = std::min(list.find(','), list.size());
        if (end > 0) words.push_back(list.substr(0, end));
        list.erase(0, std::min(end + 1, list.size()));
    }
    return words;
}

/// What the options say, over what was there.
Result<Facts> with_options(const cli::Call& call, Facts facts) {
    facts.name = call.value("--name", facts.name);
    facts.description = call.value("--description", facts.description);
    facts.kind = call.value("--kind", facts.kind);
    facts.owner = call.value("--owner", facts.owner);
    facts.expected_removal_at = call.value("--removal", facts.expected_removal_at);
    if (call.has("--tags")) facts.tags = apart(call.value("--tags"));
    if (call.has("--permanent")) facts.is_permanent = true;
    if (call.has("--temporary")) facts.is_permanent = false;
    if (!call.has("--variants")) return facts;
    boost::json::error_code error;
    const auto variants = boost::json::parse(call.value("--variants"), error);
    if (error || !variants.is_array()) {
        return std::unexpected(invalid({{"/variants", "flags.type", "must be a JSON list"}}).error()
        );
    }
    facts.variants = boost::json::serialize(variants);
    return facts;
}

Task<Result<>> create(Settings& settings, const cli::Call& call) {
    Facts wanted;
    wanted.key = call.operands.at(0);
    wanted.name = wanted.key;
    wanted.type = call.value("--type", "bool");
    if (wanted.type == "bool") wanted.variants = bool_variants;
    auto facts = with_options(call, std::move(wanted));
    if (!facts) co_return std::unexpected(std::move(facts).error());
    auto transaction = co_await settings.parts.db.begin(call.context);
    auto made = co_await settings.catalog.create(
        transaction, call.context, editor_of(call), *std::move(facts)
    );
    if (!made) co_return std::unexpected(std::move(made).error());
    if (!call.has("--dry-run")) co_await transaction.commit(call.context);
    print(
        call,
        made->key +
            (call.has("--dry-run") ? "  would be made" : "  made, off in every environment"),
        to_json(*made, {})
    );
    co_return done;
}

Task<Result<>> edit(Settings& settings, const cli::Call& call) {
    const Facts before =
        ACME_TRY(co_await settings.catalog.find(call.context, call.operands.at(0)));
    auto wanted = with_options(call, before);
    if (!wanted) co_return std::unexpected(std::move(wanted).error());
    if (state_of(before) == state_of(*wanted)) {
        print(call, "nothing changes", to_json(before, {}));
        co_return done;
    }
    if (call.has("--dry-run")) {
        if (auto problems = problems_of(*wanted); !problems.empty()) {
            co_return invalid(std::move(problems));
        }
        print_differences(call, differences(state_of(before), state_of(*wanted)));
        co_return done;
    }
    auto changed =
        co_await settings.catalog.change(call.context, editor_of(call), *std::move(wanted));
    if (!changed) co_return std::unexpected(std::move(changed).error());
    print(call, changed->key + "  changed", to_json(*changed, {}));
    co_return done;
}

Task<Result<>> set_archived(Settings& settings, const cli::Call& call, bool is_archived) {
    const std::string key = call.operands.at(0);
    auto done_to = is_archived
                       ? co_await settings.catalog.archive(call.context, editor_of(call), key)
                       : co_await settings.catalog.restore(call.context, editor_of(call), key);
    if (!done_to) co_return std::unexpected(std::move(done_to).error());
    print(
        call,
        key + (is_archived ? "  archived" : "  restored, off in every environment"),
        to_json(*done_to, {})
    );
    co_return done;
}

std::vector<cli::Option> with_facts(std::vector<cli::Option> options) {
    options.insert(
        options.end(),
        {{.name = "--name", .value = "TEXT", .about = "what people call it (the key)"},
         {.name = "--kind", .value = "KIND", .about = "release, experiment, ops, kill, permission"},
         {.name = "--owner", .value = "ID", .about = "a user"},
         {.name = "--tags", .value = "LIST", .about = "checkout,web"},
         {.name = "--removal", .value = "DAY", .about = "by when it goes: 2027-01-31"},
         {.name = "--permanent", .about = "never counts as done with"},
         {.name = "--variants", .value = "JSON", .about = R"([{"key":"a","value":1}, …])"},
         with_reason,
         dry_run,
         as_json}
    );
    return options;
}

}  // namespace

void add_changing_commands(cli::Commands& commands, Settings& settings) {
    commands.add({
        .name = "flags create",
        .operands = {"FLAG"},
        .options = with_facts(
            {{.name = "--description",
              .value = "TEXT",
              .about = "what it is for",
              .is_required = true},
             {.name = "--type", .value = "TYPE", .about = "bool, string, int, double, json (bool)"}}
        ),
        .about = "Makes a flag, which is off in every environment.",
        .example = "acme flags create checkout-redesign --description 'The new checkout'",
        .run = [&settings](const cli::Call& call) { return create(settings, call); },
    });
    commands.add({
        .name = "flags edit",
        .operands = {"FLAG"},
        .options = with_facts(
            {{.name = "--description", .value = "TEXT", .about = "what it is for"},
             {.name = "--temporary", .about = "may count as done with again"}}
        ),
        .about = "Changes what a flag is.",
        .example = "acme flags edit checkout-redesign --removal 2027-01-31 --dry-run",
        .run = [&settings](const cli::Call& call) { return edit(settings, call); },
    });
    commands.add({
        .name = "flags archive",
        .operands = {"FLAG"},
        .options = {with_reason, as_json},
        .about = "Archives a flag: callers keep their own defaults.",
        .example = "acme flags archive checkout-redesign --reason 'it is everywhere'",
        .run = [&settings](const cli::Call& call) { return set_archived(settings, call, true); },
    });
    commands.add({
        .name = "flags restore",
        .operands = {"FLAG"},
        .options = {with_reason, as_json},
        .about = "Brings an archived flag back, off in every environment.",
        .example = "acme flags restore checkout-redesign",
        .run = [&settings](const cli::Call& call) { return set_archived(settings, call, false); },
    });
}

}  // namespace acme::flag_settings
