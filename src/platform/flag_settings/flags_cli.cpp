#include "platform/flag_settings/flags_cli.hpp"

#include "base/text.hpp"
#include "io/http/time.hpp"
#include "platform/flag_settings/terminal.hpp"
#include "platform/flag_settings/words.hpp"

#include <boost/json/serialize.hpp>

#include <algorithm>

namespace acme::flag_settings {
namespace {

constexpr int page = 200;
constexpr std::int64_t changes_usual = 20;
constexpr std::int64_t changes_max = 1'000;

Task<Result<>> list(Settings& settings, const cli::Call& call) {
    const Environment environment = ACME_TRY(co_await environment_of(settings, call));
    Asked asked{
        .state = call.value("--state"),
        .kind = call.value("--kind"),
        .tag = call.value("--tag"),
        .text = call.value("--q"),
        .limit = page,
    };
    ACME_TRY(check(asked));
    while (true) {
        const auto lines = co_await settings.overview.list(call.context, environment, asked);
        for (const Line& line : lines) print_line(call, line, environment);
        if (std::ssize(lines) < page) co_return done;
        asked.after = lines.back().flag.facts.key;
    }
}

/// What it serves, or of one that is off what it will once it is on.
std::string serves_in(const Flag& flag) {
    auto parsed = flags::parse_flag(document_of(flag));
    if (!parsed) return "";
    parsed->is_enabled = true;
    return (flag.targeting.is_enabled ? "" : "once it is on: ") + serves_of(*parsed);
}

Task<Result<>> show(Settings& settings, const cli::Call& call) {
    const std::string& key = call.operands.at(0);
    const Facts facts = ACME_TRY(co_await settings.catalog.find(call.context, key));
    if (call.has("--json")) {
        boost::json::object json = to_json(facts, {});
        boost::json::array environments;
        for (const Environment& each : co_await settings.environments.list(call.context)) {
            environments.push_back(to_json(
                ACME_TRY(co_await settings.targetings.find(call.context, key, each.key)), {}
            ));
        }
        json["environments"] = std::move(environments);
        call.print(boost::json::serialize(json));
        co_return done;
    }
    call.print(facts.key + "  " + facts.type + "  " + facts.kind + "  " + facts.name);
    call.print(facts.description);
    call.print("variants " + facts.variants);
    for (const Environment& each : co_await settings.environments.list(call.context)) {
        const Placed placed =
            ACME_TRY(co_await settings.targetings.find(call.context, key, each.key));
        const Targeting& targeting = placed.flag.targeting;
        const std::string why =
            targeting.disabled_reason.empty() ? "" : "  (" + targeting.disabled_reason + ")";
        call.print(
            each.key + "  " + (targeting.is_enabled ? "on" : "off") + "  version " +
            std::to_string(targeting.version) + "  " + serves_in(placed.flag) + why
        );
    }
    co_return done;
}

/// "plan=pro" as an attribute: a number or a boolean where it is one.
void take_attribute(const std::string& text, boost::json::object& attributes) {
    const auto sign = std::min(text.find('='), text.size());
    const std::string name = text.substr(0, sign);
    const std::string value = sign < text.size() ? text.substr(sign + 1) : "";
    if (const auto number = parse_number<std::int64_t>(value)) {
        attributes[name] = *number;
    } else if (value == "true" || value == "false") {
        attributes[name] = value == "true";
    } else {
        attributes[name] = value;
    }
}

Task<Result<>> preview(Settings& settings, const cli::Call& call) {
    const Environment environment = ACME_TRY(co_await environment_of(settings, call));
    SubjectWords subject;
    for (const auto& [option, name] :
         {std::pair{"--user", "user_id"}, {"--org", "org_id"}, {"--region", "region"}}) {
        if (call.has(option)) subject.attributes[name] = call.value(option);
    }
    std::string more = call.value("--attributes");
    while (!more.empty()) {
        const auto end = std::min(more.find(','), more.size());
        take_attribute(more.substr(0, end), subject.attributes);
        more.erase(0, std::min(end + 1, more.size()));
    }
    std::optional<Draft> draft;
    if (call.has("--draft")) {
        const std::string text = ACME_TRY(read_file(call.value("--draft")));
        auto read = draft_of(ACME_TRY(object_of(text)));
        if (!read) co_return std::unexpected(std::move(read).error());
        draft = *std::move(read);
    }
    auto previewed = co_await settings.preview.explain(
        call.context, call.operands.at(0), environment.key, std::move(draft), std::move(subject)
    );
    if (!previewed) co_return std::unexpected(std::move(previewed).error());
    if (call.has("--json")) {
        call.print(boost::json::serialize(to_json(*previewed)));
        co_return done;
    }
    const auto print_one = [&](const char* title, const boost::json::object& explanation) {
        call.print(
            std::string(title) + "  " + boost::json::serialize(explanation.at("value")) + "  " +
            std::string(explanation.at("reason").as_string())
        );
        for (const auto& step : explanation.at("steps").as_array()) {
            call.print("  " + std::string(step.at("text").as_string()));
        }
    };
    if (previewed->draft) print_one("draft", *previewed->draft);
    print_one("live", previewed->live);
    co_return done;
}

Task<Result<>> history(Settings& settings, const cli::Call& call) {
    const Facts facts = ACME_TRY(co_await settings.catalog.find(call.context, call.operands.at(0)));
    std::optional<std::string> environment;
    if (call.has("--environment")) {
        environment = ACME_TRY(co_await environment_of(settings, call)).key;
    }
    const auto asked = ACME_TRY(number_in(call, "--limit"));
    const auto limit = static_cast<int>(std::min(asked.value_or(changes_usual), changes_max));
    const auto changes = co_await list_changes(
        settings.parts.db, call.context, facts.id, environment, std::nullopt, limit
    );
    std::vector<std::string> people;
    people.reserve(changes.size());
    for (const Change& change : changes) people.push_back(change.by);
    const Names names = co_await names_of(settings.parts.accounts, call.context, std::move(people));
    for (const Change& change : changes) {
        const auto json = to_json(change, names);
        const auto name = names.find(change.by);
        std::string text = std::to_string(change.id) + "  " + http::to_json(change.at) + "  " +
                           (name == names.end() ? change.by : name->second) + "  " + change.action +
                           "  " + (change.environment.empty() ? "everywhere" : change.environment);
        if (!change.reason.empty()) text += "  " + change.reason;
        print(call, text, json);
        if (call.has("--json")) continue;
        for (const Difference& each : differences_of(change)) call.print("  " + line_of(each));
    }
    co_return done;
}

Task<Result<>> environments(Settings& settings, const cli::Call& call) {
    if (call.has("--add")) {
        auto transaction = co_await settings.parts.db.begin(call.context);
        Environment wanted{
            .key = call.value("--add"), .name = call.value("--name", call.value("--add"))
        };
        wanted.is_protected = call.has("--protected");
        auto made = co_await settings.environments.add(
            transaction, call.context, editor_of(call), std::move(wanted)
        );
        if (!made) co_return std::unexpected(std::move(made).error());
        co_await transaction.commit(call.context);
    } else if (call.has("--protect") || call.has("--unprotect")) {
        const bool protects = call.has("--protect");
        ACME_TRY(co_await settings.environments.change(
            call.context,
            editor_of(call),
            call.value(protects ? "--protect" : "--unprotect"),
            std::nullopt,
            protects
        ));
    }
    for (const Environment& each : co_await settings.environments.list(call.context)) {
        print(
            call,
            each.key + "  version " + std::to_string(each.version) + "  " + each.name +
                (each.is_protected ? "  protected" : ""),
            to_json(each)
        );
    }
    co_return done;
}

}  // namespace

void add_looking_commands(cli::Commands& commands, Settings& settings) {
    commands.add({
        .name = "flags list",
        .options =
            {in_environment,
             {.name = "--state", .value = "STATE", .about = "on, off, archived or stale"},
             {.name = "--kind", .value = "KIND", .about = "release, experiment, ops, kill, …"},
             {.name = "--tag", .value = "TAG", .about = "those that have it"},
             {.name = "--q", .value = "TEXT", .about = "in key, name, description or tags"},
             as_json},
        .about = "Lists feature flags with what each serves.",
        .example = "acme flags list --environment production --state stale",
        .run = [&settings](const cli::Call& call) { return list(settings, call); },
    });
    commands.add({
        .name = "flags show",
        .operands = {"FLAG"},
        .options = {as_json},
        .about = "Shows a flag in every environment.",
        .example = "acme flags show checkout-redesign --json",
        .run = [&settings](const cli::Call& call) { return show(settings, call); },
    });
    commands.add({
        .name = "flags preview",
        .operands = {"FLAG"},
        .options =
            {in_environment,
             {.name = "--user", .value = "ID", .about = "for whom"},
             {.name = "--org", .value = "ID", .about = "in which organization"},
             {.name = "--region", .value = "NAME", .about = "from where"},
             {.name = "--attributes", .value = "LIST", .about = "plan=pro,seats=12"},
             {.name = "--draft", .value = "FILE", .about = "a targeting to try, - reads it"},
             as_json},
        .about = "Tells what somebody is served, and why.",
        .example = "acme flags preview checkout-redesign --user usr_01hf --region eu-west",
        .run = [&settings](const cli::Call& call) { return preview(settings, call); },
    });
    commands.add({
        .name = "flags history",
        .operands = {"FLAG"},
        .options =
            {{.name = "--environment", .value = "KEY", .about = "in which (all)"},
             {.name = "--limit", .value = "N", .about = "how many (20)"},
             as_json},
        .about = "Lists who changed what of a flag, newest first.",
        .example = "acme flags history checkout-redesign",
        .run = [&settings](const cli::Call& call) { return history(settings, call); },
    });
    commands.add({
        .name = "flags environments",
        .options =
            {{.name = "--add", .value = "KEY", .about = "makes one"},
             {.name = "--name", .value = "TEXT", .about = "of that one"},
             {.name = "--protected", .about = "takes an administrator to change"},
             {.name = "--protect", .value = "KEY", .about = "protects one that is there"},
             {.name = "--unprotect", .value = "KEY", .about = "lets operators change it again"},
             as_json},
        .about = "Lists the environments of flags, after adding or protecting one.",
        .example = "acme flags environments --add qa --name 'Quality assurance'",
        .run = [&settings](const cli::Call& call) { return environments(settings, call); },
    });
}

void add_commands(cli::Commands& commands, Settings& settings) {
    add_looking_commands(commands, settings);
    add_changing_commands(commands, settings);
    add_targeting_commands(commands, settings);
    add_segment_commands(commands, settings);
    add_exchange_commands(commands, settings);
}

}  // namespace acme::flag_settings
