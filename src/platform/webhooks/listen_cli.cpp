// acme webhooks listen: what happens in an organization, on the machine of somebody who develops.
#include "io/http/time.hpp"
#include "io/loop/line.hpp"
#include "io/pg/database.hpp"
#include "io/process/signals.hpp"
#include "platform/webhooks/sender.hpp"
#include "platform/webhooks/terminal.hpp"

#include <csignal>

namespace acme::webhooks {
namespace {

constexpr std::chrono::seconds keep_period{15};  // listen_time is four of them
constexpr std::chrono::hours listen_max{24};     // then whoever left it on has forgotten it

/// Sends, in place of a worker, until a signal comes, its time is up, or the listener is deleted.
class Listening {
public:
    Listening(Executor executor, Terminal room, const cli::Call& call, Webhook webhook)
        : executor_(std::move(executor)),
          room_(room),
          call_(call),
          webhook_(std::move(webhook)),
          client_(room.telemetry, fetch_options(is_loopback)),
          sender_(
              room.lanes,
              client_,
              room.telemetry,
              {.own = Own{webhook_.org, webhook_.id},
               .told = [this](const Due& due, const Posted& posted) { show(due, posted); }}
          ),
          signals_(executor_, {SIGINT, SIGTERM}),
          tasks_(room.telemetry.log) {}

    Task<Result<>> run() {
        tasks_.spawn(executor_, "webhooks.signals", obey());
        tasks_.spawn(executor_, "webhooks.keep", keep());
        co_await sender_.run();
        signals_.cancel();
        while (!waiting_.empty()) waiting_.give(true);
        co_await tasks_.join();
        client_.close();
        if (fault_) std::rethrow_exception(fault_);
        if (is_deleted_) {
            co_return refuse(
                ErrorKind::not_found, "webhooks.not_found", "Somebody has deleted the listener."
            );
        }
        co_return co_await room_.webhooks.remove(call_.context, actor(), webhook_.org, webhook_.id);
    }

private:
    Task<> obey() {
        while (co_await signals_.next() != 0) stop();
    }

    /// Says that somebody listens. A database that is away for a while is waited for.
    Task<> keep() {
        const SteadyTime began = room_.telemetry.clock.steady();
        SteadyTime heard = began;
        while (!is_stopping_) {
            co_await waiting_.wait(keep_period);
            if (is_stopping_) co_return;
            const SteadyTime now = room_.telemetry.clock.steady();
            if (now - began >= listen_max) stop();
            try {
                is_deleted_ = !co_await room_.webhooks.keep_listening(
                    call_.context, webhook_.org, webhook_.id
                );
                heard = now;
                if (is_deleted_) stop();
            } catch (const pg::Fault&) {
                if (now - heard < listen_time) continue;
                fault_ = std::current_exception();
                stop();
            }
        }
    }

    void stop() {
        is_stopping_ = true;
        sender_.stop();
        while (!waiting_.empty()) waiting_.give(true);
    }

    void show(const Due& due, const Posted& posted) {
        if (call_.has("--json")) {
            boost::json::object line{
                {"at", http::to_json(posted.at)},
                {"delivery", due.id.str()},
                {"event", due.event.str()},
                {"event_type", due.type},
                {"outcome", name_of(posted.outcome)},
                {"status", nullptr},
                {"duration_ms", posted.duration.count()},
            };
            if (posted.status > 0) line["status"] = posted.status;
            return call_.print(boost::json::serialize(line));
        }
        const std::string status = posted.status > 0 ? " " + std::to_string(posted.status) : "";
        call_.print(
            http::to_json(posted.at) + "  " + due.type + "  " + due.event.str() + "  " +
            std::string(name_of(posted.outcome)) + status + "  " +
            std::to_string(posted.duration.count()) + " ms"
        );
    }

    Executor executor_;
    Terminal room_;
    const cli::Call& call_;
    Webhook webhook_;
    fetch::Client client_;
    Sender sender_;
    process::Signals signals_;
    TaskGroup tasks_;
    Line<bool> waiting_;
    std::exception_ptr fault_;
    bool is_stopping_ = false;
    bool is_deleted_ = false;
};

/// "localhost:4000/hooks" is meant to be http.
std::string url_in(const cli::Call& call) {
    std::string url = call.value("--forward-to");
    return url.contains("://") ? url : "http://" + url;
}

Task<Result<>> listen(Terminal room, const cli::Call& call) {
    const OrgId org = ACME_TRY(co_await org_of(room, call));
    Wanted wanted{
        .url = url_in(call), .description = "acme webhooks listen", .types = types_in(call)
    };
    const auto made =
        ACME_TRY(co_await room.webhooks.listen(call.context, actor(), org, std::move(wanted)));
    const Executor executor = co_await asio::this_coro::executor;
    Listening listening(executor, room, call, made.webhook);
    print_made(call, made);
    if (!call.has("--json")) call.print("Listening for " + made.webhook.url + "; Ctrl-C ends it.");
    co_return co_await listening.run();
}

}  // namespace

void add_listening(cli::Commands& commands, Terminal room) {
    commands.add({
        .name = "webhooks listen",
        .options =
            {by_email,
             {.name = "--forward-to",
              .value = "URL",
              .about = "of a program on this machine, such as localhost:4000/hooks",
              .is_required = true},
             {.name = "--types", .value = "LIST", .about = "file.ready,member.joined (all)"},
             as_json},
        .about = "Forwards what happens in an organization to this machine, until Ctrl-C.",
        .example = "acme webhooks listen --email ada@example.com --forward-to localhost:4000/hooks",
        .run = [room](const cli::Call& call) { return listen(room, call); },
    });
}

}  // namespace acme::webhooks
