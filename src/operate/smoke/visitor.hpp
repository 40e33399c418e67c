#pragma once

/// Somebody who visits the platform over HTTP, as anybody would: asks, signs in, signs out. Keeps
/// the session's cookie and nothing else.

#include "base/result.hpp"
#include "base/secret.hpp"
#include "io/fetch/fetch.hpp"

#include <functional>
#include <string>

namespace acme::smoke {

/// An account of the platform's own, for visitors that are programs.
struct Account {
    std::string email;
    Secret password;
};

/// Makes sure that there is one, and gives it a new password. What it fails with is told as it is.
using MakeAccount = std::function<Task<Result<Account>>(trace::Context)>;

/// One request.
struct Ask {
    std::string_view name;  // a literal, "smoke.download": names spans and faults
    std::string method = "GET";
    std::string path = "";  // with its query
    std::string body = "";
    std::string_view type = "application/json";  // of the body; a literal
    std::chrono::milliseconds time_max{10'000};  // until the head comes, and then without a byte
};

struct Answer {
    int status = 0;
    std::string release = "none";  // X-Acme-Release, "none" without one
    std::string body = "";         // at most Visitor::body_bytes_max
    std::string quota = "";        // RateLimit-Policy
    std::string quota_left = "";   // RateLimit
};

/// Every function throws fetch::Fault when there is no answer.
class Visitor {
public:
    static constexpr std::size_t body_bytes_max = std::size_t{4} << 20;

    /// `fetch` outlives it. `url` is an origin, "http://127.0.0.1:8080".
    Visitor(fetch::Client& fetch, std::string url);

    const std::string& url() const { return url_; }

    Task<Answer> ask(trace::Context context, Ask ask);

    /// 200: signed in from now on. `account` outlives the task.
    Task<Answer> sign_in(trace::Context context, const Account& account);

    /// Ends the session, if there is one.
    Task<Answer> sign_out(trace::Context context);

    bool is_signed_in() const { return !cookie_.empty(); }
    const std::string& cookie() const { return cookie_; }

    /// A session that was begun elsewhere, by its cookie.
    void resume(std::string cookie) { cookie_ = std::move(cookie); }

    /// What the same person does at another place: the session is shared, and not ended here.
    void follow(const Visitor& other) { cookie_ = other.cookie_; }

private:
    fetch::Client& fetch_;
    std::string url_;
    std::string cookie_;  // "name=value"; "" without a session
};

/// "time-out", "no connection": what became of a request that has no answer. A literal.
std::string_view words_for(fetch::Reason reason);

/// The value of a member that is text, of a JSON object; "" for anything else.
std::string text_in(std::string_view json, std::string_view member);

}  // namespace acme::smoke
