#include "platform/mail/mail_http.hpp"

#include "io/http/json.hpp"
#include "io/http/page.hpp"
#include "io/http/time.hpp"
#include "platform/mail/mail.hpp"

namespace acme::mail {
namespace {

using http::Call;
using http::Response;

constexpr std::string_view scope = "mailbox";

constexpr http::Schema mail_schema{"Mail", R"({
  "type": "object",
  "required": ["id", "to", "subject", "text", "at"],
  "properties": {
    "id": {"type": "string"},
    "to": {"type": "string"},
    "subject": {"type": "string"},
    "text": {"type": "string"},
    "at": {"type": "string", "format": "date-time"}
  }
})"};

constexpr http::Schema mailbox_schema{"Mailbox", R"({
  "type": "object",
  "required": ["data", "next_cursor"],
  "properties": {
    "data": {"type": "array", "items": {"$ref": "#/components/schemas/Mail"}},
    "next_cursor": {"type": ["string", "null"]}
  }
})"};

Task<Result<Response>> list(Mail& mail, const http::Cursors& cursors, const Call& call) {
    const auto asked = ACME_TRY(http::page_asked(call.request, cursors, scope));
    const auto before = MailId::parse(asked.after);
    const auto mails = co_await mail.list(call.context, before, asked.limit + 1);
    boost::json::array data;
    std::string next;
    for (const Kept& kept : mails) {
        if (std::ssize(data) == asked.limit) {
            next = cursors.sign(scope, mails[data.size() - 1].id.str());
            break;
        }
        data.push_back({
            {"id", kept.id.str()},
            {"to", kept.letter.to},
            {"subject", kept.letter.subject},
            {"text", kept.letter.text},
            {"at", http::to_json(kept.at)},
        });
    }
    Response response = http::page(call.request, std::move(data), std::move(next));
    response.headers.emplace_back("Cache-Control", "no-store");
    co_return response;
}

}  // namespace

void add_routes(http::Router& router, Mail& mail, const http::Cursors& cursors) {
    router.add_schema(mail_schema);
    router.add_schema(mailbox_schema);
    router.add({
        .method = http::Method::get,
        .pattern = "/v1/mailbox",
        // Others' links are in it: whoever reads them can become anybody.
        .access = http::Access::platform(PlatformRole::admin),
        .body_bytes_max = http::no_body,
        .doc =
            {.summary = "Lists the mails that were kept because there is no mail server, newest "
                        "first.",
             .response = "Mailbox",
             .query = {"limit", "cursor"},
             .errors = {"http.page_limit", "http.cursor"}},
        .handler = [&](const Call& call) { return list(mail, cursors, call); },
    });
}

}  // namespace acme::mail
