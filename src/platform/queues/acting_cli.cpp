// Acting, at a terminal. What cannot be taken back is shown first.
#include "io/process/terminal.hpp"
#include "platform/queues/terminal.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

namespace acme::queues {
namespace {

namespace json = boost::json;

void print_either(const cli::Call& call, const json::object& object, const std::string& line) {
    call.print(call.has("--json") ? json::serialize(object) : line);
}

Task<Result<>> act_on_one(const RemoteParts& parts, std::string_view verb, const cli::Call& call) {
    Remote remote = ACME_TRY(remote_of(parts, call));
    const std::string id = ACME_TRY(operand_of(call, 0));
    const auto acted = ACME_TRY(co_await remote.send(
        call.context, "POST", under(call, "/jobs/") + id + ":" + std::string(verb), ""
    ));
    print_either(call, acted, id + "  " + std::string(verb) + "  was " + text_in(acted, "was"));
    co_return done;
}

/// Whether it is to be done, after it was shown.
Task<Result<>> confirm(const cli::Call& call, std::string question) {
    if (call.has("--yes")) co_return done;
    if (process::is_somebody_there() && !call.has("--json")) {
        call.print(question + " [y/N]");
        const std::string answer = co_await process::read_line();
        if (answer == "y" || answer == "Y" || answer == "yes") co_return done;
        co_return refuse(ErrorKind::conflict, "queues.unconfirmed", "Nothing was changed.");
    }
    co_return refuse(
        ErrorKind::conflict, "queues.unconfirmed", "Nothing was changed. Say --yes to do this."
    );
}

std::string seen(const json::object& preview) {
    std::string line = std::to_string(number_in(preview, "matched"));
    if (preview.at("has_more").as_bool()) line = "more than " + line;
    line += " jobs";
    const auto* const examples = preview.if_contains("examples");
    if (examples == nullptr) return line;
    for (const auto& id : examples->as_array()) line += "\n  " + std::string(id.as_string());
    return line;
}

/// Looks first; then does it, 10,000 at a time, until nothing is left.
Task<Result<>> look_and_do(
    const RemoteParts& parts, const cli::Call& call, std::string path, json::object body
) {
    Remote remote = ACME_TRY(remote_of(parts, call));
    body["dry_run"] = true;
    const auto preview =
        ACME_TRY(co_await remote.send(call.context, "POST", path, json::serialize(body)));
    const bool is_dry = call.has("--dry-run");
    if (is_dry || !call.has("--json")) print_either(call, preview, seen(preview));
    if (is_dry || number_in(preview, "matched") == 0) co_return done;
    ACME_TRY(co_await confirm(call, "Do this?"));
    body["dry_run"] = false;
    std::int64_t changed = 0;
    while (true) {
        const auto acted =
            ACME_TRY(co_await remote.send(call.context, "POST", path, json::serialize(body)));
        changed += number_in(acted, "changed");
        if (!acted.at("has_more").as_bool() || number_in(acted, "changed") == 0) break;
    }
    print_either(
        call, json::object{{"changed", changed}}, std::to_string(changed) + " jobs changed"
    );
    co_return done;
}

void take(json::object& object, const cli::Call& call, const char* option, const char* field) {
    if (call.has(option)) object[field] = call.value(option);
}

Task<Result<>> redrive(const RemoteParts& parts, const cli::Call& call) {
    const std::string queue = ACME_TRY(operand_of(call, 0));
    json::object body;
    take(body, call, "--kind", "kind");
    take(body, call, "--error-type", "error_type");
    co_return co_await look_and_do(
        parts, call, under(call, "/queues/") + queue + "/dead:redrive", std::move(body)
    );
}

Task<Result<>> purge(const RemoteParts& parts, const cli::Call& call) {
    const std::string queue = ACME_TRY(operand_of(call, 0));
    co_return co_await look_and_do(parts, call, under(call, "/queues/") + queue + ":purge", {});
}

Task<Result<>> bulk(const RemoteParts& parts, const cli::Call& call) {
    json::object filter;
    take(filter, call, "--queue", "queue");
    take(filter, call, "--state", "state");
    take(filter, call, "--kind", "kind");
    take(filter, call, "--key", "key");
    take(filter, call, "--user", "user");
    take(filter, call, "--error-type", "error_type");
    json::object body{{"action", call.operands.at(0)}, {"filter", std::move(filter)}};
    co_return co_await look_and_do(parts, call, under(call, "/jobs:bulk"), std::move(body));
}

Task<Result<>> pause(const RemoteParts& parts, const cli::Call& call) {
    Remote remote = ACME_TRY(remote_of(parts, call));
    const std::string queue = ACME_TRY(operand_of(call, 0));
    const json::object body{{"reason", call.value("--reason")}};
    const auto paused = ACME_TRY(co_await remote.send(
        call.context, "POST", under(call, "/queues/") + queue + ":pause", json::serialize(body)
    ));
    print_either(call, paused, queue + "  paused");
    co_return done;
}

Task<Result<>> resume(const RemoteParts& parts, const cli::Call& call) {
    Remote remote = ACME_TRY(remote_of(parts, call));
    const std::string queue = ACME_TRY(operand_of(call, 0));
    const auto resumed = ACME_TRY(
        co_await remote.send(call.context, "POST", under(call, "/queues/") + queue + ":resume", "")
    );
    print_either(call, resumed, queue + "  running");
    co_return done;
}

void add_one_by_one(cli::Commands& commands, const RemoteParts& parts) {
    struct Verb {
        std::string_view name;
        std::string_view verb;
        std::string_view about;
        std::string_view example;
    };
    constexpr Verb verbs[] = {
        {"jobs cancel",
         "cancel",
         "Cancels a job that waits; one that runs is asked to end.",
         "acme jobs cancel job_00000000000a7"},
        {"jobs retry", "retry", "Makes a dead job due again.", "acme jobs retry job_00000000000a7"},
        {"jobs promote",
         "promote",
         "Makes a job that is due later due at once.",
         "acme jobs promote job_00000000000a7"},
    };
    for (const auto& [name, verb, about, example] : verbs) {
        commands.add({
            .name = std::string(name),
            .operands = {"ID"},
            .options = {cli::url_option, cli::key_option, platform_option, as_json},
            .about = about,
            .example = example,
            .run = [parts, verb](const cli::Call& call) { return act_on_one(parts, verb, call); },
            .needs_configuration = false,
        });
    }
}

void add_many(cli::Commands& commands, const RemoteParts& parts) {
    commands.add({
        .name = "jobs redrive",
        .operands = {"QUEUE"},
        .options =
            {cli::url_option,
             cli::key_option,
             platform_option,
             {.name = "--kind", .value = "KIND"},
             {.name = "--error-type", .value = "TYPE"},
             dry_option,
             yes_option,
             as_json},
        .about = "Sends the dead jobs of a queue back into it, after it has shown them.",
        .example = "acme jobs redrive mails --error-type SmtpTimeout --dry-run",
        .run = [parts](const cli::Call& call) { return redrive(parts, call); },
        .needs_configuration = false,
    });
    commands.add({
        .name = "jobs bulk",
        .operands = {"ACTION"},
        .options =
            {cli::url_option,
             cli::key_option,
             platform_option,
             {.name = "--queue", .value = "NAME"},
             {.name = "--state", .value = "STATE"},
             {.name = "--kind", .value = "KIND"},
             {.name = "--key", .value = "KEY"},
             {.name = "--user", .value = "ID"},
             {.name = "--error-type", .value = "TYPE"},
             dry_option,
             yes_option,
             as_json},
        .about = "Does cancel, retry, promote or discard with all jobs that match, after it has "
                 "shown them.",
        .example = "acme jobs bulk cancel --queue reports --kind report.make --dry-run",
        .run = [parts](const cli::Call& call) { return bulk(parts, call); },
        .needs_configuration = false,
    });
    commands.add({
        .name = "jobs purge",
        .operands = {"QUEUE"},
        .options =
            {cli::url_option, cli::key_option, platform_option, dry_option, yes_option, as_json},
        .about = "Cancels everything that waits in a queue, after it has counted it.",
        .example = "acme jobs purge reports --dry-run",
        .run = [parts](const cli::Call& call) { return purge(parts, call); },
        .needs_configuration = false,
    });
}

}  // namespace

void add_acting_commands(cli::Commands& commands, const RemoteParts& parts) {
    add_one_by_one(commands, parts);
    add_many(commands, parts);
    commands.add({
        .name = "jobs pause",
        .operands = {"QUEUE"},
        .options =
            {cli::url_option,
             cli::key_option,
             platform_option,
             {.name = "--reason", .value = "TEXT", .about = "shown to everybody"},
             as_json},
        .about = "Pauses a queue: what runs goes on, nothing new begins.",
        .example = "acme jobs pause mails --reason 'the relay is down'",
        .run = [parts](const cli::Call& call) { return pause(parts, call); },
        .needs_configuration = false,
    });
    commands.add({
        .name = "jobs resume",
        .operands = {"QUEUE"},
        .options = {cli::url_option, cli::key_option, platform_option, as_json},
        .about = "Resumes a queue.",
        .example = "acme jobs resume mails",
        .run = [parts](const cli::Call& call) { return resume(parts, call); },
        .needs_configuration = false,
    });
}

}  // namespace acme::queues
