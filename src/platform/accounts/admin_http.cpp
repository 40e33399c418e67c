// Users as administrators see them.
#include "io/http/client_address.hpp"
#include "io/http/condition.hpp"
#include "io/http/fields.hpp"
#include "io/http/json.hpp"
#include "io/http/page.hpp"
#include "io/http/time.hpp"
#include "platform/accounts/accounts_http.hpp"
#include "platform/accounts/email.hpp"
#include "platform/accounts/links.hpp"
#include "platform/accounts/passwords.hpp"
#include "platform/accounts/people.hpp"
#include "platform/accounts/rows.hpp"
#include "platform/idempotency/idempotency.hpp"

namespace acme::accounts {
namespace {

using http::Access;
using http::Call;
using http::Fields;
using http::Response;

constexpr std::size_t user_json_bytes_max = std::size_t{16} * 1024;
constexpr std::string_view scope = "users";

constexpr http::Schema user_schema{"User", R"({
  "type": "object",
  "required": ["id", "email", "name", "state", "platform_role", "created_at"],
  "properties": {
    "id": {"type": "string"},
    "email": {"type": "string"},
    "name": {"type": "string"},
    "state": {"type": "string", "enum": ["active", "disabled"]},
    "platform_role": {"type": ["string", "null"], "enum": ["viewer", "operator", "admin", null]},
    "created_at": {"type": "string", "format": "date-time"}
  }
})"};

constexpr http::Schema users_schema{"Users", R"({
  "type": "object",
  "required": ["data", "next_cursor"],
  "properties": {
    "data": {"type": "array", "items": {"$ref": "#/components/schemas/User"}},
    "next_cursor": {"type": ["string", "null"]}
  }
})"};

constexpr http::Schema new_user_schema{"NewUser", R"({
  "type": "object",
  "required": ["email", "name"],
  "additionalProperties": false,
  "properties": {
    "email": {"type": "string", "minLength": 1, "maxLength": 254},
    "name": {"type": "string", "minLength": 1, "maxLength": 120},
    "platform_role": {"type": ["string", "null"], "enum": ["viewer", "operator", "admin", null]},
    "password": {"type": ["string", "null"], "minLength": 10, "maxLength": 1024}
  }
})"};

constexpr http::Schema user_patch_schema{"UserPatch", R"({
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "state": {"type": "string", "enum": ["active", "disabled"]},
    "platform_role": {"type": ["string", "null"], "enum": ["viewer", "operator", "admin", null]}
  }
})"};

constexpr http::Schema link_schema{"SignInLink", R"({
  "type": "object",
  "required": ["url", "expires_at"],
  "properties": {
    "url": {"type": "string"},
    "expires_at": {"type": "string", "format": "date-time"}
  }
})"};

boost::json::object to_json(const User& user) {
    boost::json::object json{
        {"id", user.id.str()},
        {"email", user.email},
        {"name", user.name},
        {"state", name_of(user.state)},
        {"platform_role", nullptr},
        {"created_at", http::to_json(user.created_at)},
    };
    if (user.platform_role) json["platform_role"] = name_of(*user.platform_role);
    return json;
}

Response to_response(int status, const User& user) {
    Response response = http::json(status, to_json(user));
    response.headers.emplace_back("ETag", http::etag_of(user.version));
    return response;
}

audit::Actor actor_of(const Administration& room, const Call& call) {
    return {
        .name = call.who().user.str(),
        .org = std::nullopt,
        .ip = http::client_address(call.request, room.trusted_proxies),
    };
}

Result<UserId> user_id_in(const Call& call) {
    const auto id = UserId::parse(call.params[0]);
    if (!id) return no_such_user();
    return *id;
}

Task<Result<Response>> list(Administration& room, const Call& call) {
    const auto asked = ACME_TRY(http::page_asked(call.request, room.cursors, scope));
    const auto after = UserId::parse(asked.after);
    std::string part = call.request.query("q").value_or("").substr(0, part_bytes_max);
    const auto users =
        part.empty()
            ? co_await room.accounts.list(call.context, after, asked.limit + 1)
            : co_await people_with(room.db, call.context, std::move(part), after, asked.limit + 1);
    boost::json::array data;
    std::string next;
    for (const User& user : users) {
        if (std::ssize(data) == asked.limit) {
            next = room.cursors.sign(scope, users[data.size() - 1].id.str());
            break;
        }
        data.push_back(to_json(user));
    }
    co_return http::page(call.request, std::move(data), std::move(next));
}

struct Asked {
    NewUser user;
    std::optional<Secret> hash = {};  // of the password
    std::string payload = "";         // without the password, of which no quick hash may be kept
};

Task<Result<Asked>> read_new_user(Administration& room, const Call& call) {
    Fields fields(ACME_TRY(co_await http::json_object(call.request)));
    Asked asked{
        .user =
            {
                .email = fields.text("email", {1, email_bytes_max}),
                .name = fields.text("name", {1, name_chars_max}),
            },
    };
    NewUser& user = asked.user;
    const auto role = fields.optional_choice("platform_role", {"viewer", "operator", "admin"});
    auto password = fields.optional_text("password", {password_chars_min, password_bytes_max});
    ACME_TRY(fields.finish());
    if (role) user.platform_role = parse_platform_role(*role);
    asked.payload = user.email + "\n" + user.name + "\n" + role.value_or("");
    if (password) {
        Secret secret(*std::move(password));
        asked.hash = ACME_TRY(co_await room.passwords.hash_for(user, std::move(secret)));
    }
    co_return asked;
}

