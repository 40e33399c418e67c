#include "platform/uploads/tus_http.hpp"

#include "io/http/client_address.hpp"
#include "io/http/json.hpp"
#include "io/http/problem.hpp"
#include "io/http/time.hpp"
#include "platform/uploads/tus_headers.hpp"

#include <boost/json/object.hpp>

#include <limits>

namespace acme::uploads {
namespace {

using http::Access;
using http::Call;
using http::Method;
using http::Response;
using idempotency::Idempotency;

/// The room counts by itself, for it can name the limit.
constexpr std::size_t any_length = std::numeric_limits<std::size_t>::max();

constexpr const char* extensions =
    "creation,creation-with-upload,creation-defer-length,expiration,checksum,termination";

constexpr http::Schema upload_schema{"Upload", R"({
  "type": "object",
  "required": ["id", "state", "name", "size", "offset", "file_id", "created_at", "expires_at"],
  "additionalProperties": false,
  "properties": {
    "id": {"type": "string", "pattern": "^upl_[0-9a-z]{26}$"},
    "state": {
      "type": "string",
      "enum": ["open", "ready", "ended"],
      "description": "ready: it is a file; ended: it was given up, or became too old."
    },
    "name": {"type": "string"},
    "size": {"type": ["integer", "null"], "description": "In bytes; null: not said yet."},
    "offset": {"type": "integer", "minimum": 0, "description": "Bytes that are stored."},
    "file_id": {"type": ["string", "null"], "description": "null before it is ready."},
    "created_at": {"type": "string", "format": "date-time"},
    "expires_at": {"type": "string", "format": "date-time"}
  }
})"};

std::string_view word_of(State state) {
    switch (state) {
        case State::open: return "open";
        case State::ready: return "ready";
        case State::ended: return "ended";
    }
    return "ended";
}

boost::json::object to_json(const Upload& upload) {
    boost::json::object json{
        {"id", upload.id.str()},
        {"state", word_of(upload.state)},
        {"name", upload.name},
        {"size", nullptr},
        {"offset", upload.received},
        {"file_id", nullptr},
        {"created_at", http::to_json(upload.created_at)},
        {"expires_at", http::to_json(upload.expires_at)},
    };
    if (upload.length) json["size"] = *upload.length;
    if (upload.state == State::ready) json["file_id"] = upload.file.str();
    return json;
}

/// Pages of anybody may send bytes with a key of an account, never with a cookie: that takes the
/// word "credentials", which is not here.
void let_pages_read(const http::Request& request, Response& response) {
    if (request.header("Origin").empty()) return;
    response.headers.emplace_back("Access-Control-Allow-Origin", "*");
    response.headers.emplace_back(
        "Access-Control-Expose-Headers",
        "Location, Retry-After, Tus-Extension, Tus-Max-Size, Tus-Resumable, Tus-Version, "
        "Tus-Checksum-Algorithm, Upload-Defer-Length, Upload-Expires, Upload-File, Upload-Length, "
        "Upload-Metadata, Upload-Offset"
    );
}

/// Refusals have the headers of the protocol too.
Task<Result<Response>> spoken(const Call& call, Task<Result<Response>> answer) {
    auto result = co_await std::move(answer);
    const bool is_refusal = !result;
    Response response =
        is_refusal ? http::problem(result.error(), call.request.path(), *call.context.trace)
                   : *std::move(result);
    response.headers.emplace_back("Tus-Resumable", tus_version);
    if (response.status == 412) response.headers.emplace_back("Tus-Version", tus_version);
    let_pages_read(call.request, response);
    co_return response;
}

Caller caller_of(const Uploads& uploads, const Call& call) {
    const std::string ip = http::client_address(call.request, uploads.options().trusted_proxies);
    return {.who = call.who(), .ip = ip};
}

/// What every answer tells of an upload.
void tell(Response& response, const Upload& upload) {
    response.headers.emplace_back("Upload-Offset", std::to_string(upload.received));
    if (upload.state == State::open) {
        response.headers.emplace_back("Upload-Expires", to_http_date(upload.expires_at));
    }
    if (upload.state == State::ready) {
        response.headers.emplace_back("Upload-File", upload.file.str());
    }
}

Task<Result<Response>> options(Uploads& uploads, const Call& call, std::string_view methods) {
    Response response{.status = 204};
    const std::string most = std::to_string(uploads.bytes_max());
    response.headers = {
        {"Tus-Resumable", tus_version},
        {"Tus-Version", tus_version},
        {"Tus-Extension", extensions},
        {"Tus-Max-Size", most},
        {"Tus-Checksum-Algorithm", "sha1,sha256"},
        {"Allow", std::string(methods)},
    };
    let_pages_read(call.request, response);
    if (!call.request.header("Access-Control-Request-Method").empty()) {
        response.headers.emplace_back("Access-Control-Allow-Methods", methods);
        response.headers.emplace_back(
            "Access-Control-Allow-Headers",
            "Authorization, Content-Type, Idempotency-Key, Tus-Resumable, Upload-Checksum, "
            "Upload-Defer-Length, Upload-Length, Upload-Metadata, Upload-Offset, "
            "X-HTTP-Method-Override, X-Request-Id"
        );
        response.headers.emplace_back("Access-Control-Max-Age", "86400");
    }
    co_return response;
}

std::string fingerprint_of(const http::Request& request) {
    std::string text;
    for (const char* name : {"Upload-Length", "Upload-Defer-Length", "Upload-Metadata"}) {
        text.append(request.header(name)).append("\n");
    }
    return text;
}

struct Made {
    Response response;
    std::optional<UploadId> id = std::nullopt;  // none: it was made before, under the same key
};

Task<Result<Made>> make(Uploads& uploads, Idempotency& idempotency, const Call& call, Plan plan) {
    auto transaction = co_await uploads.begin(call.context);
    auto claim =
        ACME_TRY(co_await idempotency.claim(transaction, call, fingerprint_of(call.request)));
    if (claim.replay) co_return Made{.response = *std::move(claim.replay)};
    const Upload upload = ACME_TRY(
        co_await uploads.add(transaction, call.context, caller_of(uploads, call), std::move(plan))
    );
    Response response = http::json(201, to_json(upload));
    response.headers.emplace_back("Location", "/v1/uploads/" + upload.id.str());
    co_await idempotency.keep(transaction, call, claim, response);
    co_await transaction.commit(call.context);
    co_return Made{.response = std::move(response), .id = upload.id};
}

/// That it was begun counts, whatever becomes of the bytes that came with it: the offset tells.
Task<Result<Response>> create(Uploads& uploads, Idempotency& idempotency, const Call& call) {
    ACME_TRY(check_version(call.request));
    Plan plan = ACME_TRY(read_plan(call.request));
    auto first = ACME_TRY(read_first(call.request, plan));
    Made made = ACME_TRY(co_await make(uploads, idempotency, call, std::move(plan)));
    if (!made.id) co_return std::move(made.response);
    if (first) {
        std::ignore = co_await uploads.append(
            call.context, caller_of(uploads, call), *made.id, *std::move(first), call.request.body
        );
    }
    const Upload upload = ACME_TRY(co_await uploads.find(call.context, call.who().org, *made.id));
    Response response = http::json(201, to_json(upload));
    response.headers = std::move(made.response.headers);
    tell(response, upload);
    co_return response;
}

/// HEAD is how a client asks where to go on; GET is for people.
Task<Result<Response>> show(Uploads& uploads, const Call& call) {
    const UploadId id = ACME_TRY(parse_upload_id(call.params[0]));
    if (call.request.method != Method::head) {
        const Upload found = ACME_TRY(co_await uploads.find(call.context, call.who().org, id));
        co_return http::json(200, to_json(found));
    }
    ACME_TRY(check_version(call.request));
    const Upload upload =
        ACME_TRY(co_await uploads.resume(call.context, caller_of(uploads, call), id));
    Response response{.status = 200, .content_type = ""};
    response.headers.emplace_back("Cache-Control", "no-store");
    tell(response, upload);
    if (upload.length) {
        response.headers.emplace_back("Upload-Length", std::to_string(*upload.length));
    } else {
        response.headers.emplace_back("Upload-Defer-Length", "1");
    }
    if (!upload.metadata.empty()) response.headers.emplace_back("Upload-Metadata", upload.metadata);
    co_return response;
}

Task<Result<Response>> append(Uploads& uploads, const Call& call) {
    const UploadId id = ACME_TRY(parse_upload_id(call.params[0]));
    ACME_TRY(check_version(call.request));
    Coming coming = ACME_TRY(read_coming(call.request));
    const Upload upload = ACME_TRY(co_await uploads.append(
        call.context, caller_of(uploads, call), id, std::move(coming), call.request.body
    ));
    Response response{.status = 204};
    tell(response, upload);
    co_return response;
}

Task<Result<Response>> remove(Uploads& uploads, const Call& call) {
    const UploadId id = ACME_TRY(parse_upload_id(call.params[0]));
    ACME_TRY(check_version(call.request));
    ACME_TRY(co_await uploads.remove(call.context, caller_of(uploads, call), id));
    co_return Response{.status = 204};
}

/// For who cannot send PATCH or DELETE. Source: tus 1.0.0, X-HTTP-Method-Override.
Task<Result<Response>> overridden(Uploads& uploads, const Call& call) {
    const std::string_view meant = call.request.header("X-HTTP-Method-Override");
    if (meant == "PATCH") co_return co_await append(uploads, call);
    if (meant == "DELETE") co_return co_await remove(uploads, call);
    co_return refuse(
        ErrorKind::invalid,
        "uploads.headers_invalid",
        "X-HTTP-Method-Override must be PATCH or DELETE."
    );
}

constexpr std::initializer_list<std::string_view> append_errors{
    "uploads.version",
    "uploads.headers_invalid",
    "uploads.not_found",
    "uploads.expired",
    "uploads.offset",
    "uploads.length_known",
    "uploads.superseded",
    "uploads.checksum_mismatch",
    "uploads.interrupted_too_often",
    "uploads.busy",
    "uploads.store_unavailable",
    "files.too_large",
    "files.quota_exceeded",
    "http.media_type",
    "http.body_cut_off",
};

void add_option_routes(http::Router& router, Uploads& uploads) {
    router.add({
        .method = Method::options,
        .pattern = "/v1/uploads",
        .access = Access::anyone(),
        .body_bytes_max = http::no_body,
        .doc =
            {.summary = "Tells what of tus is spoken, and how long a file may be.", .status = 204},
        .handler = [&](const Call& call) { return options(uploads, call, "POST, OPTIONS"); },
    });
    router.add({
        .method = Method::options,
        .pattern = "/v1/uploads/{id}",
        .access = Access::anyone(),
        .body_bytes_max = http::no_body,
        .doc =
            {.summary = "Tells the same of one upload, whether it is there or not.", .status = 204},
        .handler = [&](const Call& call
                   ) { return options(uploads, call, "GET, HEAD, PATCH, POST, DELETE, OPTIONS"); },
    });
}

http::Route create_route(Uploads& uploads, Idempotency& idempotency) {
    return {
        .method = Method::post,
        .pattern = "/v1/uploads",
        .access = Access::org(OrgRole::member),
        .body_bytes_max = any_length,
        .doc =
            {.summary = "Begins a resumable upload (tus 1.0); the first bytes may come with it.",
             .response = "Upload",
             .status = 201,
             .errors =
                 {"uploads.version",
                  "uploads.headers_invalid",
                  "files.too_large",
                  "files.quota_exceeded",
                  "idempotency.in_progress",
                  "idempotency.other_payload",
                  "idempotency.key_malformed"},
             .request_type = bytes_type,
             .takes_key = true},
        .handler = [&](const Call& call
                   ) { return spoken(call, create(uploads, idempotency, call)); },
        .time_max = files::upload_time_max,
    };
}

http::Route append_route(Uploads& uploads) {
    return {
        .method = Method::patch,
        .pattern = "/v1/uploads/{id}",
        .access = Access::org(OrgRole::member),
        .body_bytes_max = any_length,
        .doc =
            {.summary = "Goes on with a resumable upload at Upload-Offset (tus 1.0).",
             .status = 204,
             .errors = append_errors,
             .request_type = bytes_type},
        .handler = [&](const Call& call) { return spoken(call, append(uploads, call)); },
        .time_max = files::upload_time_max,
    };
}

http::Route override_route(Uploads& uploads) {
    http::Route route = append_route(uploads);
    route.method = Method::post;
    route.doc.summary = "Stands for PATCH or DELETE, as X-HTTP-Method-Override says (tus 1.0).";
    route.handler = [&](const Call& call) { return spoken(call, overridden(uploads, call)); };
    return route;
}

}  // namespace

