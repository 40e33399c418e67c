// Source: OpenAPI Specification 3.1.0.
#include "io/http/openapi.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <memory>
#include <set>
#include <stdexcept>

namespace acme::http {
namespace {

namespace json = boost::json;

constexpr std::string_view problem_schema = R"({
  "type": "object",
  "required": ["type", "title", "status", "detail", "code", "request_id", "trace_id"],
  "properties": {
    "type": {
      "type": "string",
      "enum": ["about:blank", "https://iana.org/assignments/http-problem-types#quota-exceeded"]
    },
    "title": {"type": "string"},
    "status": {"type": "integer"},
    "detail": {"type": "string"},
    "instance": {"type": "string"},
    "code": {"type": "string", "pattern": "^[a-z_]+\\.[a-z_0-9]+$"},
    "request_id": {"type": "string"},
    "trace_id": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
    "errors": {
      "type": "array",
      "items": {
        "type": "object",
        "required": ["pointer", "code", "detail"],
        "properties": {
          "pointer": {"type": "string"},
          "code": {"type": "string"},
          "detail": {"type": "string"}
        }
      }
    },
    "violated-policies": {"type": "array", "items": {"type": "string"}},
    "mfa_token": {"type": "string"},
    "methods": {"type": "array", "items": {"type": "string"}}
  }
})";

struct Refusal {
    int status;
    std::string_view about;
    std::vector<std::string_view> codes;
};

std::string lower(std::string_view text) {
    std::string result(text);
    for (char& c : result) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    }
    return result;
}

bool is_json(std::string_view type) { return type.ends_with("json"); }

/// "get_v1_files_id_content": stable as long as the route is.
std::string operation_id(const TableRoute& route) {
    std::string id = lower(name_of(route.method));
    for (const char c : route.pattern) {
        const bool is_word = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
        if (is_word) {
            id += c;
        } else if (!id.ends_with('_')) {
            id += '_';
        }
    }
    while (id.ends_with('_')) id.pop_back();
    return id;
}

/// The room: "files" of "/v1/files/{id}".
std::string tag_of(const TableRoute& route) {
    if (route.segments.size() < 2) return "api";
    const std::string& room = route.segments[1];  // "jobs" of "jobs:batch", too
    return room.substr(0, room.find(':'));
}

std::string access_of(const Access& access) {
    if (!access.needs_identity()) return "anyone";
    if (access.org_role()) return "org:" + std::string(name_of(*access.org_role()));
    if (access.platform_role()) return "platform:" + std::string(name_of(*access.platform_role()));
    return "signed_in";
}

json::object parameter(
    std::string_view name, std::string_view in, bool is_required, std::string_view type = "string"
) {
    return {
        {"name", name},
        {"in", in},
        {"required", is_required},
        {"schema", json::object{{"type", type}}},
    };
}

json::array parameters_of(const TableRoute& route) {
    json::array list;
    for (const std::string& segment : route.segments) {
        if (!segment.starts_with('{')) continue;
        list.push_back(parameter(segment.substr(1, segment.find('}') - 1), "path", true));
    }
    for (const std::string_view name : route.doc.query) {
        list.push_back(parameter(name, "query", false, name == "limit" ? "integer" : "string"));
    }
    if (route.doc.takes_key) list.push_back(parameter("Idempotency-Key", "header", false));
    if (route.doc.needs_if_match) list.push_back(parameter("If-Match", "header", true));
    if (route.is_stream) list.push_back(parameter("Last-Event-ID", "header", false));
    return list;
}

