#include "platform/webhooks/webhooks_cli.hpp"

#include "base/moment.hpp"
#include "base/text.hpp"
#include "io/cli/commands.hpp"
#include "io/http/time.hpp"
#include "io/pg/database.hpp"
#include "platform/webhooks/terminal.hpp"

namespace acme::webhooks {
namespace {

constexpr int page = 200;

/// The one that the first operand names.
Task<Result<Webhook>> webhook_in(Terminal room, const cli::Call& call) {
    const auto id = WebhookId::parse(call.operands.at(0));
    if (!id) co_return no_such_webhook();
    co_return co_await room.webhooks.find_any(call.context, *id);
}

void print_webhook(const cli::Call& call, const Webhook& webhook) {
    if (call.has("--json")) {
        call.print(boost::json::serialize(to_json(webhook)));
        return;
    }
    call.print(
        webhook.id.str() + "  " + webhook.disabled.value_or("enabled") + "  " + webhook.url + "  " +
        webhook.types
    );
}

void print_delivery(const cli::Call& call, const Delivery& delivery) {
    if (call.has("--json")) {
        call.print(boost::json::serialize(to_json(delivery)));
        return;
    }
    const std::string status =
        delivery.last_status ? " " + std::to_string(*delivery.last_status) : "";
    const std::string last = delivery.last_outcome ? *delivery.last_outcome + status : "-";
    call.print(
        delivery.id.str() + "  " + std::string(name_of(delivery.state)) + "  " +
        std::to_string(delivery.attempts) + "  " + last + "  " +
        http::to_json(delivery.created_at) + "  " + delivery.type
    );
}

Task<Result<>> list(Terminal room, const cli::Call& call) {
    const OrgId org = ACME_TRY(co_await org_of(room, call));
    std::optional<WebhookId> before;
    while (true) {
        const auto found = co_await room.webhooks.list(call.context, org, before, page);
        for (const Webhook& webhook : found) print_webhook(call, webhook);
        if (std::ssize(found) < page) co_return done;
        before = found.back().id;
    }
}

Task<Result<>> create(Terminal room, const cli::Call& call) {
    const OrgId org = ACME_TRY(co_await org_of(room, call));
    Wanted wanted{
        .url = call.value("--url"),
        .description = call.value("--description", ""),
        .types = types_in(call),
    };
    auto transaction = co_await room.db.begin(call.context);
    const auto made = ACME_TRY(
        co_await room.webhooks.create(transaction, call.context, actor(), org, std::move(wanted))
    );
    co_await transaction.commit(call.context);
    print_made(call, made);
    co_return done;
}

Task<Result<>> test(Terminal room, const cli::Call& call) {
    const Webhook webhook = ACME_TRY(co_await webhook_in(room, call));
    auto transaction = co_await room.db.begin(call.context);
    const Delivery made = ACME_TRY(
        co_await room.deliveries.test(transaction, call.context, actor(), webhook.org, webhook.id)
    );
    co_await transaction.commit(call.context);
    print_delivery(call, made);
    co_return done;
}

Task<Result<>> deliveries(Terminal room, const cli::Call& call) {
    const Webhook webhook = ACME_TRY(co_await webhook_in(room, call));
    std::optional<State> state;
    if (call.has("--state")) {
        state = state_of(call.value("--state"));
        if (!state) {
            co_return refuse(
                ErrorKind::invalid, "webhooks.state", "--state is pending, delivered or failed."
            );
        }
    }
    std::optional<DeliveryId> before;
    while (true) {
        const auto found = co_await room.deliveries.list(
            call.context, webhook.org, webhook.id, state, before, page
        );
        for (const Delivery& delivery : found) print_delivery(call, delivery);
        if (std::ssize(found) < page) co_return done;
        before = found.back().id;
    }
}

Task<Result<>> redeliver_failed(Terminal room, const cli::Call& call) {
    const Webhook webhook = ACME_TRY(co_await webhook_in(room, call));
    const auto since = parse_time(call.value("--failed-since"));
    if (!since) {
        co_return refuse(
            ErrorKind::invalid, "webhooks.since", "--failed-since is such as 2026-11-24T18:00:00Z."
        );
    }
    auto transaction = co_await room.db.begin(call.context);
    const int count = ACME_TRY(co_await room.deliveries.redeliver_failed(
        transaction, call.context, actor(), webhook.org, webhook.id, *since
    ));
    co_await transaction.commit(call.context);
    if (call.has("--json")) {
        call.print(boost::json::serialize(boost::json::object{{"redelivered", count}}));
    } else {
        call.print(std::to_string(count) + " are sent again");
    }
    co_return done;
}

/// A delivery, or with --failed-since a webhook's.
Task<Result<>> redeliver(Terminal room, const cli::Call& call) {
    if (call.has("--failed-since")) co_return co_await redeliver_failed(room, call);
    const auto id = DeliveryId::parse(call.operands.at(0));
    if (!id) {
        co_return refuse(
            ErrorKind::not_found,
            "webhooks.no_delivery",
            "There is no such delivery. A webhook takes --failed-since beside it."
        );
    }
    const Webhook webhook =
        ACME_TRY(co_await room.deliveries.webhook_of(call.context, room.webhooks, *id));
    auto transaction = co_await room.db.begin(call.context);
    const Delivery again = ACME_TRY(co_await room.deliveries.redeliver(
        transaction, call.context, actor(), webhook.org, webhook.id, *id
    ));
    co_await transaction.commit(call.context);
    print_delivery(call, again);
    co_return done;
}

Task<Result<>> rotate(Terminal room, const cli::Call& call) {
    const Webhook webhook = ACME_TRY(co_await webhook_in(room, call));
    const auto grace = parse_number<std::int64_t>(call.value("--grace", "86400"));
    if (!grace || *grace < 0 || *grace > std::chrono::seconds(grace_max).count()) {
        co_return refuse(ErrorKind::invalid, "webhooks.grace", "--grace is 0 to 604800 seconds.");
    }
    print_made(
        call,
        ACME_TRY(co_await room.webhooks.rotate(
            call.context, actor(), webhook.org, webhook.id, std::chrono::seconds(*grace)
        ))
    );
    co_return done;
}

Task<Result<>> remove(Terminal room, const cli::Call& call) {
    const Webhook webhook = ACME_TRY(co_await webhook_in(room, call));
    ACME_TRY(co_await room.webhooks.remove(call.context, actor(), webhook.org, webhook.id));
    if (call.has("--json")) {
        call.print(audit::json_of({{"id", webhook.id.str()}, {"state", "deleted"}}));
    } else {
        call.print(webhook.id.str() + "  deleted");
    }
    co_return done;
}

void add_sending(cli::Commands& commands, Terminal room) {
    commands.add({
        .name = "webhooks test",
        .operands = {"ID"},
        .options = {as_json},
        .about = "Sends an event of the type webhook.test to a webhook.",
        .example = "acme webhooks test whk_01jd7m3kt5f9a8q2w4e6r8t0y1",
        .run = [room](const cli::Call& call) { return test(room, call); },
    });
    commands.add({
        .name = "webhooks deliveries",
        .operands = {"ID"},
        .options =
            {{.name = "--state", .value = "STATE", .about = "pending, delivered or failed"}, as_json
            },
        .about = "Lists what was sent to a webhook, newest first.",
        .example = "acme webhooks deliveries whk_01jd7m3kt5f9a8q2w4e6r8t0y1 --state failed",
        .run = [room](const cli::Call& call) { return deliveries(room, call); },
    });
    commands.add({
        .name = "webhooks redeliver",
        .operands = {"ID"},
        .options =
            {{.name = "--failed-since",
              .value = "TIME",
              .about = "all of the webhook ID that failed since then, in place of one delivery"},
             as_json},
        .about = "Sends a delivery once more, or all that failed since a time.",
        .example = "acme webhooks redeliver whk_01jd7m3kt5f9a8q2w4e6r8t0y1 "
                   "--failed-since 2026-11-24T18:00:00Z",
        .run = [room](const cli::Call& call) { return redeliver(room, call); },
    });
}

void add_changes(cli::Commands& commands, Terminal room) {
    commands.add({
        .name = "webhooks rotate",
        .operands = {"ID"},
        .options =
            {{.name = "--grace",
              .value = "SECONDS",
              .about = "how long the secret before signs, too (86400)"},
             as_json},
        .about = "Makes another secret for a webhook and prints its id and it, once.",
        .example = "acme webhooks rotate whk_01jd7m3kt5f9a8q2w4e6r8t0y1 --grace 3600",
        .run = [room](const cli::Call& call) { return rotate(room, call); },
    });
    commands.add({
        .name = "webhooks rm",
        .operands = {"ID"},
        .options = {as_json},
        .about = "Deletes a webhook, with what waits and its history.",
        .example = "acme webhooks rm whk_01jd7m3kt5f9a8q2w4e6r8t0y1",
        .run = [room](const cli::Call& call) { return remove(room, call); },
    });
}

}  // namespace

void add_commands(cli::Commands& commands, Terminal room) {
    commands.add({
        .name = "webhooks create",
        .options =
            {by_email,
             {.name = "--url", .value = "URL", .about = "where to", .is_required = true},
             {.name = "--types", .value = "LIST", .about = "file.ready,member.joined (all)"},
             {.name = "--description", .value = "TEXT", .about = "what it is for"},
             as_json},
        .about = "Makes a webhook and prints its id and its secret, once.",
        .example = "acme webhooks create --email ada@example.com --url "
                   "https://hooks.example.com/acme --types file.ready",
        .run = [room](const cli::Call& call) { return create(room, call); },
    });
    commands.add({
        .name = "webhooks list",
        .options = {by_email, as_json},
        .about = "Lists the webhooks of an organization, newest first.",
        .example = "acme webhooks list --email ada@example.com",
        .run = [room](const cli::Call& call) { return list(room, call); },
    });
    add_listening(commands, room);
    add_sending(commands, room);
    add_changes(commands, room);
}

}  // namespace acme::webhooks
