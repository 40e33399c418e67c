#include "operate/deploy/replace.hpp"

#include "io/loop/loop.hpp"
#include "operate/judge/scrape.hpp"

#include <algorithm>
#include <cstdio>

namespace acme::deploy {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds look_again{25};
constexpr milliseconds look_at_engine{500};
constexpr milliseconds look_at_streams{500};
constexpr std::string_view streams_gauge = "http_event_streams";
constexpr std::size_t metrics_bytes_max = std::size_t{1} << 20;  // of a node that cannot choose
constexpr int ready_answers = 2;                                 // in a row (PIPE-6)

std::string seconds_text(milliseconds time) {
    char text[32];
    std::snprintf(text, sizeof(text), "%.1f s", static_cast<double>(time.count()) / 1000);
    return text;
}

/// "12:03:04.120"
std::string clock_text(WallTime time) { return to_rfc3339(time).substr(11, 12); }

bool is_on_balancer(const Facts& facts) { return facts.role == "serve"; }

}  // namespace

std::string Replaced::evidence() const {
    std::string text = node + ": ";
    if (drained_at != WallTime{}) {
        text += "drained in " + seconds_text(drained) + " at " + clock_text(drained_at);
        if (cut > 0) text += " (" + std::to_string(cut) + " connections cut)";
        if (streams > 0) text += " (" + std::to_string(streams) + " event streams sent elsewhere)";
        text += ", ";
    }
    if (started_at == WallTime{}) {
        text += "it runs there already";
    } else if (started_first) {
        text = node + ": started beside at " + clock_text(started_at) + ", ready in " +
               seconds_text(ready) + ", in rotation in " + seconds_text(in_rotation) + "; then " +
               (drained_at == WallTime{} ? "" : text.substr(node.size() + 2)) + "stopped in " +
               seconds_text(stopped);
        if (!ended_by_itself) text += " (killed: it did not end in its time)";
        return text;
    } else {
        text += "stopped in " + seconds_text(stopped);
        if (!ended_by_itself) text += " (killed: it did not end in its time)";
        text += ", started at " + clock_text(started_at) + ", ready in " + seconds_text(ready);
    }
    if (in_rotation.count() > 0) text += ", in rotation in " + seconds_text(in_rotation);
    return text;
}

milliseconds Replacer::since(SteadyTime begun) const {
    return std::chrono::duration_cast<milliseconds>(clock_.steady() - begun);
}

Task<Result<Replaced>> Replacer::drain(trace::Context context, Facts facts, Interrupt interrupt) {
    const std::string& node = facts.node;
    Replaced replaced{.node = node};
    SteadyTime asked{};
    const SteadyTime begun = clock_.steady();
    ACME_TRY(interrupt(""));
    const std::string server = co_await server_name(facts);
    ACME_TRY(co_await balancer_.drain(server));
    while (true) {
        const auto servers = ACME_TRY(co_await balancer_.servers());
        const auto found = std::ranges::find(servers, server, &balancer::ServerNow::name);
        const std::int64_t sessions = found == servers.end() ? 0 : found->sessions;
        if (sessions == 0) break;
        if (clock_.steady() - asked >= look_at_streams) {
            asked = clock_.steady();
            replaced.streams = co_await streams_of(context, facts.address);
            if (sessions <= replaced.streams) break;
        }
        if (since(begun) >= limits_.drain) {
            replaced.cut = sessions;
            ACME_TRY(interrupt(""));
            ACME_TRY(co_await balancer_.cut(server));
            break;
        }
        ACME_TRY(interrupt(
            node + " drains: " + std::to_string(sessions) + " requests are left, and " +
            seconds_text(limits_.drain - since(begun)) + " for them"
        ));
        co_await sleep_for(look_again);
    }
    replaced.drained = since(begun);
    replaced.drained_at = clock_.now();
    co_return replaced;
}

Task<bool> Replacer::is_there(trace::Context context, Facts facts) {
    const auto instances = co_await driver_.instances();
    if (!instances) co_return false;
    const bool runs = std::ranges::any_of(*instances, [&](const Instance& instance) {
        return instance.facts.node == facts.node && instance.facts.release == facts.release &&
               instance.facts.track == facts.track && instance.is_running;
    });
    if (!runs) co_return false;
    const Readiness said = co_await ask_ready(fetch_, context, facts.address, facts.role);
    co_return said.is_ready();
}

Task<Result<Replaced>> Replacer::readmit(
    trace::Context context, Fence fence, Facts facts, Interrupt interrupt
) {
    Replaced replaced{.node = facts.node};
    if (!is_on_balancer(facts)) co_return replaced;
    ACME_TRY(interrupt(""));
    ACME_TRY(co_await balancer_.ready(co_await server_name(facts)));
    ACME_TRY(co_await until_in_rotation(facts, replaced, interrupt));
    Instance there = ACME_TRY(co_await instance_of(facts.node));
    ACME_TRY(co_await end_beside(context, fence, std::move(there), interrupt));
    co_return replaced;
}

