#include "platform/files/files_http.hpp"

#include "base/bytes.hpp"
#include "base/hash.hpp"
#include "base/text.hpp"
#include "io/http/client_address.hpp"
#include "io/http/condition.hpp"
#include "io/http/fields.hpp"
#include "io/http/json.hpp"
#include "platform/files/files_content.hpp"
#include "platform/files/files_json.hpp"
#include "platform/files/multipart.hpp"
#include "platform/files/name.hpp"
#include "platform/files/sniff.hpp"

#include <limits>

namespace acme::files {
namespace {

using http::Access;
using http::Call;
using http::Response;
using idempotency::Idempotency;

constexpr std::size_t patch_bytes_max = 4096;

/// The room refuses what is too long by itself, for it can name the limit.
constexpr std::size_t any_length = std::numeric_limits<std::size_t>::max();

/// Decided before anything is read. What comes in chunks is counted.
Result<> check_announced(const http::Request& request, std::uint64_t frame, std::uint64_t most) {
    const auto announced = parse_number<std::uint64_t>(request.header("Content-Length"));
    if (announced && *announced > most + frame) return too_large(most);
    return {};
}

/// nullopt: it comes in chunks. A form is longer than its file.
std::optional<std::uint64_t> announced_in(const http::Request& request, std::uint64_t most) {
    const auto announced = parse_number<std::uint64_t>(request.header("Content-Length"));
    if (!announced) return std::nullopt;
    return std::min(*announced, most);
}

/// Source: draft-ietf-httpbis-resumable-upload, "Upload-Limit".
Response with_limit(const Files& files, Response response) {
    response.headers.emplace_back(
        "Upload-Limit", "max-size=" + std::to_string(files.options().bytes_max)
    );
    return response;
}

Task<Result<Received>> receive_form(Files& files, const Call& call, std::string boundary) {
    FilePart part(call.request.body, boundary);
    ACME_TRY(co_await part.begin());
    std::string name = call.request.query("name").value_or("");
    if (name.empty()) name = name_in_disposition(part.disposition());
    Draft draft{
        .name = ACME_TRY(checked_name(name)),
        .declared_type = media_type_of(part.content_type()),
        .announced = announced_in(call.request, files.options().bytes_max),
    };
    co_return co_await files.receive(call.context, call.who(), std::move(draft), part);
}

Task<Result<Received>> receive(Files& files, const Call& call) {
    const http::Request& request = call.request;
    const std::uint64_t most = files.options().bytes_max;
    if (auto boundary = boundary_of(request.header("Content-Type"))) {
        ACME_TRY(check_announced(request, FilePart::frame_bytes_max, most));
        co_return co_await receive_form(files, call, *std::move(boundary));
    }
    ACME_TRY(check_announced(request, 0, most));
    auto name = request.query("name");
    if (!name) name = name_in_disposition(request.header("Content-Disposition"));
    Draft draft{
        .name = ACME_TRY(checked_name(*name)),
        .declared_type = media_type_of(request.header("Content-Type")),
        .announced = announced_in(request, most),
    };
    co_return co_await files.receive(call.context, call.who(), std::move(draft), request.body);
}

std::string address_of(const Files& files, const Call& call) {
    return http::client_address(call.request, files.options().trusted_proxies);
}

struct Uploaded {
    Response response;
    bool is_replay = false;
};

/// The same file under the same key is one file, so what came the second time is given up.
Task<Result<Uploaded>> make_ready(
    Files& files, Idempotency& idempotency, const Call& call, Received received
) {
    auto transaction = co_await files.begin(call.context);
    auto claim = ACME_TRY(co_await idempotency.claim(transaction, call, received.sha256));
    if (claim.replay) {
        co_return Uploaded{.response = *std::move(claim.replay), .is_replay = true};
    }
    const File file = ACME_TRY(co_await files.make_ready(
        transaction, call.context, call.who(), std::move(received), address_of(files, call)
    ));
    Response response = http::json(201, to_json(file));
    response.headers.emplace_back("Location", "/v1/files/" + file.id.str());
    co_await idempotency.keep(transaction, call, claim, response);
    co_await transaction.commit(call.context);
    co_return Uploaded{.response = std::move(response)};
}

Task<Result<Response>> upload(Files& files, Idempotency& idempotency, const Call& call) {
    const Received received = ACME_TRY(co_await receive(files, call));
    auto uploaded = co_await make_ready(files, idempotency, call, received);
    if (!uploaded || uploaded->is_replay) {
        co_await files.abandon(call.context, call.who(), received.id);
    }
    if (!uploaded) co_return std::unexpected(std::move(uploaded.error()));
    co_return with_limit(files, std::move(uploaded->response));
}

std::string place_of(const File& file) {
    return std::to_string(file.created_at.time_since_epoch().count()) + ' ' + file.id.str();
}

/// As place_of() wrote it, for the cursor is signed; nullopt for "", the beginning.
std::optional<Place> read_place(std::string_view text) {
    const auto blank = std::min(text.find(' '), text.size());
    const auto time = parse_number<std::int64_t>(text.substr(0, blank));
    const auto id = FileId::parse(text.substr(std::min(blank + 1, text.size())));
    if (!time || !id) return std::nullopt;
    return Place{.created_at = WallTime(std::chrono::microseconds(*time)), .id = *id};
}

Task<Result<Response>> list(Files& files, const http::Cursors& cursors, const Call& call) {
    const OrgId org = call.who().org;
    const std::string scope = "files " + org.str();
    const auto asked = ACME_TRY(http::page_asked(call.request, cursors, scope));
    auto found = co_await files.list(call.context, org, read_place(asked.after), asked.limit + 1);
    std::string next;
    if (found.size() > static_cast<std::size_t>(asked.limit)) {
        found.pop_back();
        next = cursors.sign(scope, place_of(found.back()));
    }
    boost::json::array data;
    for (const File& file : found) data.push_back(to_json(file));
    co_return with_limit(files, http::page(call.request, std::move(data), std::move(next)));
}

/// Of the record, not of the bytes: the name is all that changes in it.
std::string etag_of(const File& file) { return '"' + to_hex(sha256(file.name)) + '"'; }

Response to_response(const Files& files, const File& file) {
    Response response = with_limit(files, http::json(200, to_json(file)));
    response.headers.emplace_back("ETag", etag_of(file));
    return response;
}

Task<Result<Response>> find(Files& files, const Call& call) {
    const FileId id = ACME_TRY(parse_file_id(call.params[0]));
    co_return to_response(files, ACME_TRY(co_await files.find(call.context, call.who().org, id)));
}

Task<Result<Response>> rename(Files& files, const Call& call) {
    const FileId id = ACME_TRY(parse_file_id(call.params[0]));
    http::Fields fields(ACME_TRY(co_await http::json_object(call.request)));
    const auto asked = fields.optional_text("name", {1, name_bytes_max});
    ACME_TRY(fields.finish());
    File file = ACME_TRY(co_await files.find(call.context, call.who().org, id));
    ACME_TRY(http::check_if_match(call.request, etag_of(file)));
    std::string name = asked ? ACME_TRY(checked_name(*asked)) : file.name;
    co_return to_response(
        files,
        ACME_TRY(co_await files.rename(
            call.context, call.who(), std::move(file), std::move(name), address_of(files, call)
        ))
    );
}

Task<Result<Response>> remove(Files& files, const Call& call) {
    const FileId id = ACME_TRY(parse_file_id(call.params[0]));
    ACME_TRY(co_await files.remove(call.context, call.who(), id, address_of(files, call)));
    co_return Response{.status = 204};
}

/// One's own organization: of another's nothing is said, not even whether it is there.
Task<Result<Response>> usage(Files& files, const Call& call) {
    const auto asked = OrgId::parse(call.params[0]);
    if (!asked || *asked != call.who().org) {
        co_return refuse(
            ErrorKind::not_found, "organizations.not_found", "There is no such organization."
        );
    }
    co_return http::json(200, to_json(co_await files.usage(call.context, *asked)));
}

constexpr std::string_view page_schema = R"json({
    "type": "object",
    "required": ["data", "next_cursor"],
    "additionalProperties": false,
    "properties": {
        "data": {"type": "array", "items": {"$ref": "#/components/schemas/File"}},
        "next_cursor": {"type": ["string", "null"]}
    }
})json";

