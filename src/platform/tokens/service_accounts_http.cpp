// The service accounts of the organization of the session.
#include "platform/tokens/service_accounts_http.hpp"

#include "io/http/client_address.hpp"
#include "io/http/condition.hpp"
#include "io/http/fields.hpp"
#include "io/http/json.hpp"
#include "io/http/page.hpp"
#include "io/pg/database.hpp"
#include "platform/accounts/accounts.hpp"
#include "platform/idempotency/idempotency.hpp"
#include "platform/keys/scopes.hpp"
#include "platform/tokens/service_accounts_json.hpp"

namespace acme::tokens {
namespace {

using http::Access;
using http::Call;
using http::Fields;
using http::Response;

constexpr std::size_t account_json_bytes_max = std::size_t{16} * 1024;
constexpr std::size_t scopes_max = 32;

constexpr http::Schema accounts_schema{"ServiceAccounts", R"({
  "type": "object",
  "required": ["data", "next_cursor"],
  "properties": {
    "data": {"type": "array", "items": {"$ref": "#/components/schemas/ServiceAccount"}},
    "next_cursor": {"type": ["string", "null"]}
  }
})"};

constexpr http::Schema new_account_schema{"NewServiceAccount", R"({
  "type": "object",
  "required": ["name", "scopes"],
  "additionalProperties": false,
  "properties": {
    "name": {"type": "string", "minLength": 1, "maxLength": 120},
    "scopes": {"type": "array", "minItems": 1, "maxItems": 32, "items": {"type": "string"}},
    "org_role": {"type": ["string", "null"], "enum": ["member", "admin", null]}
  }
})"};

constexpr http::Schema account_patch_schema{"ServiceAccountPatch", R"({
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "name": {"type": "string", "minLength": 1, "maxLength": 120},
    "scopes": {"type": "array", "minItems": 1, "maxItems": 32, "items": {"type": "string"}},
    "org_role": {"type": "string", "enum": ["member", "admin"]},
    "state": {"type": "string", "enum": ["active", "disabled"]}
  }
})"};

Response to_response(int status, const ServiceAccount& account) {
    Response response = http::json(status, to_json(account));
    response.headers.emplace_back("ETag", http::etag_of(account.version));
    return response;
}

std::vector<std::string> scopes_in(Fields& fields) {
    std::vector<std::string> scopes;
    const boost::json::value* const value = fields.any("scopes");
    const auto* const array = value != nullptr ? value->if_array() : nullptr;
    if (array == nullptr || array->size() > scopes_max) {
        fields.complain("scopes", "keys.scope_unknown", "must be a list of at most 32 scopes");
        return scopes;
    }
    for (const auto& item : *array) {
        scopes.emplace_back(item.is_string() ? std::string(item.get_string()) : "");
    }
    return scopes;
}

OrgRole role_of(std::string_view text) {
    return text == "admin" ? OrgRole::admin : OrgRole::member;
}

Task<Result<Response>> list(Machines room, const Call& call) {
    ACME_TRY(check_org(call));
    const OrgId org = call.who().org;
    const std::string scope = "service_accounts " + org.str();
    const auto asked = ACME_TRY(http::page_asked(call.request, room.cursors, scope));
    const auto before = UserId::parse(asked.after);
    const auto found = co_await room.services.list(call.context, org, before, asked.limit + 1);
    boost::json::array data;
    std::string next;
    for (const ServiceAccount& account : found) {
        if (std::ssize(data) == asked.limit) {
            next = room.cursors.sign(scope, found[data.size() - 1].id.str());
            break;
        }
        data.push_back(to_json(account));
    }
    co_return http::page(call.request, std::move(data), std::move(next));
}

Task<Result<Response>> create(Machines room, const Call& call) {
    ACME_TRY(check_org(call));
    Fields fields(ACME_TRY(co_await http::json_object(call.request)));
    NewAccount wanted{
        .name = fields.text("name", {1, name_chars_max}), .scopes = scopes_in(fields)
    };
    wanted.org_role = role_of(fields.optional_choice("org_role", {"member", "admin"}).value_or(""));
    ACME_TRY(fields.finish());
    std::string payload = wanted.name + "\n" + keys::joined(wanted.scopes) + "\n";
    payload += name_of(wanted.org_role);
    auto transaction = co_await room.accounts.begin(call.context);
    auto claim = ACME_TRY(co_await room.idempotency.claim(transaction, call, std::move(payload)));
    if (claim.replay) co_return *std::move(claim.replay);
    const auto made = ACME_TRY(co_await room.services.create(
        transaction, call.context, actor_of(room, call), call.who().org, std::move(wanted)
    ));
    Response response = to_response(201, made);
    co_await room.idempotency.keep(transaction, call, claim, response);
    co_await transaction.commit(call.context);
    co_return response;
}

Task<Result<Response>> show(Machines room, const Call& call) {
    co_return to_response(200, ACME_TRY(co_await account_in(room, call)));
}