Task<Result<Replaced>> Replacer::replace(
    trace::Context context,
    Fence fence,
    Facts facts,
    std::map<std::string, int> weights,
    Interrupt interrupt
) {
    Replaced replaced{.node = facts.node};
    if (is_on_balancer(facts)) {
        ACME_TRY(co_await end_leftover(context, fence, facts, interrupt));
        replaced = ACME_TRY(co_await drain(context, facts, interrupt));
        co_await tell_drained(context, facts.address);
    }
    ACME_TRY(interrupt(facts.node + " ends its program and starts the other"));
    const SteadyTime stopping = clock_.steady();
    const milliseconds grace = is_on_balancer(facts) ? limits_.stop : limits_.job_drain;
    replaced.ended_by_itself = ACME_TRY(co_await driver_.replace(fence, facts, grace));
    replaced.stopped = since(stopping);
    replaced.started_at = co_await start_of(facts);
    ACME_TRY(co_await until_ready(context, facts, replaced, interrupt));
    if (!is_on_balancer(facts)) co_return replaced;
    ACME_TRY(interrupt(""));
    ACME_TRY(co_await set_weights(std::move(weights)));
    ACME_TRY(co_await balancer_.ready(co_await server_name(facts)));
    ACME_TRY(co_await until_in_rotation(facts, replaced, interrupt));
    co_return replaced;
}

Task<Result<>> Replacer::until_ready(
    trace::Context context, Facts facts, Replaced& replaced, Interrupt interrupt
) {
    const SteadyTime begun = clock_.steady();
    SteadyTime looked = begun;
    Readiness said;
    for (int in_a_row = 0; in_a_row < ready_answers;) {
        std::string address = facts.address;
        said = co_await ask_ready(fetch_, context, std::move(address), facts.role);
        in_a_row = said.is_ready() ? in_a_row + 1 : 0;
        if (in_a_row == ready_answers) break;
        bool is_hopeless = since(begun) >= limits_.ready;
        if (since(looked) >= look_at_engine) {
            looked = clock_.steady();
            is_hopeless = is_hopeless || co_await ends_again_and_again(facts);
        }
        if (is_hopeless) {
            co_return refuse(
                ErrorKind::conflict,
                "deploy.not_ready",
                facts.node + " is not ready after " + seconds_text(since(begun)) + ". " +
                    co_await why_not(facts, said.text)
            );
        }
        ACME_TRY(interrupt(
            facts.node + " is not ready yet" + (said.text.empty() ? "" : ": " + said.text)
        ));
        if (in_a_row == 0) co_await sleep_for(look_again);
    }
    replaced.ready = since(begun);
    if (said.release == facts.release || !is_on_balancer(facts)) co_return done;
    co_return refuse(
        ErrorKind::conflict,
        "deploy.other_release",
        facts.node + " was started with " + facts.release + " and says that it is " +
            (said.release.empty() ? "none" : said.release) + "."
    );
}

Task<Result<>> Replacer::until_in_rotation(Facts facts, Replaced& replaced, Interrupt interrupt) {
    const std::string& node = facts.node;
    const SteadyTime begun = clock_.steady();
    while (true) {
        const auto servers = ACME_TRY(co_await balancer_.servers());
        const auto* const found = balancer::server_of(servers, node, facts.address);
        if (found != nullptr && found->is_proven) break;
        if (since(begun) >= limits_.ready) {
            co_return refuse(
                ErrorKind::conflict,
                "deploy.no_rotation",
                "The balancer does not find " + node +
                    " ready: " + (found == nullptr ? "it does not know it" : found->check) + "."
            );
        }
        ACME_TRY(interrupt("the balancer does not find " + node + " ready yet"));
        co_await sleep_for(look_again);
    }
    replaced.in_rotation = since(begun);
    co_return done;
}

/// None, when it does not say.
Task<std::int64_t> Replacer::streams_of(trace::Context context, std::string address) {
    fetch::Request request{
        .name = "deploy.streams",
        .url = "http://" + address + ":" + std::to_string(operations_port) +
               "/metrics?names=" + std::string(streams_gauge),
        .connect_time_max = look_at_engine,
        .answer_time_max = look_at_engine,
        .silence_time_max = look_at_engine,
        .sends_trace = true,
    };
    double streams = 0;
    try {
        auto response = co_await fetch_.send(context, std::move(request));
        const std::string text = co_await response.read_all(metrics_bytes_max);
        for (std::size_t at = 0; at < text.size();) {
            const std::size_t end = std::min(text.find('\n', at), text.size());
            const auto series = judge::parse_series(std::string_view(text).substr(at, end - at));
            if (series && series->name == streams_gauge) streams += series->value;
            at = end + 1;
        }
    } catch (const fetch::Fault&) {
        co_return 0;
    }
    co_return static_cast<std::int64_t>(streams);
}

/// So that its end gives no balancer time to notice. A program that does not understand takes that
/// time, and nothing is lost by it.
Task<> Replacer::tell_drained(trace::Context context, std::string address) {
    fetch::Request request{
        .name = "deploy.drained",
        .method = "POST",
        .url = "http://" + address + ":" + std::to_string(operations_port) + "/drained",
        .connect_time_max = look_at_engine,
        .answer_time_max = look_at_engine,
        .silence_time_max = look_at_engine,
        .sends_trace = true,
    };
    try {
        auto response = co_await fetch_.send(context, std::move(request));
        co_await response.read_all(metrics_bytes_max);
    } catch (const fetch::Fault&) {
        co_return;
    }
}

}  // namespace acme::deploy
