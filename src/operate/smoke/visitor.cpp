#include "operate/smoke/visitor.hpp"

#include "base/text.hpp"

#include <boost/json/parse.hpp>

#include <algorithm>

namespace acme::smoke {
namespace {

constexpr std::size_t release_chars_max = 64;

/// It goes to terminals and into reports: what no release is called is left out.
std::string release_of(std::string_view header) {
    std::string release;
    for (const char c : header.substr(0, release_chars_max)) {
        const bool is_word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                             (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
        if (is_word) release += c;
    }
    return release.empty() ? "none" : release;
}

std::string credentials_of(const Account& account) {
    std::string json = R"({"email":)";
    append_json_string(json, account.email);
    json += R"(,"password":)";
    append_json_string(json, account.password.reveal());
    return json + "}";
}

}  // namespace

Visitor::Visitor(fetch::Client& fetch, std::string url) : fetch_(fetch), url_(std::move(url)) {
    while (url_.ends_with('/')) url_.pop_back();
}

Task<Answer> Visitor::ask(trace::Context context, Ask ask) {
    fetch::Request request{
        .name = ask.name,
        .method = ask.method,
        .url = url_ + ask.path,
        .body = ask.body,
        .connect_time_max = std::min(ask.time_max, std::chrono::milliseconds(5'000)),
        .answer_time_max = ask.time_max,
        .silence_time_max = ask.time_max,
        .sends_trace = true,
    };
    if (!ask.body.empty()) request.headers.emplace_back("Content-Type", ask.type);
    if (!cookie_.empty()) request.headers.emplace_back("Cookie", cookie_);
    fetch::Response response = co_await fetch_.send(context, std::move(request));
    Answer answer{
        .status = response.status(),
        .release = release_of(response.header("X-Acme-Release")),
        .body = co_await response.read_all(body_bytes_max),
        .quota = std::string(response.header("RateLimit-Policy")),
        .quota_left = std::string(response.header("RateLimit")),
    };
    const std::string_view set = response.header("Set-Cookie");
    if (!set.empty()) cookie_ = set.substr(0, set.find(';'));
    if (cookie_.ends_with('=')) cookie_.clear();  // how a cookie is taken away
    co_return answer;
}

Task<Answer> Visitor::sign_in(trace::Context context, const Account& account) {
    co_return co_await ask(
        context,
        {.name = "visitor.sign_in",
         .method = "POST",
         .path = "/v1/auth/login",
         .body = credentials_of(account)}
    );
}

Task<Answer> Visitor::sign_out(trace::Context context) {
    if (cookie_.empty()) co_return Answer{.status = 204};
    const Answer answer = co_await ask(
        context, {.name = "visitor.sign_out", .method = "POST", .path = "/v1/auth/logout"}
    );
    if (answer.status < 500) cookie_.clear();
    co_return answer;
}

std::string_view words_for(fetch::Reason reason) {
    switch (reason) {
        case fetch::Reason::unreachable: return "no connection";
        case fetch::Reason::forbidden: return "address not allowed";
        case fetch::Reason::insecure: return "TLS";
        case fetch::Reason::timed_out: return "time-out";
        case fetch::Reason::broken_off: return "broken off";
        case fetch::Reason::too_large: return "too long";
        case fetch::Reason::busy: return "not sent";
        case fetch::Reason::closed: return "ended by us";
    }
    return "no answer";
}

std::string text_in(std::string_view json, std::string_view member) {
    boost::system::error_code malformed;
    const auto value = boost::json::parse(json, malformed);
    if (malformed || !value.is_object()) return "";
    const auto* const found = value.get_object().if_contains(member);
    return found != nullptr && found->is_string() ? std::string(found->get_string()) : "";
}

}  // namespace acme::smoke
