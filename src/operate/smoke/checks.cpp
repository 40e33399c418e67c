#include "operate/smoke/checks.hpp"

#include "base/bytes.hpp"
#include "base/hash.hpp"
#include "base/text.hpp"
#include "io/loop/loop.hpp"

#include <boost/json/parse.hpp>

#include <algorithm>
#include <array>

namespace acme::smoke {
namespace {

namespace json = boost::json;
using std::chrono::milliseconds;

constexpr std::size_t file_bytes = std::size_t{1} << 20;
constexpr int requests_per_node = 3;
constexpr int limit_requests_max = 12;
constexpr milliseconds wait_time_max{9'000};  // less than an attempt, so that it is told as itself
constexpr milliseconds look_again{100};
constexpr milliseconds clean_up_pause{500};
constexpr std::chrono::minutes forgotten_after{10};  // a file of a run that was killed
constexpr std::string_view file_prefix = "smoke-";

std::unexpected<Error> unmet(std::string why) {
    return refuse(ErrorKind::unavailable, "smoke.unmet", std::move(why));
}

std::unexpected<Error> unexpected_answer(std::string_view what, const Answer& answer) {
    std::string why = std::string(what) + " was answered " + std::to_string(answer.status);
    const std::string code = text_in(answer.body, "code");
    return unmet(why + (code.empty() ? "." : " " + code + "."));
}

/// The items of a list as the API answers it; none for anything else.
json::array data_of(const Answer& answer) {
    boost::system::error_code malformed;
    const auto value = json::parse(answer.body, malformed);
    if (answer.status != 200 || malformed || !value.is_object()) return {};
    const auto* const data = value.get_object().if_contains("data");
    return data != nullptr && data->is_array() ? data->get_array() : json::array();
}

std::string text_at(const json::value& item, std::string_view member) {
    const auto* const object = item.if_object();
    const auto* const found = object == nullptr ? nullptr : object->if_contains(member);
    return found != nullptr && found->is_string() ? std::string(found->get_string()) : "";
}

bool is_true_at(const json::value& item, std::string_view member) {
    const auto* const object = item.if_object();
    const auto* const found = object == nullptr ? nullptr : object->if_contains(member);
    return found != nullptr && found->is_bool() && found->get_bool();
}

/// The number of a parameter, `;r=` in `"user";r=598;t=3`: of the first quota, which is the
/// caller's.
std::optional<std::int64_t> number_at(std::string_view header, std::string_view parameter) {
    const auto at = header.find(parameter);
    if (at == header.npos) return std::nullopt;
    header.remove_prefix(at + parameter.size());
    return parse_number<std::int64_t>(header.substr(0, header.find_first_of(";,")));
}

std::string random_bytes(Random& random, std::size_t count) {
    std::vector<std::byte> bytes(count);
    random.fill(bytes);
    std::string text;
    text.reserve(count);
    for (const std::byte byte : bytes) text += static_cast<char>(byte);
    return text;
}

fetch::Options fetch_options(const Options& options) {
    return {.ca_file = options.ca_file, .user_agent = "acme-smoke"};
}

}  // namespace

std::span<const Checks::Listed> Checks::all() {
    static constexpr std::array<Listed, 9> listed{{
        {.name = "ready", .check = &Checks::ready},
        {.name = "tls", .check = &Checks::tls, .needs_tls = true},
        {.name = "sign_in", .check = &Checks::sign_in},
        {.name = "limit", .check = &Checks::limit, .needs_session = true},
        {.name = "release", .check = &Checks::release},
        {.name = "file", .check = &Checks::file, .needs_session = true},
        {.name = "job", .check = &Checks::job, .needs_session = true},
        {.name = "leader", .check = &Checks::leader, .needs_session = true},
        {.name = "flag", .check = &Checks::flag, .needs_session = true},
    }};
    return listed;
}

Checks::Checks(Parts& parts, Options options)
    : parts_(parts),
      options_(std::move(options)),
      fetch_(parts.telemetry, fetch_options(options_)),
      visitor_(fetch_, options_.endpoint),
      run_(file_prefix) {
    append_hex(run_, parts.telemetry.random.number());
}

std::string Checks::reason_to_skip(const Listed& listed) const {
    if (listed.needs_tls && !options_.endpoint.starts_with("https://")) {
        return "The endpoint is http.";
    }
    if (listed.needs_session && !visitor_.is_signed_in()) return "Nobody is signed in.";
    return "";
}

Task<Result<std::string>> Checks::ready(trace::Context context) {
    const auto answer = co_await visitor_.ask(context, {.name = "smoke.ready", .path = "/readyz"});
    if (answer.status != 200) co_return unexpected_answer("/readyz", answer);
    co_return "/readyz is 200.";
}

/// Over a client that speaks nothing older: the handshake is the check.
Task<Result<std::string>> Checks::tls(trace::Context context) {
    fetch::Options strict = fetch_options(options_);
    strict.needs_tls_1_3 = true;
    fetch::Client client(parts_.telemetry, std::move(strict));
    Visitor visitor(client, options_.endpoint);
    const auto answer = co_await visitor.ask(context, {.name = "smoke.tls", .path = "/healthz"});
    if (answer.status != 200) co_return unexpected_answer("/healthz over TLS 1.3", answer);
    co_return "TLS 1.3, and the certificate is trusted.";
}

Task<Result<std::string>> Checks::sign_in(trace::Context context) {
    const Account account = ACME_TRY(co_await parts_.make_account(context));
    const auto answer = co_await visitor_.sign_in(context, account);
    if (answer.status != 200) co_return unexpected_answer("Signing in", answer);
    co_return "As " + account.email + ".";
}

/// A reply of Redis that comes late is decided by the share of a thread, which counts by itself: so
/// it is compared with the most that the same quota had left.
Task<Result<std::string>> Checks::limit(trace::Context context) {
    std::string quota;
    std::int64_t most = 0;
    for (int i = 0; i < limit_requests_max; ++i) {
        const auto answer =
            co_await visitor_.ask(context, {.name = "smoke.limit", .path = "/v1/me"});
        if (answer.status != 200) co_return unexpected_answer("/v1/me", answer);
        const auto limit = number_at(answer.quota, ";q=");
        const auto left = number_at(answer.quota_left, ";r=");
        if (!limit || !left) {
            co_return unmet("/v1/me does not say what is left: RateLimit-Policy and RateLimit.");
        }
        if (answer.quota == quota && *left < most) {
            co_return "It counts down: " + std::to_string(*left) + " of " + std::to_string(*limit) +
                " are left.";
        }
        if (answer.quota != quota) most = 0;
        quota = answer.quota;
        most = std::max(most, *left);
    }
    co_return unmet("What RateLimit says is left of " + quota + " does not count down.");
}

Task<Result<int>> Checks::count_nodes(trace::Context context) {
    if (options_.nodes > 0) co_return options_.nodes;
    if (!visitor_.is_signed_in()) {
        co_return unmet("How many nodes serve is known only to who is signed in: --nodes N.");
    }
    const auto answer =
        co_await visitor_.ask(context, {.name = "smoke.nodes", .path = "/v1/nodes"});
    int count = 0;
    for (const json::value& node : data_of(answer)) {
        if (text_at(node, "role") == "serve" && text_at(node, "state") != "dead") ++count;
    }
    if (count == 0)
        co_return unexpected_answer("/v1/nodes, which shows no node that serves,", answer);
    co_return count;
}

/// The balancer gives each node its turn, so that three rounds reach every one.
Task<Result<std::string>> Checks::release(trace::Context context) {
    const int count = requests_per_node * ACME_TRY(co_await count_nodes(context));
    std::string seen = options_.release;
    Visitor stranger(fetch_, options_.endpoint);
    for (int i = 0; i < count; ++i) {
        const auto answer =
            co_await stranger.ask(context, {.name = "smoke.release", .path = "/healthz"});
        if (answer.status != 200) co_return unexpected_answer("/healthz", answer);
        if (seen.empty()) seen = answer.release;
        const bool is_right = answer.release == seen || options_.release.empty();
        if (!is_right) {
            co_return unmet(
                "Answer " + std::to_string(i + 1) + " of " + std::to_string(count) +
                " came from release " + answer.release + ", not " + seen + "."
            );
        }
        if (answer.release == "none") co_return unmet("An answer names no release.");
    }
    co_return std::to_string(count) + " answers" +
        (options_.release.empty() ? "; none was asked for." : ", all of " + seen + ".");
}

Task<Result<std::string>> Checks::file(trace::Context context) {
    const std::string bytes = random_bytes(parts_.telemetry.random, file_bytes);
    const std::string digest = to_hex(sha256(bytes));
    const auto stored = co_await visitor_.ask(
        context,
        {.name = "smoke.upload",
         .method = "POST",
         .path = "/v1/files?name=" + run_ + ".bin",
         .body = bytes,
         .type = "application/octet-stream"}
    );
    if (stored.status != 201) co_return unexpected_answer("Storing 1 MiB", stored);
    const std::string path = "/v1/files/" + text_in(stored.body, "id");
    const auto read =
        co_await visitor_.ask(context, {.name = "smoke.download", .path = path + "/content"});
    if (read.status != 200) co_return unexpected_answer("Reading it back", read);
    if (to_hex(sha256(read.body)) != digest || text_in(stored.body, "sha256") != digest) {
        co_return unmet("What was read back is not what was stored: its SHA-256 is another one.");
    }
    co_return "1 MiB stored and read back, SHA-256 equal.";
}

Task<Result<std::string>> Checks::job(trace::Context context) {
    const Clock& clock = parts_.telemetry.clock;
    const SteadyTime begun = clock.steady();
    const auto asked = co_await visitor_.ask(
        context, {.name = "smoke.ping", .method = "POST", .path = "/v1/pings"}
    );
    if (asked.status != 202) co_return unexpected_answer("Enqueuing a job", asked);
    const std::string id = text_in(asked.body, "id");
    pings_.push_back(id);
    while (clock.steady() - begun < wait_time_max) {
        const auto ping =
            co_await visitor_.ask(context, {.name = "smoke.ping", .path = "/v1/pings/" + id});
        if (ping.status != 200) co_return unexpected_answer("Asking for the job", ping);
        const auto took = std::chrono::duration_cast<milliseconds>(clock.steady() - begun);
        if (!text_in(ping.body, "done_at").empty()) {
            co_return "Enqueued and done within " + std::to_string(took.count()) + " ms.";
        }
        co_await sleep_for(look_again);
    }
    co_return unmet("A job was enqueued and not done after 9 s: no worker takes it.");
}

/// Right after a roll the next one may not lead yet: that is waited for.
Task<Result<std::string>> Checks::leader(trace::Context context) {
    const Clock& clock = parts_.telemetry.clock;
    const SteadyTime begun = clock.steady();
    while (clock.steady() - begun < wait_time_max) {
        const auto answer =
            co_await visitor_.ask(context, {.name = "smoke.nodes", .path = "/v1/nodes"});
        if (answer.status != 200) co_return unexpected_answer("/v1/nodes", answer);
        for (const json::value& node : data_of(answer)) {
            if (text_at(node, "role") != "scheduler" || text_at(node, "state") == "dead") continue;
            if (is_true_at(node, "leads")) co_return text_at(node, "name") + " leads.";
        }
        co_await sleep_for(look_again);
    }
    co_return unmet("No scheduler leads: nothing that is scheduled happens.");
}

/// One that nobody has made tells whether flags are evaluated here at all: then it is not found.
Task<Result<std::string>> Checks::flag(trace::Context context) {
    const std::string path = "/ofrep/v1/evaluate/flags";
    const auto one = co_await visitor_.ask(
        context,
        {.name = "smoke.flag", .method = "POST", .path = path + "/smoke.nothing", .body = "{}"}
    );
    if (text_in(one.body, "code") == "http.no_route") co_return "This release has no flags.";
    if (text_in(one.body, "reason") == "DISABLED") co_return "Flags are switched off.";
    if (text_in(one.body, "errorCode") != "FLAG_NOT_FOUND") {
        co_return unexpected_answer("A flag that is not there", one);
    }
    const auto all = co_await visitor_.ask(
        context, {.name = "smoke.flags", .method = "POST", .path = path, .body = "{}"}
    );
    boost::system::error_code malformed;
    const auto answer = json::parse(all.body, malformed);
    const bool is_answer = all.status == 200 && !malformed && answer.is_object();
    const auto* const flags = is_answer ? answer.get_object().if_contains("flags") : nullptr;
    if (flags == nullptr || !flags->is_array()) {
        co_return unexpected_answer("The evaluation of all flags", all);
    }
    co_return std::to_string(flags->get_array().size()) + " flags were evaluated.";
}

Task<std::string> Checks::clean_up(trace::Context context) {
    std::string refused;
    while (visitor_.is_signed_in()) {
        try {
            refused = co_await clean_up_once(context);
            if (refused.empty()) co_await visitor_.sign_out(context);
        } catch (const fetch::Fault& fault) {
            refused = fault.what();
        }
        if (visitor_.is_signed_in()) co_await sleep_for(clean_up_pause);
    }
    fetch_.close();
    co_return refused;
}

Task<std::string> Checks::clean_up_once(trace::Context context) {
    while (!pings_.empty()) {
        const auto gone = co_await visitor_.ask(
            context,
            {.name = "smoke.clean_up", .method = "DELETE", .path = "/v1/pings/" + pings_.back()}
        );
        if (gone.status != 204)
            co_return unexpected_answer("Removing a ping", gone).error().message;
        pings_.pop_back();
    }
    const auto list =
        co_await visitor_.ask(context, {.name = "smoke.clean_up", .path = "/v1/files?limit=200"});
    if (list.status != 200) co_return unexpected_answer("The list of files", list).error().message;
    for (const json::value& file : data_of(list)) {
        if (!is_ours_to_remove(file)) continue;
        const auto gone = co_await visitor_.ask(
            context,
            {.name = "smoke.clean_up",
             .method = "DELETE",
             .path = "/v1/files/" + text_at(file, "id")}
        );
        const bool is_gone = gone.status == 204 || gone.status == 404;
        if (!is_gone) co_return unexpected_answer("Deleting a file", gone).error().message;
    }
    co_return "";
}

/// Another run may be under way with the same account: its files are left alone.
bool Checks::is_ours_to_remove(const json::value& file) const {
    const std::string name = text_at(file, "name");
    if (name.starts_with(run_)) return true;
    const std::string long_ago = to_rfc3339(parts_.telemetry.clock.now() - forgotten_after);
    return name.starts_with(file_prefix) && text_at(file, "created_at") < long_ago;
}

}  // namespace acme::smoke