Task<Result<Response>> patch(Machines room, const Call& call) {
    const ServiceAccount account = ACME_TRY(co_await account_in(room, call));
    Fields fields(ACME_TRY(co_await http::json_object(call.request)));
    AccountChange change;
    if (fields.has("name")) change.name = fields.text("name", {1, name_chars_max});
    if (fields.has("scopes")) change.scopes = scopes_in(fields);
    const auto role = fields.optional_choice("org_role", {"member", "admin"});
    const auto state = fields.optional_choice("state", {"active", "disabled"});
    ACME_TRY(fields.finish());
    if (role) change.org_role = role_of(*role);
    if (state) change.is_disabled = *state == "disabled";
    ACME_TRY(http::check_if_match(call.request, http::etag_of(account.version)));
    ACME_TRY(check_may_change(call, account));
    co_return to_response(
        200,
        ACME_TRY(co_await room.services.change(
            call.context,
            actor_of(room, call),
            account.org,
            account.id,
            account.version,
            std::move(change)
        ))
    );
}

Task<Result<Response>> remove(Machines room, const Call& call) {
    const ServiceAccount account = ACME_TRY(co_await account_in(room, call));
    ACME_TRY(check_may_change(call, account));
    ACME_TRY(
        co_await room.services.remove(call.context, actor_of(room, call), account.org, account.id)
    );
    co_return Response{.status = 204};
}

void add_own(http::Router& router, Machines room) {
    router.add({
        .method = http::Method::get,
        .pattern = "/v1/orgs/{org}/service_accounts",
        .access = Access::org(OrgRole::admin),
        .body_bytes_max = http::no_body,
        .doc =
            {.summary = "Lists the organization's service accounts, newest first.",
             .response = "ServiceAccounts",
             .query = {"limit", "cursor"},
             .errors = {"organizations.not_found", "http.page_limit", "http.cursor"}},
        .handler = [room](const Call& call) { return list(room, call); },
    });
    router.add({
        .method = http::Method::post,
        .pattern = "/v1/orgs/{org}/service_accounts",
        .access = Access::org(OrgRole::admin),
        .body_bytes_max = account_json_bytes_max,
        .doc =
            {.summary = "Adds an account for a program. It has no secret and no key yet.",
             .request = "NewServiceAccount",
             .response = "ServiceAccount",
             .status = 201,
             .errors =
                 {"organizations.not_found",
                  "tokens.account_invalid",
                  "tokens.too_many_accounts",
                  "idempotency.key_malformed",
                  "idempotency.other_payload"},
             .takes_key = true},
        .handler = [room](const Call& call) { return create(room, call); },
    });
    router.add({
        .method = http::Method::get,
        .pattern = "/v1/orgs/{org}/service_accounts/{id}",
        .access = Access::org(OrgRole::admin),
        .body_bytes_max = http::no_body,
        .doc =
            {.summary = "Shows a service account.",
             .response = "ServiceAccount",
             .errors = {"organizations.not_found", "tokens.no_account"}},
        .handler = [room](const Call& call) { return show(room, call); },
    });
}

void add_changes(http::Router& router, Machines room) {
    router.add({
        .method = http::Method::patch,
        .pattern = "/v1/orgs/{org}/service_accounts/{id}",
        .access = Access::org(OrgRole::admin),
        .body_bytes_max = account_json_bytes_max,
        .doc =
            {.summary = "Changes a service account, disables it with all its tokens, enables it.",
             .request = "ServiceAccountPatch",
             .response = "ServiceAccount",
             .errors =
                 {"organizations.not_found",
                  "tokens.no_account",
                  "tokens.account_invalid",
                  "tokens.too_many_accounts",
                  "access.role_required",
                  "http.precondition_required",
                  "http.precondition_failed"},
             .request_type = "application/merge-patch+json",
             .needs_if_match = true},
        .handler = [room](const Call& call) { return patch(room, call); },
    });
    router.add({
        .method = http::Method::del,
        .pattern = "/v1/orgs/{org}/service_accounts/{id}",
        .access = Access::org(OrgRole::admin),
        .body_bytes_max = http::no_body,
        .doc =
            {.summary = "Removes a service account with its secrets, keys and tokens.",
             .status = 204,
             .errors = {"organizations.not_found", "tokens.no_account", "access.role_required"}},
        .handler = [room](const Call& call) { return remove(room, call); },
    });
}

}  // namespace

audit::Actor actor_of(const Machines& room, const Call& call) {
    return {
        .name = call.who().user.str(),
        .org = call.who().org,
        .ip = http::client_address(call.request, room.trusted_proxies),
    };
}

Result<> check_org(const Call& call) {
    if (OrgId::parse(call.params[0]) == call.who().org) return {};
    return refuse(
        ErrorKind::not_found,
        "organizations.not_found",
        "There is no such organization, or this session is in another one."
    );
}

Task<Result<ServiceAccount>> account_in(Machines room, const Call& call) {
    ACME_TRY(check_org(call));
    const auto id = UserId::parse(call.params[1]);
    if (!id) {
        co_return refuse(
            ErrorKind::not_found, "tokens.no_account", "There is no such service account."
        );
    }
    co_return co_await room.services.find(call.context, call.who().org, *id);
}

Result<> check_may_change(const Call& call, const ServiceAccount& account) {
    if (!account.platform_role || call.who().platform_role == PlatformRole::admin) return {};
    return refuse(
        ErrorKind::forbidden,
        "access.role_required",
        "This account has a role on the platform: only the platform's administrators change it."
    );
}

void add_service_account_routes(http::Router& router, Machines room) {
    for (const auto& schema :
         {http::Schema{"ServiceAccount", service_account_schema},
          accounts_schema,
          new_account_schema,
          account_patch_schema}) {
        router.add_schema(schema);
    }
    add_own(router, room);
    add_changes(router, room);
    add_service_account_key_routes(router, room);
}

}  // namespace acme::tokens
