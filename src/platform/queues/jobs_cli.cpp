// Looking and adding, at a terminal.
#include "platform/queues/jobs_cli.hpp"

#include "base/text.hpp"
#include "io/loop/loop.hpp"
#include "platform/queues/queues_json.hpp"
#include "platform/queues/terminal.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>

namespace acme::queues {
namespace {

namespace json = boost::json;

constexpr std::chrono::milliseconds watch_period{1'000};

void print_line(const cli::Call& call, const json::object& object, const std::string& line) {
    call.print(call.has("--json") ? json::serialize(object) : line);
}

std::string error_of(const json::object& job) {
    const auto* const error = job.if_contains("error");
    if (error == nullptr || !error->is_object()) return "";
    return "  " + text_in(error->get_object(), "type") + ": " +
           text_in(error->get_object(), "message");
}

std::string line_of(const json::object& job) {
    return text_in(job, "id") + "  " + text_in(job, "state") + "  " + text_in(job, "queue") + "  " +
           text_in(job, "kind") + "  " + std::to_string(number_in(job, "attempt")) + "  " +
           text_in(job, "created_at") + error_of(job);
}

Task<Result<>> list_jobs(const RemoteParts& parts, const cli::Call& call) {
    Remote remote = ACME_TRY(remote_of(parts, call));
    const auto limit = parse_number<std::int64_t>(call.value("--limit", "50"));
    if (!limit || *limit < 1) {
        co_return refuse(ErrorKind::invalid, "queues.limit", "--limit is a number from 1.");
    }
    Query query;
    for (const char* const name : {"queue", "state", "kind", "key", "user"}) {
        const std::string value = call.value("--" + std::string(name));
        if (!value.empty()) query.emplace_back(name, value);
    }
    std::int64_t left = *limit;
    std::string cursor;
    while (left > 0) {
        Query page = query;
        page.emplace_back("limit", std::to_string(std::min<std::int64_t>(left, 200)));
        if (!cursor.empty()) page.emplace_back("cursor", cursor);
        const auto found =
            ACME_TRY(co_await remote.get(call.context, under(call, "/jobs"), std::move(page)));
        for (const auto& job : found.at("data").as_array()) {
            print_line(call, job.as_object(), line_of(job.as_object()));
            --left;
        }
        cursor = text_in(found, "next_cursor");
        if (cursor.empty()) break;
    }
    co_return done;
}

void print_job(const cli::Call& call, const json::object& job) {
    print_line(call, job, line_of(job));
    if (call.has("--json")) return;
    call.print("payload   " + json::serialize(job.at("payload")));
    if (!job.at("output").is_null()) call.print("output    " + json::serialize(job.at("output")));
    for (const auto& attempt : job.at("attempts").as_array()) {
        const auto& one = attempt.as_object();
        call.print(
            "attempt   " + std::to_string(number_in(one, "number")) + "  " +
            text_in(one, "ended_at") + "  " + text_in(one, "outcome") + error_of(one)
        );
    }
}

Task<Result<>> show_job(const RemoteParts& parts, const cli::Call& call) {
    Remote remote = ACME_TRY(remote_of(parts, call));
    const std::string id = ACME_TRY(operand_of(call, 0));
    print_job(call, ACME_TRY(co_await remote.get(call.context, under(call, "/jobs/") + id, {})));
    co_return done;
}

std::string progress_of(const json::object& job) {
    const auto* const progress = job.if_contains("progress");
    if (progress == nullptr || !progress->is_object()) return "";
    const auto& percent = progress->get_object().at("percent");
    const std::string share =
        percent.is_number() ? "  " + std::to_string(percent.to_number<double>()) + " %" : "";
    return share + "  " + text_in(progress->get_object(), "note");
}

/// A line whenever something has changed, until it has ended.
Task<Result<>> watch_job(const RemoteParts& parts, const cli::Call& call) {
    Remote remote = ACME_TRY(remote_of(parts, call));
    const std::string id = ACME_TRY(operand_of(call, 0));
    std::string shown;
    while (true) {
        const auto job =
            ACME_TRY(co_await remote.get(call.context, under(call, "/jobs/") + id, {}));
        const std::string line =
            call.has("--json") ? json::serialize(job) : line_of(job) + progress_of(job);
        if (line != shown) call.print(line);
        shown = line;
        const std::string state = text_in(job, "state");
        if (state == "dead" || state == "discarded") {
            co_return refuse(ErrorKind::conflict, "queues.dead", "The job is " + state + ".");
        }
        if (has_ended(state)) co_return done;
        co_await sleep_for(watch_period);
    }
}

Result<json::object> job_of(const cli::Call& call) {
    json::object job{{"kind", call.operands.at(0)}};
    for (const char* const name : {"queue", "key"}) {
        const std::string value = call.value("--" + std::string(name));
        if (!value.empty()) job[name] = value;
    }
    if (call.has("--payload")) {
        json::value payload = parsed(call.value("--payload"));
        if (payload.is_null() && call.value("--payload") != "null") {
            return refuse(ErrorKind::invalid, "queues.payload", "--payload is JSON.");
        }
        job["payload"] = std::move(payload);
    }
    if (call.has("--run-at")) job["run_at"] = call.value("--run-at");
    if (call.has("--unique")) job["unique"] = json::object{{"key", call.value("--unique")}};
    for (const auto& [option, field] :
         {std::pair{"--priority", "priority"},
          {"--delay-ms", "delay_ms"},
          {"--max-attempts", "max_attempts"}}) {
        if (!call.has(option)) continue;
        const auto number = parse_number<std::int64_t>(call.value(option));
        if (!number) {
            return refuse(
                ErrorKind::invalid, "queues.number", std::string(option) + " is a number."
            );
        }
        job[field] = *number;
    }
    return job;
}

Task<Result<>> enqueue(const RemoteParts& parts, const cli::Call& call) {
    Remote remote = ACME_TRY(remote_of(parts, call));
    const auto job = ACME_TRY(job_of(call));
    const auto added = ACME_TRY(
        co_await remote.send(call.context, "POST", under(call, "/jobs"), json::serialize(job))
    );
    const bool is_duplicate = added.at("duplicate").as_bool();
    print_line(call, added, text_in(added, "id") + (is_duplicate ? "  there already" : ""));
    co_return done;
}

std::string line_of_queue(const json::object& queue) {
    const auto& paused = queue.at("paused");
    const std::string state =
        paused.is_null() ? "running" : "paused: " + text_in(paused.get_object(), "reason");
    const auto p95 = [&](const char* name) {
        const auto& value = queue.at(name).as_object().at("p95");
        return value.is_null() ? std::string("-") : json::serialize(value) + " ms";
    };
    return text_in(queue, "name") + "  waiting " + std::to_string(number_in(queue, "depth")) +
           "  oldest " + std::to_string(number_in(queue, "oldest_ms")) + " ms  running " +
           std::to_string(number_in(queue, "running")) + "  dead " +
           std::to_string(number_in(queue, "dead")) + "  wait p95 " + p95("wait_ms") +
           "  run p95 " + p95("run_ms") + "  " + state;
}

Task<Result<>> list_queues(const RemoteParts& parts, const cli::Call& call) {
    Remote remote = ACME_TRY(remote_of(parts, call));
    const auto found = ACME_TRY(co_await remote.get(call.context, under(call, "/queues"), {}));
    for (const auto& queue : found.at("data").as_array()) {
        print_line(call, queue.as_object(), line_of_queue(queue.as_object()));
    }
    co_return done;
}

/// Seldom there, and a fault of a handler's.
std::string abandoned_in(const boost::json::object& worker) {
    const auto count = number_in(worker, "abandoned");
    return count == 0 ? "" : "  abandoned " + std::to_string(count);
}

Task<Result<>> list_workers(const RemoteParts& parts, const cli::Call& call) {
    Remote remote = ACME_TRY(remote_of(parts, call));
    const auto found = ACME_TRY(co_await remote.get(call.context, under(call, "/workers"), {}));
    for (const auto& item : found.at("data").as_array()) {
        const auto& worker = item.as_object();
        print_line(
            call,
            worker,
            text_in(worker, "lease") + "  " + text_in(worker, "state") + "  running " +
                std::to_string(number_in(worker, "running")) + abandoned_in(worker) + "  " +
                text_in(worker, "name")
        );
    }
    co_return done;
}

void add_looking(cli::Commands& commands, const RemoteParts& parts) {
    commands.add({
        .name = "jobs list",
        .options =
            {cli::url_option,
             cli::key_option,
             platform_option,
             {.name = "--queue", .value = "NAME"},
             {.name = "--state", .value = "STATE", .about = "waiting, running, dead, done …"},
             {.name = "--kind", .value = "KIND"},
             {.name = "--key", .value = "KEY"},
             {.name = "--user", .value = "ID", .about = "who added them"},
             {.name = "--limit", .value = "COUNT", .about = "at most so many (50)"},
             as_json},
        .about = "Lists jobs, newest first.",
        .example = "acme jobs list --queue mails --state dead",
        .run = [parts](const cli::Call& call) { return list_jobs(parts, call); },
        .needs_configuration = false,
    });
    commands.add({
        .name = "jobs show",
        .operands = {"ID"},
        .options = {cli::url_option, cli::key_option, platform_option, as_json},
        .about = "Shows a job, its payload and the attempts that failed.",
        .example = "acme jobs show job_00000000000a7",
        .run = [parts](const cli::Call& call) { return show_job(parts, call); },
        .needs_configuration = false,
    });
    commands.add({
        .name = "jobs watch",
        .operands = {"ID"},
        .options = {cli::url_option, cli::key_option, platform_option, as_json},
        .about = "Follows a job until it has ended; 1 when it is dead.",
        .example = "acme jobs watch job_00000000000a7",
        .run = [parts](const cli::Call& call) { return watch_job(parts, call); },
        .needs_configuration = false,
    });
}

}  // namespace

Result<Remote> remote_of(const RemoteParts& parts, const cli::Call& call) {
    auto credential = cli::credential_of(parts.profile, call);
    if (!credential) return std::unexpected(std::move(credential).error());
    return Remote(parts.fetch, std::move(credential->url), std::move(credential->key));
}

std::string under(const cli::Call& call, std::string_view path) {
    return std::string(call.has("--platform") ? "/v1/platform" : "/v1").append(path);
}

Result<std::string> operand_of(const cli::Call& call, std::size_t place) {
    const std::string& word = call.operands.at(place);
    const auto fits = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-';
    };
    if (!word.empty() && std::ranges::all_of(word, fits)) return word;
    return refuse(ErrorKind::invalid, "queues.operand", "No id and no queue looks like this.");
}

std::string text_in(const json::object& object, std::string_view name) {
    const auto* const value = object.if_contains(name);
    return value != nullptr && value->is_string() ? std::string(value->get_string()) : "";
}

std::int64_t number_in(const json::object& object, std::string_view name) {
    const auto* const value = object.if_contains(name);
    return value != nullptr && value->is_int64() ? value->get_int64() : 0;
}

void add_commands(cli::Commands& commands, RemoteParts parts) {
    add_looking(commands, parts);
    commands.add({
        .name = "jobs enqueue",
        .operands = {"KIND"},
        .options =
            {cli::url_option,
             cli::key_option,
             platform_option,
             {.name = "--queue", .value = "NAME", .about = "(default)"},
             {.name = "--payload", .value = "JSON", .about = "({})"},
             {.name = "--run-at", .value = "TIME", .about = "such as 2026-11-24T18:00:00Z"},
             {.name = "--delay-ms", .value = "MS", .about = "due so much later"},
             {.name = "--priority", .value = "0-9", .about = "0 comes first (5)"},
             {.name = "--max-attempts", .value = "COUNT", .about = "(the queue's)"},
             {.name = "--key", .value = "KEY", .about = "one of a key runs at once"},
             {.name = "--unique", .value = "KEY", .about = "the only one of the queue"},
             as_json},
        .about = "Adds a job and prints its id.",
        .example = R"(acme jobs enqueue report.make --queue reports --payload '{"month": 11}')",
        .run = [parts](const cli::Call& call) { return enqueue(parts, call); },
        .needs_configuration = false,
    });
    commands.add({
        .name = "jobs queues",
        .options = {cli::url_option, cli::key_option, platform_option, as_json},
        .about = "Lists the queues and how they fare.",
        .example = "acme jobs queues --platform",
        .run = [parts](const cli::Call& call) { return list_queues(parts, call); },
        .needs_configuration = false,
    });
    commands.add({
        .name = "jobs workers",
        .options = {cli::url_option, cli::key_option, platform_option, as_json},
        .about = "Lists the workers that are alive.",
        .example = "acme jobs workers",
        .run = [parts](const cli::Call& call) { return list_workers(parts, call); },
        .needs_configuration = false,
    });
    add_acting_commands(commands, parts);
}

}  // namespace acme::queues