Task<Result<Response>> create(Administration& room, const Call& call) {
    Asked asked = ACME_TRY(co_await read_new_user(room, call));
    auto transaction = co_await room.accounts.begin(call.context);
    auto claim =
        ACME_TRY(co_await room.idempotency.claim(transaction, call, std::move(asked.payload)));
    if (claim.replay) co_return *std::move(claim.replay);
    auto made = asked.hash
                    ? co_await room.passwords.create(
                          transaction,
                          call.context,
                          actor_of(room, call),
                          std::move(asked.user),
                          *std::move(asked.hash)
                      )
                    : co_await room.accounts.create(
                          transaction, call.context, actor_of(room, call), std::move(asked.user)
                      );
    Response response = to_response(201, ACME_TRY(std::move(made)));
    co_await room.idempotency.keep(transaction, call, claim, response);
    co_await transaction.commit(call.context);
    co_return response;
}

Task<Result<Response>> show(Administration& room, const Call& call) {
    const UserId id = ACME_TRY(user_id_in(call));
    co_return to_response(200, ACME_TRY(co_await room.accounts.find(call.context, id)));
}

Task<Result<Response>> patch(Administration& room, const Call& call) {
    const UserId id = ACME_TRY(user_id_in(call));
    Fields fields(ACME_TRY(co_await http::json_object(call.request)));
    const bool names_role = fields.has("platform_role");
    const auto state = fields.optional_choice("state", {"active", "disabled"});
    const auto role = fields.optional_choice("platform_role", {"viewer", "operator", "admin"});
    ACME_TRY(fields.finish());
    const User user = ACME_TRY(co_await room.accounts.find(call.context, id));
    ACME_TRY(http::check_if_match(call.request, http::etag_of(user.version)));
    Change change;
    if (state) change.state = *state == "active" ? State::active : State::disabled;
    if (names_role) change.platform_role = parse_platform_role(role.value_or(""));
    co_return to_response(
        200,
        ACME_TRY(co_await room.accounts.administer(
            call.context, actor_of(room, call), id, user.version, change
        ))
    );
}

Task<Result<Response>> make_link(Administration& room, const Call& call) {
    const UserId id = ACME_TRY(user_id_in(call));
    ACME_TRY(co_await room.accounts.find(call.context, id));
    const auto link = co_await room.links.make(call.context, actor_of(room, call), id);
    Response response =
        http::json(201, {{"url", link.url}, {"expires_at", http::to_json(link.expires_at)}});
    response.headers.emplace_back("Cache-Control", "no-store");
    co_return response;
}

void add_changes(http::Router& router, Administration& room) {
    router.add({
        .method = http::Method::post,
        .pattern = "/v1/admin/users",
        .access = Access::platform(PlatformRole::admin),
        .body_bytes_max = user_json_bytes_max,
        .doc =
            {.summary = "Adds a user with an organization of their own.",
             .request = "NewUser",
             .response = "User",
             .status = 201,
             .errors =
                 {"accounts.invalid",
                  "accounts.email_taken",
                  "loop.busy",
                  "idempotency.key_malformed",
                  "idempotency.other_payload"},
             .takes_key = true},
        .handler = [&](const Call& call) { return create(room, call); },
    });
    router.add({
        .method = http::Method::patch,
        .pattern = "/v1/admin/users/{id}",
        .access = Access::platform(PlatformRole::admin),
        .body_bytes_max = user_json_bytes_max,
        .doc =
            {.summary = "Changes the state or the platform role of a user.",
             .request = "UserPatch",
             .response = "User",
             .errors =
                 {"accounts.not_found",
                  "accounts.last_administrator",
                  "http.precondition_required",
                  "http.precondition_failed"},
             .request_type = "application/merge-patch+json",
             .needs_if_match = true},
        .handler = [&](const Call& call) { return patch(room, call); },
    });
    router.add({
        .method = http::Method::post,
        .pattern = "/v1/admin/users/{id}/link",
        .access = Access::platform(PlatformRole::admin),
        .body_bytes_max = http::no_body,
        .doc =
            {.summary = "Makes a link that signs a user in once.",
             .response = "SignInLink",
             .status = 201,
             .errors = {"accounts.not_found"}},
        .handler = [&](const Call& call) { return make_link(room, call); },
    });
}

}  // namespace

void add_admin_routes(http::Router& router, Administration& room) {
    for (const auto& schema :
         {user_schema, users_schema, new_user_schema, user_patch_schema, link_schema}) {
        router.add_schema(schema);
    }
    router.add({
        .method = http::Method::get,
        .pattern = "/v1/admin/users",
        .access = Access::platform(PlatformRole::viewer),
        .body_bytes_max = http::no_body,
        .doc =
            {.summary = "Lists the users in the order in which they were added; with q those whose "
                        "name or address holds it.",
             .response = "Users",
             .query = {"q", "limit", "cursor"},
             .errors = {"http.page_limit", "http.cursor"}},
        .handler = [&](const Call& call) { return list(room, call); },
    });
    router.add({
        .method = http::Method::get,
        .pattern = "/v1/admin/users/{id}",
        .access = Access::platform(PlatformRole::viewer),
        .body_bytes_max = http::no_body,
        .doc = {.summary = "Shows a user.", .response = "User", .errors = {"accounts.not_found"}},
        .handler = [&](const Call& call) { return show(room, call); },
    });
    add_changes(router, room);
}

}  // namespace acme::accounts