void add_routes(http::Router& router, Uploads& uploads, Idempotency& idempotency) {
    router.add_schema(upload_schema);
    add_option_routes(router, uploads);
    router.add(create_route(uploads, idempotency));
    router.add({
        .method = Method::get,
        .pattern = "/v1/uploads/{id}",
        .access = Access::org(OrgRole::member),
        .body_bytes_max = http::no_body,
        .doc =
            {.summary = "Shows an upload; HEAD tells where to go on with it (tus 1.0).",
             .response = "Upload",
             .errors =
                 {"uploads.version",
                  "uploads.not_found",
                  "uploads.expired",
                  "uploads.busy",
                  "uploads.store_unavailable"}},
        .handler = [&](const Call& call) { return spoken(call, show(uploads, call)); },
    });
    router.add(append_route(uploads));
    router.add(override_route(uploads));
    router.add({
        .method = Method::del,
        .pattern = "/v1/uploads/{id}",
        .access = Access::org(OrgRole::member),
        .body_bytes_max = http::no_body,
        .doc =
            {.summary = "Gives an upload up; of one that is complete it deletes the file.",
             .status = 204,
             .errors = {"uploads.version", "uploads.not_found"}},
        .handler = [&](const Call& call) { return spoken(call, remove(uploads, call)); },
    });
}

}  // namespace acme::uploads
