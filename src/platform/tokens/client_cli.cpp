#include "platform/tokens/client_cli.hpp"

#include "base/secret.hpp"
#include "io/cli/commands.hpp"
#include "io/fetch/fetch.hpp"
#include "io/http/json.hpp"
#include "io/loop/loop.hpp"
#include "platform/tokens/refresher.hpp"

#include <boost/json/object.hpp>

#include <algorithm>
#include <iostream>

namespace acme::tokens {
namespace {

constexpr std::size_t answer_bytes_max = std::size_t{16} * 1024;
constexpr std::size_t secret_bytes_max = 256;
constexpr std::chrono::milliseconds pause_min{1000};

/// Ids and secrets of ours stand in a form as they are.
bool is_plain(std::string_view text) {
    const auto is_word = [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               c == '_' || c == '-';
    };
    return !text.empty() && text.size() <= secret_bytes_max && std::ranges::all_of(text, is_word);
}

std::unexpected<Error> refused(ErrorKind kind) {
    return refuse(kind, "tokens.refused", "The platform gives this account no token.");
}

Task<Result<Given>> ask(
    fetch::Client& fetch, trace::Context context, std::string url, std::string form
) {
    fetch::Request request{
        .name = "tokens.ask",
        .method = "POST",
        .url = std::move(url),
        .headers = {{"Content-Type", "application/x-www-form-urlencoded"}},
        .body = form,
    };
    int status = 0;
    std::string body;
    try {
        auto response = co_await fetch.send(context, std::move(request));
        status = response.status();
        body = co_await response.read_all(answer_bytes_max);
    } catch (const fetch::Fault&) {
        co_return refuse(
            ErrorKind::unavailable, "tokens.unreachable", "The platform does not answer."
        );
    }
    if (status == 429 || status >= 500) co_return refused(ErrorKind::unavailable);
    const auto answer = http::parse_object(body);
    if (status != 200 || !answer) co_return refused(ErrorKind::unauthenticated);
    const auto* const token = answer->if_contains("access_token");
    const auto* const life = answer->if_contains("expires_in");
    const bool is_given =
        token != nullptr && token->is_string() && life != nullptr && life->is_int64();
    if (!is_given) co_return refused(ErrorKind::unauthenticated);
    co_return Given{
        .token = std::string(token->get_string()), .life = std::chrono::seconds(life->get_int64())
    };
}

Task<Result<>> show(fetch::Client& fetch, Telemetry& telemetry, const cli::Call& call) {
    std::string secret;
    std::getline(std::cin, secret);
    if (!is_plain(call.operands.at(0)) || !is_plain(secret)) {
        co_return refuse(
            ErrorKind::invalid, "tokens.secret", "The secret is read from standard input, one line."
        );
    }
    const std::string url = call.value("--url") + "/oauth/token";
    const std::string form = "grant_type=client_credentials&client_id=" + call.operands.at(0) +
                             "&client_secret=" + secret;
    wipe(secret);
    Refresher refresher(
        [&](trace::Context context) { return ask(fetch, context, url, form); }, telemetry
    );
    std::string shown;
    while (true) {
        std::string token = ACME_TRY(co_await refresher.token(call.context));
        if (token != shown) call.print(token);
        if (!call.has("--follow")) co_return done;
        shown = std::move(token);
        co_await sleep_for(std::max(refresher.idle(), pause_min));
    }
}

}  // namespace

void add_client_commands(cli::Commands& commands, fetch::Client& fetch, Telemetry& telemetry) {
    commands.add({
        .name = "service-account token",
        .operands = {"ID"},
        .options =
            {{.name = "--url", .value = "URL", .about = "where the platform is", .is_required = true
             },
             {.name = "--follow",
              .about = "go on, and print the next one when four fifths of the life are over"}},
        .about = "Reads the secret of a service account from standard input and prints a token.",
        .example = "acme service-account token usr_01jd7m3kt5f9a8q2w4e6r8t0y1 "
                   "--url https://acme.example.com < secret",
        .run = [&](const cli::Call& call) { return show(fetch, telemetry, call); },
        .needs_configuration = false,
    });
}

}  // namespace acme::tokens
