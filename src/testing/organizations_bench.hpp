#pragma once

/// Organizations and invitations over HTTP, with the mails that they bring, on top of sessions.

#include "platform/accounts/memberships.hpp"
#include "platform/idempotency/idempotency.hpp"
#include "platform/mail/mail.hpp"
#include "platform/organizations/invitations.hpp"
#include "platform/organizations/organizations_http.hpp"
#include "testing/sessions_bench.hpp"
#include "work/jobs/worker.hpp"

#include <list>

namespace acme::testing {

struct OrganizationsBench : SessionsBench {
    explicit OrganizationsBench(
        accounts::SignUp sign_up = accounts::SignUp::invite, mail::Way way = mail::Way::mailbox
    );

    /// What the newest mail to `address` says, once all that waits was sent; "" for none.
    std::string mail_to(std::string_view address);
    int mails_to(std::string_view address);

    /// Each with a key of its own.
    http::Response invite(
        Browser& browser, const std::string& email, const std::string& role = "member"
    );
    http::Response resend(Browser& browser, const std::string& invitation);
    http::Response change_role(Browser& browser, UserId user, const std::string& role);

    mail::Mail mail;
    idempotency::Idempotency idempotency{db, clock};
    accounts::Memberships memberships{db, node.accounts, telemetry};
    organizations::Invitations invitations;
    organizations::Room room{
        node.accounts,
        memberships,
        invitations,
        node.sessions,
        node.tries,
        idempotency,
        node.cursors,
        metrics
    };
    jobs::Registry jobs;
    jobs::Worker worker{jobs, db, telemetry};

private:
    std::vector<http::Header> key();

    std::list<std::string> keys_;  // headers are views
};

/// Of the session: its id, and the address of what lies below it.
std::string org_of(Browser& browser);
std::string below_org(Browser& browser, std::string_view rest);

/// The value of a text in an answer, "" when there is none.
std::string text_in(const http::Response& response, std::string_view key);

/// The values of `key` in all rows of a list, with a space between.
std::string column_of(const http::Response& response, std::string_view key);

std::string token_in(const std::string& mail);
std::string code_in(const std::string& mail);

}  // namespace acme::testing
