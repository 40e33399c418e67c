#pragma once

/// Making one's own account and forgetting a password, over HTTP and through the local mailbox.

#include "platform/accounts/proofs.hpp"
#include "platform/accounts/sign_ups.hpp"
#include "platform/mail/mail.hpp"
#include "platform/mail/mail_jobs.hpp"
#include "platform/sessions/sign_up_http.hpp"
#include "testing/sessions_bench.hpp"
#include "work/jobs/worker.hpp"

namespace acme::testing {

inline const char* const sign_up_keys = "a-secret-key-for-tests-with-32-bytes-and-more";

inline constexpr pg::Query sign_up_users{"test.users", R"sql(
    SELECT count(*) FROM users WHERE email_norm = $1
)sql"};

inline constexpr pg::Query sign_up_anywhere{"test.anywhere", R"sql(
    SELECT count(*) FROM (
        SELECT p::text AS row FROM email_proofs p UNION ALL SELECT m::text FROM mails m
        UNION ALL SELECT j::text FROM jobs j UNION ALL SELECT a::text FROM audit_entries a) all_rows
    WHERE strpos(row, $1) > 0
)sql"};

struct SignUpBench : SessionsBench {
    explicit SignUpBench(
        accounts::SignUp allowed = accounts::SignUp::open, mail::Way way = mail::Way::mailbox
    )
        : mail(
              {.way = way, .smtp = {.url = {}, .from = "acme@localhost"}},
              loop,
              db,
              Secret(sign_up_keys),
              telemetry
          ),
          sign_ups(
              {.allowed = allowed, .base_url = "http://localhost:8080"},
              db,
              node.accounts,
              node.passwords,
              proofs,
              mail
          ) {
        mail::add_jobs(jobs, mail);
        sessions::add_sign_up_routes(node.router, entrance);
    }

    /// What the mail says that this call brought, "" when it brought none.
    std::string mail_of(const http::Response& response) {
        EXPECT_EQ(response.status, 202) << response.body;
        clock.advance(std::chrono::milliseconds(2));
        while (wait(worker.run_one())) {
        }
        const auto kept = wait(mail.list(context, std::nullopt, 1));
        if (kept.empty() || kept[0].id == newest_) return "";
        newest_ = kept[0].id;
        return kept[0].letter.text;
    }

    http::Response sign_up(std::string email, std::string password = "correct battery") {
        return browser().post(
            "/v1/auth/signup",
            R"({"email":")" + email + R"(","name":"Ada","password":")" + password + R"("})"
        );
    }

    http::Response forgot(const std::string& email) {
        return browser().post("/v1/auth/password/forgot", R"({"email":")" + email + R"("})");
    }

    std::int64_t users(std::string_view email) {
        return wait(db.run(context, sign_up_users, email))[0].integer();
    }

    bool is_written_anywhere(const std::string& text) {
        return wait(db.run(context, sign_up_anywhere, text))[0].integer() > 0;
    }

    mail::Mail mail;
    accounts::Proofs proofs{db, Secret(sign_up_keys), telemetry};
    accounts::SignUps sign_ups;
    sessions::Entrance entrance{
        sign_ups, node.sessions, node.tries, metrics, node.factors, node.passkeys
    };
    jobs::Registry jobs;
    jobs::Worker worker{jobs, db, telemetry};

private:
    std::optional<mail::MailId> newest_;
};

inline std::string words_after(const std::string& text, std::string_view words) {
    const auto at = text.find(words);
    if (at == text.npos) return "";
    const auto begin = at + words.size();
    return text.substr(begin, text.find('\n', begin) - begin);
}

inline std::string mailed_token(const std::string& text) { return words_after(text, "#token="); }
inline std::string mailed_code(const std::string& text) {
    const std::string code = words_after(text, "where you signed up: ");
    return code.empty() ? words_after(text, "where you asked: ") : code;
}

inline std::string reset_by(const std::string& token, std::string_view password) {
    return R"({"token":")" + token + R"(","new":")" + std::string(password) + R"("})";
}

inline int log_in(SignUpBench& bench, std::string_view password) {
    const std::string body =
        R"({"email":"ada@example.com","password":")" + std::string(password) + R"("})";
    return bench.browser().post("/v1/auth/login", body).status;
}

}  // namespace acme::testing
