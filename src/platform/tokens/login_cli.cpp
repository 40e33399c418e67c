#include "platform/tokens/login_cli.hpp"

#include "io/cli/commands.hpp"
#include "io/fetch/fetch.hpp"
#include "io/http/json.hpp"
#include "io/loop/loop.hpp"
#include "io/process/files.hpp"
#include "platform/audit/audit.hpp"
#include "platform/tokens/form.hpp"

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>
#include <filesystem>
#include <unistd.h>

namespace acme::tokens {
namespace {

constexpr std::size_t answer_bytes_max = std::size_t{64} * 1024;
constexpr std::string_view usual_scopes =
    "me:read audit:read deployments:read drift:read drills:read files:read fleet:read freezes:read "
    "jobs:read "
    "nodes:read pings:read releases:read";
constexpr std::string_view device_grant = "urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code";
constexpr std::chrono::seconds pause_max{60};

struct Answer {
    int status = 0;
    boost::json::object body;
};

std::string file_in(const std::string& folder) { return folder + "/login.json"; }

std::string text_in(const boost::json::object& object, std::string_view name) {
    const auto* const value = object.if_contains(name);
    return value != nullptr && value->is_string() ? std::string(value->get_string()) : "";
}

std::int64_t number_in(const boost::json::object& object, std::string_view name) {
    const auto* const value = object.if_contains(name);
    return value != nullptr && value->is_int64() ? value->get_int64() : 0;
}

std::unexpected<Error> signed_out() {
    return refuse(
        ErrorKind::unauthenticated, "tokens.signed_out", "Nobody is signed in: acme login"
    );
}

Task<Result<Answer>> ask(const LoginParts& parts, trace::Context context, fetch::Request request) {
    Answer answer;
    std::string body;
    try {
        auto response = co_await parts.fetch.send(context, std::move(request));
        answer.status = response.status();
        body = co_await response.read_all(answer_bytes_max);
    } catch (const fetch::Fault&) {
        co_return refuse(
            ErrorKind::unavailable, "tokens.unreachable", "The platform does not answer."
        );
    }
    if (auto object = http::parse_object(body)) answer.body = *std::move(object);
    co_return answer;
}

Task<Result<Answer>> post(
    const LoginParts& parts, trace::Context context, std::string url, std::string form
) {
    fetch::Request request{
        .name = "tokens.login",
        .method = "POST",
        .url = std::move(url),
        .headers = {{"Content-Type", "application/x-www-form-urlencoded"}},
        .body = form,
    };
    co_return co_await ask(parts, context, std::move(request));
}

void keep(const LoginParts& parts, const Login& kept) {
    std::filesystem::create_directories(parts.folder);
    std::filesystem::permissions(parts.folder, std::filesystem::perms::owner_all);
    process::write_private(
        file_in(parts.folder),
        boost::json::serialize(boost::json::object{{"url", kept.url}, {"key", kept.key.reveal()}}) +
            "\n"
    );
}

std::string machine_name() {
    std::array<char, 65> name{};
    if (gethostname(name.data(), name.size() - 1) != 0) return "a terminal";
    return name.data();
}

/// Asks until somebody has decided, or nobody can any more.
Task<Result<std::string>> wait_for_key(
    const LoginParts& parts, trace::Context context, std::string url, boost::json::object begun
) {
    const std::string form =
        "grant_type=" + std::string(device_grant) + "&device_code=" + text_in(begun, "device_code");
    auto pause = std::chrono::seconds(std::max<std::int64_t>(number_in(begun, "interval"), 1));
    const std::chrono::seconds life(number_in(begun, "expires_in"));
    std::chrono::seconds waited{0};
    while (waited < life) {
        co_await sleep_for(pause);
        waited += pause;
        const auto answer = ACME_TRY(co_await post(parts, context, url + "/oauth/token", form));
        if (answer.status == 200) co_return text_in(answer.body, "access_token");
        const std::string error = text_in(answer.body, "error");
        const bool is_late = error == "slow_down" || answer.status == 429 || answer.status >= 500;
        if (is_late) pause = std::min(pause + std::chrono::seconds(5), pause_max);
        if (is_late || error == "authorization_pending") continue;
        if (error == "access_denied") {
            co_return refuse(ErrorKind::forbidden, "tokens.denied", "The platform said no.");
        }
        break;
    }
    co_return refuse(
        ErrorKind::unauthenticated, "tokens.too_late", "Nobody said yes in time. Try again."
    );
}

Task<Result<boost::json::object>> who_is(
    const LoginParts& parts, trace::Context context, const Login& kept
) {
    fetch::Request request{
        .name = "tokens.whoami",
        .url = kept.url + "/v1/me",
        .headers = {{"Authorization", "Bearer " + std::string(kept.key.reveal())}},
    };
    auto answer = ACME_TRY(co_await ask(parts, context, std::move(request)));
    if (answer.status == 401) co_return signed_out();
    if (answer.status != 200) {
        co_return refuse(
            answer.status >= 500 || answer.status == 429 ? ErrorKind::unavailable
                                                         : ErrorKind::forbidden,
            "tokens.refused",
            "The platform does not say who this is."
        );
    }
    co_return std::move(answer.body);
}

void print_who(const cli::Call& call, const Login& kept, const boost::json::object& me) {
    const auto* const org = me.if_contains("org");
    const boost::json::object in =
        org != nullptr && org->is_object() ? org->get_object() : boost::json::object();
    if (call.has("--json")) {
        boost::json::object json = me;
        json["url"] = kept.url;
        call.print(boost::json::serialize(json));
        return;
    }
    const std::string role = text_in(me, "platform_role");
    call.print(
        text_in(me, "email") + ", " + text_in(in, "role") + " of " + text_in(in, "name") +
        (role.empty() ? "" : ", on the platform " + role) + ", at " + kept.url
    );
}

std::string without_slash(std::string url) {
    while (url.ends_with('/')) url.pop_back();
    return url;
}

Task<Result<>> login(const LoginParts& parts, const cli::Call& call) {
    const std::string url = without_slash(call.value("--url", parts.url));
    if (url.empty() || parts.folder.empty()) {
        co_return refuse(
            ErrorKind::invalid,
            "tokens.no_url",
            "--url says where the platform is; HOME must be set."
        );
    }
    std::string scopes = call.value("--scopes", std::string(usual_scopes));
    std::ranges::replace(scopes, ',', ' ');
    const std::string form =
        "client_name=" + form_encoded(machine_name()) + "&scope=" + form_encoded(scopes);
    const auto begun =
        ACME_TRY(co_await post(parts, call.context, url + "/oauth/device_authorization", form));
    const std::string code = text_in(begun.body, "user_code");
    if (begun.status != 200 || code.empty()) {
        co_return refuse(
            begun.status == 400 ? ErrorKind::invalid : ErrorKind::unavailable,
            "tokens.refused",
            "The platform begins no login with these scopes."
        );
    }
    if (!call.has("--json")) {
        call.print("Open     " + text_in(begun.body, "verification_uri"));
        call.print("and type " + code);
    } else {
        boost::json::object shown = begun.body;
        shown.erase("device_code");
        call.print(boost::json::serialize(shown));
    }
    const Login kept{
        .url = url,
        .key = Secret(ACME_TRY(co_await wait_for_key(parts, call.context, url, begun.body))),
    };
    keep(parts, kept);
    print_who(call, kept, ACME_TRY(co_await who_is(parts, call.context, kept)));
    co_return done;
}

/// The key ends on the platform first: a file that is gone would leave it good for months.
Task<Result<>> logout(const LoginParts& parts, const cli::Call& call) {
    const auto kept = kept_login(parts.folder);
    if (!kept) co_return signed_out();
    const auto answer = ACME_TRY(co_await post(
        parts,
        call.context,
        kept->url + "/oauth/revoke",
        "token=" + form_encoded(kept->key.reveal())
    ));
    if (answer.status != 200) {
        co_return refuse(
            ErrorKind::unavailable, "tokens.unreachable", "The platform did not end the key."
        );
    }
    std::filesystem::remove(file_in(parts.folder));
    if (call.has("--json")) {
        call.print(audit::json_of({{"url", kept->url}, {"state", "signed_out"}}));
    } else {
        call.print("Signed out of " + kept->url);
    }
    co_return done;
}

Task<Result<>> whoami(const LoginParts& parts, const cli::Call& call) {
    const auto kept = kept_login(parts.folder);
    if (!kept) co_return signed_out();
    print_who(call, *kept, ACME_TRY(co_await who_is(parts, call.context, *kept)));
    co_return done;
}

constexpr cli::Option as_json{.name = "--json", .about = "one JSON object a line"};

}  // namespace

std::optional<Login> kept_login(const std::string& folder) {
    const auto text = process::read_file(file_in(folder));
    const auto object = http::parse_object(text.value_or(""));
    if (!object) return std::nullopt;
    Login login{.url = text_in(*object, "url"), .key = Secret(text_in(*object, "key"))};
    if (login.url.empty() || login.key.empty()) return std::nullopt;
    return login;
}

void add_login_commands(cli::Commands& commands, LoginParts parts) {
    commands.add({
        .name = "login",
        .options =
            {{.name = "--url", .value = "URL", .about = "where the platform is"},
             {.name = "--scopes",
              .value = "LIST",
              .about = "what the key may, files:read,files:write (reading everything)"},
             as_json},
        .about = "Shows a code that you type in the dashboard, and keeps a key of yours in "
                 "~/.config/acme/login.json.",
        .example = "acme login --url https://acme.example.com",
        .run = [parts](const cli::Call& call) { return login(parts, call); },
        .needs_configuration = false,
    });
    commands.add({
        .name = "logout",
        .options = {as_json},
        .about = "Ends the key that acme login has kept, and forgets it.",
        .example = "acme logout",
        .run = [parts](const cli::Call& call) { return logout(parts, call); },
        .needs_configuration = false,
    });
    commands.add({
        .name = "whoami",
        .options = {as_json},
        .about = "Says who acme login has signed in here, and where.",
        .example = "acme whoami --json",
        .run = [parts](const cli::Call& call) { return whoami(parts, call); },
        .needs_configuration = false,
    });
}

}  // namespace acme::tokens