constexpr std::string_view patch_schema = R"json({
    "type": "object",
    "additionalProperties": false,
    "properties": {"name": {"type": ["string", "null"], "minLength": 1, "maxLength": 255}}
})json";

http::Route upload_route(Files& files, Idempotency& idempotency) {
    return {
        .method = http::Method::post,
        .pattern = "/v1/files",
        .access = Access::org(OrgRole::member),
        .body_bytes_max = any_length,
        .doc =
            {.summary = "Stores a file: the body itself, or the one file of a form.",
             .response = "File",
             .status = 201,
             .query = {"name"},
             .errors =
                 {"files.too_large",
                  "files.quota_exceeded",
                  "files.name_invalid",
                  "files.multipart_malformed",
                  "files.multipart_empty",
                  "files.multipart_many",
                  "files.upload_expired",
                  "uploads.busy",
                  "uploads.store_unavailable",
                  "idempotency.in_progress",
                  "idempotency.other_payload",
                  "idempotency.key_malformed"},
             .request_type = "application/octet-stream",
             .takes_key = true,
             .upload_bytes_max = files.options().bytes_max},
        .handler = [&](const Call& call) { return upload(files, idempotency, call); },
        .time_max = upload_time_max,
    };
}

}  // namespace

void add_routes(
    http::Router& router, Files& files, Idempotency& idempotency, const http::Cursors& cursors
) {
    using enum http::Method;
    router.add_schema({.name = "File", .json = file_schema});
    router.add_schema({.name = "FilePage", .json = page_schema});
    router.add_schema({.name = "Usage", .json = usage_schema});
    router.add_schema({.name = "FilePatch", .json = patch_schema});
    router.add(upload_route(files, idempotency));
    router.add({
        .method = get,
        .pattern = "/v1/orgs/{org}/usage",
        .access = Access::signed_in(),
        .body_bytes_max = http::no_body,
        .doc =
            {.summary = "Shows what the organization's files and unfinished uploads take.",
             .response = "Usage",
             .errors = {"organizations.not_found"}},
        .handler = [&](const Call& call) { return usage(files, call); },
    });
    router.add({
        .method = get,
        .pattern = "/v1/files",
        .access = Access::signed_in(),
        .body_bytes_max = http::no_body,
        .doc =
            {.summary = "Lists the organization's files, newest first.",
             .response = "FilePage",
             .query = {"limit", "cursor"},
             .errors = {"http.page_limit", "http.cursor"}},
        .handler = [&](const Call& call) { return list(files, cursors, call); },
    });
    router.add({
        .method = get,
        .pattern = "/v1/files/{id}",
        .access = Access::signed_in(),
        .body_bytes_max = http::no_body,
        .doc =
            {.summary = "Shows a file's record.", .response = "File", .errors = {"files.not_found"}
            },
        .handler = [&](const Call& call) { return find(files, call); },
    });
    router.add({
        .method = http::Method::patch,
        .pattern = "/v1/files/{id}",
        .access = Access::org(OrgRole::member),
        .body_bytes_max = patch_bytes_max,
        .doc =
            {.summary = "Gives a file another name.",
             .request = "FilePatch",
             .response = "File",
             .errors =
                 {"files.not_found",
                  "files.name_invalid",
                  "http.precondition_required",
                  "http.precondition_failed"},
             .request_type = "application/merge-patch+json",
             .needs_if_match = true},
        .handler = [&](const Call& call) { return rename(files, call); },
    });
    router.add({
        .method = get,
        .pattern = "/v1/files/{id}/content",
        .access = Access::signed_in(),
        .body_bytes_max = http::no_body,
        .doc =
            {.summary = "Sends a file's bytes, or one range of them.",
             .errors = {"files.not_found", "http.range", "uploads.store_unavailable"},
             .response_type = "*/*",
             .also = {206, 304}},
        .handler = [&](const Call& call) { return content(files, call); },
    });
    router.add({
        .method = del,
        .pattern = "/v1/files/{id}",
        .access = Access::org(OrgRole::member),
        .body_bytes_max = http::no_body,
        .doc = {.summary = "Deletes a file.", .status = 204, .errors = {"files.not_found"}},
        .handler = [&](const Call& call) { return remove(files, call); },
    });
}

}  // namespace acme::files
