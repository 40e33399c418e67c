#include "testing/organizations_bench.hpp"

#include "platform/mail/mail_jobs.hpp"

#include <boost/json/parse.hpp>

namespace acme::testing {
namespace {

const char* const secret_keys = "a-secret-key-for-tests-with-32-bytes-and-more";

std::string after(const std::string& text, std::string_view words) {
    const auto at = text.find(words);
    if (at == text.npos) return "";
    const auto begin = at + words.size();
    return text.substr(begin, text.find('\n', begin) - begin);
}

}  // namespace

OrganizationsBench::OrganizationsBench(accounts::SignUp sign_up, mail::Way way)
    : mail(
          {.way = way, .smtp = {.url = {}, .from = "acme@localhost"}},
          loop,
          db,
          Secret(secret_keys),
          telemetry
      ),
      invitations(
          {.sign_up = sign_up, .base_url = "http://localhost:8080"},
          Secret(secret_keys),
          db,
          node.accounts,
          node.passwords,
          memberships,
          mail,
          telemetry
      ) {
    mail::add_jobs(jobs, mail);
    organizations::add_routes(node.router, room);
}

std::string OrganizationsBench::mail_to(std::string_view address) {
    clock.advance(std::chrono::milliseconds(2));
    while (wait(worker.run_one())) {
    }
    for (const auto& kept : wait(mail.list(context, std::nullopt, 200))) {
        if (kept.letter.to == address) return kept.letter.text;
    }
    return "";
}

int OrganizationsBench::mails_to(std::string_view address) {
    mail_to(address);
    const auto kept = wait(mail.list(context, std::nullopt, 200));
    return static_cast<int>(std::ranges::count_if(kept, [&](const mail::Kept& each) {
        return each.letter.to == address;
    }));
}

std::vector<http::Header> OrganizationsBench::key() {
    keys_.push_back("key-" + std::to_string(keys_.size()));
    return {{"Idempotency-Key", keys_.back()}};
}

http::Response OrganizationsBench::invite(
    Browser& browser, const std::string& email, const std::string& role
) {
    const std::string body = R"({"email":")" + email + R"(","role":")" + role + R"("})";
    return browser.send(http::Method::post, below_org(browser, "invitations"), body, key());
}

http::Response OrganizationsBench::resend(Browser& browser, const std::string& invitation) {
    const std::string path = below_org(browser, "invitations/" + invitation + ":resend");
    return browser.send(http::Method::post, path, "", key());
}

http::Response OrganizationsBench::change_role(
    Browser& browser, UserId user, const std::string& role
) {
    const std::string path = below_org(browser, "members/" + user.str());
    const std::string etag = header(browser.get(path), "ETag");
    return browser.send(
        http::Method::patch, path, R"({"role":")" + role + R"("})", {{"If-Match", etag}}
    );
}

std::string org_of(Browser& browser) {
    const auto me = boost::json::parse(browser.get("/v1/me").body);
    return std::string(me.at("org").at("id").as_string());
}

std::string below_org(Browser& browser, std::string_view rest) {
    return "/v1/orgs/" + org_of(browser) + "/" + std::string(rest);
}

std::string text_in(const http::Response& response, std::string_view key) {
    const auto json = boost::json::parse(response.body);
    const auto* value = json.as_object().if_contains({key.data(), key.size()});
    return value != nullptr && value->is_string() ? std::string(value->as_string()) : "";
}

std::string column_of(const http::Response& response, std::string_view key) {
    std::string column;
    for (const auto& row : boost::json::parse(response.body).at("data").as_array()) {
        if (!column.empty()) column += " ";
        column += std::string_view(row.at({key.data(), key.size()}).as_string());
    }
    return column;
}

std::string token_in(const std::string& mail) { return after(mail, "#token="); }
std::string code_in(const std::string& mail) { return after(mail, "where you are asked: "); }

}  // namespace acme::testing
