#include "platform/files/links_http.hpp"

#include "io/http/client_address.hpp"
#include "io/http/fields.hpp"
#include "io/http/json.hpp"
#include "io/http/time.hpp"
#include "platform/files/files_content.hpp"

namespace acme::files {
namespace {

using http::Access;
using http::Call;
using http::Response;

constexpr std::size_t link_json_bytes_max = 4096;

constexpr http::Schema new_link_schema{"NewFileLink", R"({
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "ttl_seconds": {"type": ["integer", "null"], "minimum": 60, "maximum": 604800}
  }
})"};

constexpr http::Schema link_schema{"FileLink", R"({
  "type": "object",
  "required": ["url", "expires_at"],
  "additionalProperties": false,
  "properties": {
    "url": {"type": "string", "format": "uri", "description": "Good without a session."},
    "expires_at": {"type": "string", "format": "date-time"}
  }
})"};

Task<Result<Response>> make(Files& files, Links& links, const Call& call) {
    const FileId id = ACME_TRY(parse_file_id(call.params[0]));
    http::Fields fields(ACME_TRY(co_await http::json_object(call.request)));
    const auto ttl =
        fields.optional_integer("ttl_seconds", {link_ttl_min.count(), link_ttl_max.count()});
    ACME_TRY(fields.finish());
    const Link link = ACME_TRY(co_await links.make(
        call.context,
        call.who(),
        id,
        std::chrono::seconds(ttl.value_or(link_ttl_usual.count())),
        http::client_address(call.request, files.options().trusted_proxies)
    ));
    Response response =
        http::json(201, {{"url", link.url}, {"expires_at", http::to_json(link.expires_at)}});
    response.headers.emplace_back("Cache-Control", "no-store");
    co_return response;
}

Task<Result<Response>> shared(Files& files, const Links& links, const Call& call) {
    const FileId id = ACME_TRY(parse_file_id(call.params[0]));
    const auto value = [&](std::string_view name) { return call.request.query(name).value_or(""); };
    const OrgId org = ACME_TRY(links.check(
        {.id = id, .org = value("org"), .until = value("until"), .signature = value("signature")}
    ));
    co_return co_await content_of(files, call, org, id);
}

}  // namespace

void add_link_routes(http::Router& router, Files& files, Links& links) {
    router.add_schema(new_link_schema);
    router.add_schema(link_schema);
    router.add({
        .method = http::Method::post,
        .pattern = "/v1/files/{id}/links",
        .access = Access::org(OrgRole::member),
        .body_bytes_max = link_json_bytes_max,
        .doc =
            {.summary = "Makes a link by which anybody may fetch the file until it ends.",
             .request = "NewFileLink",
             .response = "FileLink",
             .status = 201,
             .errors = {"files.not_found"}},
        .handler = [&](const Call& call) { return make(files, links, call); },
    });
    router.add({
        .method = http::Method::get,
        .pattern = "/v1/files/{id}/shared",
        .access = Access::anyone(),
        .body_bytes_max = http::no_body,
        .doc =
            {.summary = "Sends a file's bytes, or one range of them, to whoever has a link.",
             .query = {"org", "until", "signature"},
             .errors =
                 {"files.link_unknown",
                  "files.link_ended",
                  "files.not_found",
                  "http.range",
                  "uploads.store_unavailable"},
             .response_type = "*/*",
             .also = {206, 304}},
        .handler = [&](const Call& call) { return shared(files, links, call); },
    });
}

}  // namespace acme::files