/// What every route of this shape can answer, beside the codes of its room.
std::vector<Refusal> refusals_of(const TableRoute& route) {
    const bool takes_body = route.body_bytes_max > no_body;
    const bool takes_json = takes_body && is_json(route.doc.request_type);
    std::vector<Refusal> all;
    const auto add = [&](int status, std::string_view about, std::vector<std::string_view> codes) {
        all.push_back({status, about, std::move(codes)});
    };
    add(400, "The request is malformed.", {"http.malformed"});
    if (takes_body) all.back().codes.insert(all.back().codes.end(), {"http.body_malformed"});
    if (takes_json) all.back().codes.insert(all.back().codes.end(), {"http.not_json"});
    if (route.access.needs_identity()) {
        add(401,
            "Nobody is signed in.",
            {"access.signed_out", "keys.invalid_key", "tokens.invalid_token"});
        add(403,
            "The caller lacks the role, or the key its scope.",
            {"access.role_required", "keys.scope_required", "keys.not_for_keys"});
    }
    if (route.doc.takes_key) {
        add(409,
            "Another request with this Idempotency-Key is being answered.",
            {"idempotency.in_progress"});
    }
    if (route.doc.needs_if_match) {
        add(412, "It has changed meanwhile.", {"http.precondition_failed"});
    }
    add(413, "The body is too large.", {"http.body_too_large"});
    if (takes_json) {
        add(415, "The body is not JSON.", {"http.media_type"});
        add(422, "Fields of the body are not as expected.", {"http.fields_invalid"});
    }
    if (route.doc.needs_if_match) {
        add(428, "If-Match is missing.", {"http.precondition_required"});
    }
    if (route.is_metered) {
        add(429,
            "The quota of RateLimit-Policy is used up; Retry-After says until when.",
            {"limits.exceeded"});
    }
    add(500, "Something broke on our side.", {"http.fault"});
    add(503, "Too busy, or it took too long.", {"http.busy", "http.timeout"});
    return all;
}

json::object problem_response(std::string_view about, const std::vector<std::string_view>& codes) {
    json::object response{
        {"description", about},
        {"content",
         {{"application/problem+json", {{"schema", {{"$ref", "#/components/schemas/Problem"}}}}}}},
    };
    if (!codes.empty()) response["x-codes"] = json::array(codes.begin(), codes.end());
    return response;
}

json::object content_of(std::string_view type, std::string_view schema) {
    json::object media;
    if (!schema.empty()) {
        media["schema"] = json::object{{"$ref", "#/components/schemas/" + std::string(schema)}};
    } else if (!is_json(type)) {
        media["schema"] = json::object{{"type", "string"}};
    } else {
        media["schema"] = json::object{};
    }
    return json::object{{type.substr(0, type.find(';')), std::move(media)}};
}

/// A file as the body itself or as the one of a form, and how long it may be (ENV-8).
json::object upload_body(const Doc& doc) {
    const std::string most = std::to_string(doc.upload_bytes_max);
    const json::object file{
        {"type", "string"},
        {"contentMediaType", doc.request_type},
        {"description", "At most " + most + " bytes (MAX_UPLOAD_SIZE_MB)."},
    };
    json::object form{{"type", "object"}, {"required", json::array{"file"}}};
    form["properties"] = json::object{{"file", file}};
    return {
        {"required", true},
        {"description",
         "The file itself, or a form with one file; of more than " + most + " bytes it is refused."
        },
        {"x-max-bytes", doc.upload_bytes_max},
        {"content",
         {{doc.request_type, {{"schema", file}}}, {"multipart/form-data", {{"schema", form}}}}},
    };
}

json::object responses_of(const TableRoute& route) {
    const Doc& doc = route.doc;
    json::object success{{"description", doc.summary}};
    const bool has_body = doc.status != 204 && doc.status / 100 != 3;
    if (has_body) success["content"] = content_of(doc.response_type, doc.response);
    if (doc.upload_bytes_max > 0) {
        success["headers"] = json::object{
            {"Upload-Limit",
             {{"description", "max-size: the longest file that is taken, in bytes."},
              {"schema", {{"type", "string"}}}}}
        };
    }
    json::object responses;
    responses[std::to_string(doc.status)] = success;
    for (const int status : doc.also) {
        const bool is_empty = status == 204 || (status >= 300 && status < 400);
        json::object other{{"description", is_empty ? "No body." : "A part, or the same again."}};
        if (!is_empty) other["content"] = content_of(doc.response_type, doc.response);
        responses[std::to_string(status)] = std::move(other);
    }
    for (const Refusal& refusal : refusals_of(route)) {
        responses[std::to_string(refusal.status)] = problem_response(refusal.about, refusal.codes);
    }
    responses["default"] = problem_response("A refusal that is this route's own.", doc.errors);
    return responses;
}

/// Source: OpenAPI 3.1.0, Security Requirement Object: a scheme that is not OAuth's names roles.
json::array security_of(const TableRoute& route, const ScopeOf& scope_of) {
    if (!route.access.needs_identity()) return {};
    json::array security{json::object{{"session", json::array{}}}};
    const auto scope = scope_of ? scope_of(route) : std::nullopt;
    if (scope) security.push_back(json::object{{"key", json::array{*scope}}});
    return security;
}

