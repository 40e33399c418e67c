#include "platform/schedules/schedules_cli.hpp"

#include "io/cli/commands.hpp"
#include "io/http/time.hpp"
#include "io/pg/database.hpp"
#include "platform/accounts/accounts.hpp"
#include "platform/schedules/schedules_json.hpp"
#include "platform/schedules/terminal.hpp"

#include <boost/json/serialize.hpp>

namespace acme::schedules {
namespace {

constexpr int page = 200;
constexpr cli::Option as_json{.name = "--json", .about = "one JSON object a line"};
constexpr cli::Option by_email{
    .name = "--email",
    .value = "ADDRESS",
    .about = "of a user, whose organization has it; without, the platform's own",
};

struct Terminal {
    Schedules& schedules;
    accounts::Accounts& accounts;
};

audit::Actor actor() { return {.name = "cli"}; }

/// "" without --email.
Task<Result<std::string>> owner_of(Terminal room, const cli::Call& call) {
    if (!call.has("--email")) co_return std::string();
    const auto user = co_await room.accounts.find_by_email(call.context, call.value("--email"));
    if (user) {
        const auto standing = co_await room.accounts.standing(call.context, user->id);
        if (standing) co_return standing->org.str();
    }
    co_return refuse(ErrorKind::not_found, "accounts.not_found", "Nobody has this address.");
}

Task<Result<>> list(Terminal room, const cli::Call& call) {
    const std::string owner = ACME_TRY(co_await owner_of(room, call));
    std::string after;
    while (true) {
        const auto found = co_await room.schedules.list(call.context, owner, after, page);
        for (const Row& row : found) print_row(call, row, room.schedules.now());
        if (std::ssize(found) < page) co_return done;
        after = found.back().name;
    }
}

Task<Result<>> show(Terminal room, const cli::Call& call) {
    const std::string owner = ACME_TRY(co_await owner_of(room, call));
    const std::string name = call.operands.at(0);
    const Row row = ACME_TRY(co_await room.schedules.find(call.context, owner, name));
    const auto runs = runs_of(row.rule, room.schedules.now(), runs_usual);
    if (call.has("--json")) {
        call.print(boost::json::serialize(to_json(row, runs)));
        co_return done;
    }
    print_row(call, row, room.schedules.now());
    if (row.pause) {
        call.print(
            "paused since " + http::to_json(row.pause->at) + " by " + row.pause->by + "  " +
            row.pause->reason
        );
    }
    call.print(
        "queue " + row.rule.queue + ", overlap " + std::string(name_of(row.rule.overlap)) +
        ", catch-up " + std::string(name_of(row.rule.catchup)) + ", missed " +
        std::to_string(row.missed)
    );
    print_runs(call, runs);
    const auto fires = ACME_TRY(
        co_await room.schedules.history(call.context, owner, name, std::nullopt, runs_usual)
    );
    for (const Fire& fire : fires) print_fire(call, fire);
    co_return done;
}

Task<Result<>> preview(Terminal room, const cli::Call& call) {
    std::vector<FieldError> problems;
    const Rule rule = times_in(call, problems);
    schedule::timing_of(rule, problems);
    const auto count = number_in(call, "--count", "10");
    if (count < 1 || count > runs_max) {
        problems.push_back({"/count", "schedules.count", "must be 1 to 50"});
    }
    if (!problems.empty()) co_return std::unexpected(invalid(std::move(problems)));
    print_runs(call, runs_of(rule, room.schedules.now(), static_cast<int>(count)));
    co_return done;
}

Task<Result<>> set(Terminal room, const cli::Call& call) {
    const std::string owner = ACME_TRY(co_await owner_of(room, call));
    const std::string name = call.operands.at(0);
    std::vector<FieldError> problems;
    Rule rule = times_in(call, problems);
    rule.queue = call.value("--queue", "default");
    rule.kind = call.value("--kind");
    rule.args = call.value("--payload", "{}");
    rule.priority = number_in(call, "--priority", "5");
    rule.overlap = choice_in(
        call,
        "--overlap",
        "skip",
        schedule::overlap_of,
        "skip, queue_one, queue_all, cancel_running or allow",
        problems
    );
    rule.catchup =
        choice_in(call, "--catchup", "last", schedule::catchup_of, "last, all or none", problems);
    rule.window_s = number_in(call, "--window", "3600");
    rule.jitter_s = number_in(call, "--jitter", "0");
    if (call.has("--pause-after")) rule.failures_max = number_in(call, "--pause-after", "");
    if (!problems.empty()) {
        for (FieldError& each : schedule::problems_of(rule, room.schedules.now())) {
            problems.push_back(std::move(each));
        }
        co_return std::unexpected(invalid(std::move(problems)));
    }
    std::optional<std::int64_t> version;
    const auto before = co_await room.schedules.find(call.context, owner, name);
    if (before) version = before->version;
    const Row row = ACME_TRY(
        co_await room.schedules.put(call.context, actor(), owner, name, version, std::move(rule))
    );
    print_row(call, row, room.schedules.now());
    co_return done;
}

Task<Result<>> trigger(Terminal room, const cli::Call& call) {
    const std::string owner = ACME_TRY(co_await owner_of(room, call));
    auto transaction = co_await room.schedules.db().begin(call.context);
    const Fire fire = ACME_TRY(co_await room.schedules.trigger(
        transaction, call.context, actor(), owner, call.operands.at(0)
    ));
    co_await transaction.commit(call.context);
    print_fire(call, fire);
    co_return done;
}

Task<Result<>> pause(Terminal room, const cli::Call& call) {
    const std::string owner = ACME_TRY(co_await owner_of(room, call));
    const Row row = ACME_TRY(co_await room.schedules.pause(
        call.context, actor(), owner, call.operands.at(0), call.value("--reason")
    ));
    print_row(call, row, room.schedules.now());
    co_return done;
}

Task<Result<>> resume(Terminal room, const cli::Call& call) {
    const std::string owner = ACME_TRY(co_await owner_of(room, call));
    const Row row =
        ACME_TRY(co_await room.schedules.resume(call.context, actor(), owner, call.operands.at(0)));
    print_row(call, row, room.schedules.now());
    co_return done;
}

Task<Result<>> backfill(Terminal room, const cli::Call& call) {
    const std::string owner = ACME_TRY(co_await owner_of(room, call));
    std::vector<FieldError> problems;
    const auto from = time_in(call, "--from", problems);
    const auto to = time_in(call, "--to", problems);
    if (!problems.empty()) co_return std::unexpected(invalid(std::move(problems)));
    const bool is_dry_run = call.has("--dry-run");
    auto transaction = co_await room.schedules.db().begin(call.context);
    const Backfilled result = ACME_TRY(co_await room.schedules.backfill(
        transaction,
        call.context,
        actor(),
        owner,
        call.operands.at(0),
        {.from = from.value(), .to = to.value(), .is_dry_run = is_dry_run}
    ));
    co_await transaction.commit(call.context);
    if (call.has("--json")) {
        call.print(boost::json::serialize(to_json(result, is_dry_run)));
        co_return done;
    }
    for (const WallTime moment : result.moments) call.print(http::to_json(moment));
    call.print(
        is_dry_run ? std::to_string(result.moments.size()) + " would run"
                   : std::to_string(result.fired) + " run now, " + std::to_string(result.waiting) +
                         " one after the other"
    );
    co_return done;
}

Task<Result<>> remove(Terminal room, const cli::Call& call) {
    const std::string owner = ACME_TRY(co_await owner_of(room, call));
    const std::string name = call.operands.at(0);
    ACME_TRY(co_await room.schedules.remove(call.context, actor(), owner, name));
    if (call.has("--json")) {
        call.print(audit::json_of({{"name", name}, {"state", "deleted"}}));
    } else {
        call.print(name + "  deleted");
    }
    co_return done;
}

std::vector<cli::Option> with_times(std::vector<cli::Option> options) {
    options.insert(
        options.end(),
        {
            {.name = "--cron", .value = "TEXT", .about = "5, 6 or 7 fields, @daily, @every 90s"},
            {.name = "--rrule", .value = "TEXT", .about = "of RFC 5545, in place of --cron"},
            {.name = "--zone", .value = "NAME", .about = "Europe/Berlin (UTC)"},
            {.name = "--dst", .value = "POLICY", .about = "vixie, skip, shift or both (vixie)"},
            {.name = "--starts", .value = "TIME", .about = "not before; with --rrule its beginning"
            },
            {.name = "--ends", .value = "TIME", .about = "not after"},
            as_json,
        }
    );
    return options;
}

void add_looking(cli::Commands& commands, Terminal room) {
    commands.add({
        .name = "schedule list",
        .options = {by_email, as_json},
        .about = "Lists schedules by name, each with its next run.",
        .example = "acme schedule list --email ada@example.com",
        .run = [room](const cli::Call& call) { return list(room, call); },
    });
    commands.add({
        .name = "schedule show",
        .operands = {"NAME"},
        .options = {by_email, as_json},
        .about = "Shows a schedule, its next ten runs and its last ten.",
        .example = "acme schedule show nightly --email ada@example.com",
        .run = [room](const cli::Call& call) { return show(room, call); },
    });
    commands.add({
        .name = "schedule preview",
        .options = with_times({{.name = "--count", .value = "N", .about = "how many (10)"}}),
        .about = "Tells when a schedule would run, or what is wrong with it and where.",
        .example = "acme schedule preview --cron '0 3 * * Tue#1'",
        .run = [room](const cli::Call& call) { return preview(room, call); },
    });
}

void add_setting(cli::Commands& commands, Terminal room) {
    cli::Option email = by_email;
    email.about = "of a user, whose organization gets it";
    email.is_required = true;
    commands.add({
        .name = "schedule set",
        .operands = {"NAME"},
        .options = with_times(
            {email,
             {.name = "--kind", .value = "KIND", .about = "of the job", .is_required = true},
             {.name = "--queue", .value = "NAME", .about = "of the job (default)"},
             {.name = "--payload", .value = "JSON", .about = "of the job, an object ({})"},
             {.name = "--priority", .value = "N", .about = "0 first, 9 last (5)"},
             {.name = "--overlap",
              .value = "POLICY",
              .about = "skip, queue_one, queue_all, cancel_running or allow (skip)"},
             {.name = "--catchup", .value = "POLICY", .about = "last, all or none (last)"},
             {.name = "--window", .value = "SECONDS", .about = "of catch-up (3600)"},
             {.name = "--jitter", .value = "SECONDS", .about = "later by up to (0)"},
             {.name = "--pause-after", .value = "N", .about = "failures in a row"}}
        ),
        .about = "Makes a schedule, or replaces it.",
        .example = "acme schedule set nightly --email ada@example.com --cron '0 3 * * Tue#1' "
                   "--kind report.make",
        .run = [room](const cli::Call& call) { return set(room, call); },
    });
    commands.add({
        .name = "schedule delete",
        .operands = {"NAME"},
        .options = {email, as_json},
        .about = "Deletes a schedule with its history.",
        .example = "acme schedule delete nightly --email ada@example.com",
        .run = [room](const cli::Call& call) { return remove(room, call); },
    });
    commands.add({
        .name = "schedule backfill",
        .operands = {"NAME"},
        .options =
            {email,
             {.name = "--from", .value = "TIME", .about = "the first moment", .is_required = true},
             {.name = "--to", .value = "TIME", .about = "the last moment", .is_required = true},
             {.name = "--dry-run", .about = "tells which, and runs none"},
             as_json},
        .about = "Runs what a schedule did not run in a time that is past.",
        .example = "acme schedule backfill nightly --email ada@example.com --from 2026-11-01 "
                   "--to 2026-11-24 --dry-run",
        .run = [room](const cli::Call& call) { return backfill(room, call); },
    });
}

void add_acting(cli::Commands& commands, Terminal room) {
    commands.add({
        .name = "schedule trigger",
        .operands = {"NAME"},
        .options = {by_email, as_json},
        .about = "Runs a schedule now.",
        .example = "acme schedule trigger sessions.sweep",
        .run = [room](const cli::Call& call) { return trigger(room, call); },
    });
    commands.add({
        .name = "schedule pause",
        .operands = {"NAME"},
        .options =
            {by_email, {.name = "--reason", .value = "TEXT", .about = "why, for others"}, as_json},
        .about = "Pauses a schedule.",
        .example =
            "acme schedule pause nightly --email ada@example.com --reason 'the archive moves'",
        .run = [room](const cli::Call& call) { return pause(room, call); },
    });
    commands.add({
        .name = "schedule resume",
        .operands = {"NAME"},
        .options = {by_email, as_json},
        .about = "Resumes a schedule with its next run.",
        .example = "acme schedule resume nightly --email ada@example.com",
        .run = [room](const cli::Call& call) { return resume(room, call); },
    });
}

}  // namespace

void add_commands(cli::Commands& commands, Schedules& schedules, accounts::Accounts& accounts) {
    const Terminal room{schedules, accounts};
    add_looking(commands, room);
    add_setting(commands, room);
    add_acting(commands, room);
}

}  // namespace acme::schedules
