#include "platform/uploads/direct_http.hpp"

#include "base/bytes.hpp"
#include "base/text.hpp"
#include "io/http/client_address.hpp"
#include "io/http/fields.hpp"
#include "io/http/json.hpp"
#include "platform/files/name.hpp"
#include "platform/files/sniff.hpp"
#include "platform/uploads/direct_rows.hpp"
#include "platform/uploads/direct_schemas.hpp"

#include <limits>

namespace acme::uploads {
namespace {

using http::Access;
using http::Call;
using http::Response;

constexpr std::size_t new_json_bytes_max = 8192;
constexpr std::string_view part_path = "/v1/uploads/direct/{id}/parts";

/// As long as it takes to send a part over a slow line, and to wait for a buffer.
constexpr std::chrono::minutes part_time_max{15};

Result<UploadId> id_in(const Call& call) {
    const auto id = UploadId::parse(call.params[0]);
    if (!id) return no_such_upload();
    return *id;
}

Result<NewDirect> wanted_in(boost::json::object body) {
    http::Fields fields(std::move(body));
    const std::string name = fields.text("name", {1, files::name_bytes_max});
    const std::int64_t size = fields.integer("size", {0, std::numeric_limits<std::int64_t>::max()});
    const std::string type = fields.optional_text("type", {0, 255}).value_or("");
    const auto sha256 = fields.optional_text("sha256", {64, 64});
    const bool is_hex = !sha256 || parse_hex(*sha256).has_value();
    if (!is_hex) fields.complain("sha256", "uploads.sha256", "must be 64 digits of hex");
    if (auto finished = fields.finish(); !finished) {
        return std::unexpected(std::move(finished).error());
    }
    auto checked = files::checked_name(name);
    if (!checked) return std::unexpected(std::move(checked).error());
    return NewDirect{
        .name = *std::move(checked),
        .declared_type = files::media_type_of(type),
        .bytes = static_cast<std::uint64_t>(size),
        .sha256 = sha256 ? std::optional(to_hex(*parse_hex(*sha256))) : std::nullopt,
    };
}

/// With the first page of addresses, which are signed anew each time.
Task<Result<Response>> show_begun(DirectRoutes room, const Call& call, UploadId id) {
    const OrgId org = call.who().org;
    const auto addresses = ACME_TRY(co_await room.directs.addresses(call.context, org, id, 1));
    auto body = to_json(ACME_TRY(co_await room.directs.find(call.context, org, id)));
    body["parts"] = to_json(addresses);
    Response response = http::json(201, body);
    response.headers.emplace_back("Location", "/v1/uploads/direct/" + id.str());
    response.headers.emplace_back("Cache-Control", "no-store");
    co_return response;
}

/// What is kept of it for the same key is the id alone: addresses are a right to write.
Task<Result<Response>> begin(DirectRoutes room, const Call& call) {
    auto body = ACME_TRY(co_await http::json_object(call.request));
    std::string payload = boost::json::serialize(body);
    NewDirect wanted = ACME_TRY(wanted_in(std::move(body)));
    auto transaction = co_await room.directs.start(call.context);
    auto claim = ACME_TRY(co_await room.idempotency.claim(transaction, call, std::move(payload)));
    if (claim.replay) {
        const auto id = UploadId::parse(claim.replay->body);
        if (!id) co_return no_such_upload();
        Response again = ACME_TRY(co_await show_begun(room, call, *id));
        again.headers.emplace_back("Idempotency-Replayed", "true");
        co_return again;
    }
    const UploadId id = ACME_TRY(
        co_await room.directs.begin(transaction, call.context, call.who(), std::move(wanted))
    );
    co_await room.idempotency.keep(
        transaction, call, claim, Response{.status = 201, .body = id.str()}
    );
    co_await transaction.commit(call.context);
    co_return co_await show_begun(room, call, id);
}

Task<Result<Response>> show(DirectRoutes room, const Call& call) {
    const UploadId id = ACME_TRY(id_in(call));
    co_return http::json(
        200, to_json(ACME_TRY(co_await room.directs.find(call.context, call.who().org, id)))
    );
}

Task<Result<Response>> parts(DirectRoutes room, const Call& call) {
    const UploadId id = ACME_TRY(id_in(call));
    const auto from = parse_number<int>(call.request.query("from").value_or("1"));
    const OrgId org = call.who().org;
    const Direct direct = ACME_TRY(co_await room.directs.find(call.context, org, id));
    if (!from || *from < 1 || *from > std::max(direct.parts(), 1)) {
        co_return refuse(
            ErrorKind::invalid,
            "uploads.from",
            "Parts are counted from 1 to " + std::to_string(direct.parts()) + "."
        );
    }
    const auto found = ACME_TRY(co_await room.directs.addresses(call.context, org, id, *from));
    boost::json::value next;
    if (*from + addresses_max <= direct.parts()) next = *from + addresses_max;
    Response response = http::json(200, {{"data", to_json(found)}, {"next_from", next}});
    response.headers.emplace_back("Cache-Control", "no-store");
    co_return response;
}

Task<Result<Response>> put(DirectRoutes room, const Call& call) {
    const auto value = [&](std::string_view name) { return call.request.query(name).value_or(""); };
    PartAsked asked{
        .id = call.params[0],
        .number = call.params[1],
        .org = value("org"),
        .until = value("until"),
        .signature = value("signature"),
    };
    std::string etag =
        ACME_TRY(co_await room.directs.put_part(call.context, std::move(asked), call.request.body));
    Response response{.status = 204};
    response.headers.emplace_back("ETag", '"' + std::move(etag) + '"');
    co_return response;
}

/// All of them, in their order; nullopt: the store is to be asked. Errors: http.fields_invalid.
Result<std::optional<std::vector<objects::Part>>> parts_in(boost::json::object body) {
    http::Fields fields(std::move(body));
    std::vector<objects::Part> all;
    const boost::json::value* const value = fields.any("parts");
    if (value == nullptr || value->is_null()) {
        if (auto finished = fields.finish(); !finished) {
            return std::unexpected(std::move(finished).error());
        }
        return std::nullopt;
    }
    const auto* const array = value->if_array();
    bool is_sound = array != nullptr;
    for (std::size_t i = 0; is_sound && i < array->size(); ++i) {
        const auto* const part = array->at(i).if_object();
        const auto* const n = part != nullptr ? part->if_contains("n") : nullptr;
        const auto* const etag = part != nullptr ? part->if_contains("etag") : nullptr;
        is_sound = n != nullptr && etag != nullptr && etag->is_string() && part->size() == 2 &&
                   *n == static_cast<std::int64_t>(i + 1) && !etag->get_string().empty() &&
                   etag->get_string().size() <= etag_bytes_max;
        if (is_sound) all.push_back({static_cast<int>(i + 1), std::string(etag->get_string())});
    }
    if (!is_sound) {
        fields.complain(
            "parts",
            "uploads.parts",
            "must be a list of all parts, {n, etag}, counted from 1, or absent"
        );
    }
    if (auto finished = fields.finish(); !finished) {
        return std::unexpected(std::move(finished).error());
    }
    return all;
}

Task<Result<Response>> complete(DirectRoutes room, const Call& call) {
    const UploadId id = ACME_TRY(id_in(call));
    ACME_TRY(co_await room.directs.find(call.context, call.who().org, id));
    auto body = ACME_TRY(co_await http::json_object(call.request));
    auto all = ACME_TRY(parts_in(std::move(body)));
    co_return http::json(
        202,
        to_json(ACME_TRY(
            co_await room.directs.complete(call.context, call.who().org, id, std::move(all))
        ))
    );
}

Task<Result<Response>> remove(DirectRoutes room, const Call& call) {
    const UploadId id = ACME_TRY(id_in(call));
    const OrgId org = call.who().org;
    audit::Actor actor{
        .name = call.who().user.str(),
        .org = org,
        .ip = http::client_address(call.request, room.trusted_proxies),
    };
    ACME_TRY(co_await room.directs.remove(call.context, std::move(actor), org, id));
    co_return Response{.status = 204};
}

void add_own(http::Router& router, DirectRoutes room) {
    router.add({
        .method = http::Method::post,
        .pattern = "/v1/files/direct",
        .access = Access::org(OrgRole::member),
        .body_bytes_max = new_json_bytes_max,
        .doc =
            {.summary = "Begins an upload whose parts go straight into object storage.",
             .request = "NewDirectUpload",
             .response = "DirectUpload",
             .status = 201,
             .errors =
                 {"files.too_large",
                  "files.name_invalid",
                  "files.quota_exceeded",
                  "uploads.store_unavailable",
                  "idempotency.in_progress",
                  "idempotency.other_payload",
                  "idempotency.key_malformed"},
             .takes_key = true},
        .handler = [room](const Call& call) { return begin(room, call); },
    });
    router.add({
        .method = http::Method::get,
        .pattern = "/v1/uploads/direct/{id}",
        .access = Access::signed_in(),
        .body_bytes_max = http::no_body,
        .doc =
            {.summary = "Shows how far a direct upload is, and why it failed.",
             .response = "DirectUpload",
             .errors = {"uploads.not_found"}},
        .handler = [room](const Call& call) { return show(room, call); },
    });
    router.add({
        .method = http::Method::post,
        .pattern = "/v1/uploads/direct/{id}:complete",
        .access = Access::org(OrgRole::member),
        .body_bytes_max = http::json_bytes_max,
        .doc =
            {.summary = "Makes one object of the parts, which is a file when it has been checked.",
             .request = "DirectCompletion",
             .response = "DirectUpload",
             .status = 202,
             .errors =
                 {"uploads.not_found",
                  "uploads.not_open",
                  "uploads.parts_mismatch",
                  "uploads.size_mismatch",
                  "uploads.store_unavailable"}},
        .handler = [room](const Call& call) { return complete(room, call); },
    });
    router.add({
        .method = http::Method::del,
        .pattern = "/v1/uploads/direct/{id}",
        .access = Access::org(OrgRole::member),
        .body_bytes_max = http::no_body,
        .doc =
            {.summary = "Gives a direct upload up, with what was sent of it.",
             .status = 204,
             .errors = {"uploads.not_found"}},
        .handler = [room](const Call& call) { return remove(room, call); },
    });
}

void add_parts(http::Router& router, DirectRoutes room) {
    router.add({
        .method = http::Method::get,
        .pattern = part_path,
        .access = Access::org(OrgRole::member),
        .body_bytes_max = http::no_body,
        .doc =
            {.summary = "Signs fresh addresses for 20 parts, from one on.",
             .response = "DirectParts",
             .query = {"from"},
             .errors =
                 {"uploads.not_found",
                  "uploads.not_open",
                  "uploads.from",
                  "uploads.store_unavailable"}},
        .handler = [room](const Call& call) { return parts(room, call); },
    });
    router.add({
        .method = http::Method::put,
        .pattern = "/v1/uploads/direct/{id}/parts/{n}",
        .access = Access::anyone(),
        .body_bytes_max = objects::part_bytes,
        .doc =
            {.summary = "Takes one part by its address, where object storage has no own ones.",
             .status = 204,
             .query = {"org", "until", "signature"},
             .errors =
                 {"uploads.address_unknown",
                  "uploads.address_ended",
                  "uploads.part_size",
                  "uploads.not_found",
                  "uploads.not_open",
                  "uploads.busy",
                  "uploads.store_unavailable"},
             .request_type = "application/octet-stream"},
        .handler = [room](const Call& call) { return put(room, call); },
        .time_max = part_time_max,
        .is_metered = false,
    });
}

}  // namespace

void add_direct_routes(http::Router& router, DirectRoutes room) {
    add_direct_schemas(router);
    add_own(router, room);
    add_parts(router, room);
}

}  // namespace acme::uploads