json::object operation_of(const TableRoute& route, const ScopeOf& scope_of) {
    const Doc& doc = route.doc;
    json::object operation{
        {"operationId", operation_id(route)},
        {"summary", doc.summary},
        {"tags", json::array{tag_of(route)}},
        {"x-access", access_of(route.access)},
        {"security", security_of(route, scope_of)},
    };
    if (route.is_metered && route.weight > 1) {
        operation["description"] =
            "Counts as " + std::to_string(route.weight) + " requests against the quota.";
        operation["x-quota-weight"] = route.weight;
    }
    if (auto parameters = parameters_of(route); !parameters.empty()) {
        operation["parameters"] = std::move(parameters);
    }
    if (doc.upload_bytes_max > 0) {
        operation["requestBody"] = upload_body(doc);
    } else if (route.body_bytes_max > no_body) {
        json::object body{{"content", content_of(doc.request_type, doc.request)}};
        body["required"] = !doc.request.empty();
        operation["requestBody"] = std::move(body);
    }
    operation["responses"] = responses_of(route);
    return operation;
}

json::object schemas_of(const Router& router) {
    json::object schemas{{"Problem", json::parse(problem_schema)}};
    for (const Schema& schema : router.schemas()) {
        json::error_code error;
        auto value = json::parse(schema.json, error);
        if (error) throw std::logic_error("a schema that is no JSON: " + std::string(schema.name));
        schemas[schema.name] = std::move(value);
    }
    return schemas;
}

void expect_schema(const json::object& schemas, std::string_view name) {
    if (!name.empty() && !schemas.contains(name)) {
        throw std::logic_error("a schema that nobody added: " + std::string(name));
    }
}

struct Document {
    std::string release;
    ScopeOf scope_of;
    std::string text = "";
};

Task<Result<Response>> show(const Router& router, std::shared_ptr<Document> document) {
    if (document->text.empty()) {
        document->text = openapi(router, document->release, document->scope_of);
    }
    co_return Response{.body = document->text, .headers = {{"Cache-Control", "no-cache"}}};
}

}  // namespace

std::string openapi(const Router& router, std::string_view release, const ScopeOf& scope_of) {
    json::object schemas = schemas_of(router);
    json::object paths;
    std::set<std::string> tags;
    for (const TableRoute& route : router.routes()) {
        if (!route.pattern.starts_with("/v1/") || route.pattern == "/v1/openapi.json") continue;
        expect_schema(schemas, route.doc.request);
        expect_schema(schemas, route.doc.response);
        tags.insert(tag_of(route));
        auto& path = paths[route.pattern];
        if (path.is_null()) path.emplace_object();
        path.as_object()[lower(name_of(route.method))] = operation_of(route, scope_of);
    }
    json::array tag_list;
    for (const std::string& tag : tags) {
        tag_list.push_back(json::object{{"name", tag}, {"description", "The room " + tag + "."}});
    }
    const json::object document{
        {"openapi", "3.1.0"},
        {"info",
         {{"title", "Acme Platform"},
          {"version", release.empty() ? "unreleased" : release},
          {"description", "Made from the table of routes. Errors are RFC 9457 problems."},
          {"license", {{"name", "Proprietary"}, {"url", "/"}}}}},
        {"servers", json::array{json::object{{"url", "/"}}}},
        {"tags", std::move(tag_list)},
        {"paths", std::move(paths)},
        {"components",
         {{"schemas", std::move(schemas)},
          {"securitySchemes",
           {{"session", {{"type", "apiKey"}, {"in", "cookie"}, {"name", "__Host-acme_session"}}},
            {"key",
             {{"type", "http"},
              {"scheme", "bearer"},
              {"description",
               "An API key, \"ack_…\", or a service account's token, with the scope that is named."}
             }}}}}},
    };
    return json::serialize(document);
}

void add_openapi(Router& router, std::string release, ScopeOf scope_of) {
    auto document = std::make_shared<Document>(std::move(release), std::move(scope_of));
    router.add({
        .method = Method::get,
        .pattern = "/v1/openapi.json",
        .access = Access::anyone(),
        .body_bytes_max = no_body,
        .doc = {.summary = "Shows this API as OpenAPI 3.1."},
        .handler = [&router, document](const Call&) { return show(router, document); },
    });
}

}  // namespace acme::http
