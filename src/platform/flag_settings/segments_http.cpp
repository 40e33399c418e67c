// Groups of users and organizations.
#include "io/http/condition.hpp"
#include "io/http/page.hpp"
#include "platform/flag_settings/calls.hpp"

#include <boost/json/serialize.hpp>

namespace acme::flag_settings {
namespace {

using http::Call;
using http::Fields;
using http::Response;

constexpr std::size_t batch_bytes_max = std::size_t{8} * 1024 * 1024;
constexpr std::chrono::minutes upload_time_max{10};

Task<Result<Response>> to_response(Routes room, const Call& call, int status, Segment segment) {
    const Uses uses = co_await room.settings.segments.uses(call.context);
    const auto used_by = uses.find(segment.key);
    Response response = http::json(
        status,
        to_json(segment, used_by == uses.end() ? std::vector<std::string>() : used_by->second)
    );
    response.headers.emplace_back("ETag", http::etag_of(segment.version));
    co_return response;
}

Task<Result<Response>> list(Routes room, const Call& call) {
    const Uses uses = co_await room.settings.segments.uses(call.context);
    boost::json::array data;
    for (const Segment& each : co_await room.settings.segments.list(call.context)) {
        const auto used_by = uses.find(each.key);
        data.push_back(
            to_json(each, used_by == uses.end() ? std::vector<std::string>() : used_by->second)
        );
    }
    co_return http::json(200, boost::json::object{{"data", std::move(data)}});
}

Task<Result<Response>> show(Routes room, const Call& call) {
    Segment segment = ACME_TRY(co_await room.settings.segments.find(call.context, call.params[0]));
    co_return co_await to_response(room, call, 200, std::move(segment));
}

Task<Result<Response>> put(Routes room, const Call& call) {
    const auto before = co_await room.settings.segments.find(call.context, call.params[0]);
    Fields fields(ACME_TRY(co_await http::json_object(call.request)));
    Segment wanted{
        .key = call.params[0],
        .name = fields.text("name", {1, name_chars_max}),
        .description = fields.optional_text("description", {0, description_chars_max}).value_or(""),
    };
    const auto* conditions = fields.any("if");
    if (conditions != nullptr && conditions->is_array()) {
        wanted.conditions = boost::json::serialize(*conditions);
    } else if (conditions != nullptr && !conditions->is_null()) {
        fields.complain("if", "flags.type", "must be a list of clauses");
    }
    ACME_TRY(fields.finish());
    std::optional<std::int64_t> version;
    if (before || !call.request.header("If-Match").empty()) {
        ACME_TRY(http::check_if_match(
            call.request, before ? http::etag_of(before->version) : std::string("\"\"")
        ));
        version = before->version;
    }
    Segment segment = ACME_TRY(co_await room.settings.segments.put(
        call.context, editor_of(room, call), std::move(wanted), version
    ));
    co_return co_await to_response(room, call, before ? 200 : 201, std::move(segment));
}

Task<Result<Response>> remove(Routes room, const Call& call) {
    ACME_TRY(
        co_await room.settings.segments.remove(call.context, editor_of(room, call), call.params[0])
    );
    co_return Response{.status = 204};
}

std::vector<Member> members_in(Fields& fields, std::string_view key) {
    std::vector<Member> members;
    const auto* list = fields.any(key);
    if (list == nullptr || list->is_null()) return members;
    if (!list->is_array() || list->get_array().size() > batch_max) {
        fields.complain(key, "flags.too_many", "must be a list of 10000 members at most");
        return members;
    }
    for (const auto& each : list->get_array()) {
        const auto* object = each.if_object();
        const auto* kind = object == nullptr ? nullptr : object->if_contains("kind");
        const auto* id = object == nullptr ? nullptr : object->if_contains("id");
        const bool is_kind = kind != nullptr && (*kind == "user" || *kind == "org");
        if (!is_kind || id == nullptr || !id->is_string()) {
            fields.complain(
                key, "flags.member", R"(must have each a kind, user or org, and an id)"
            );
            return members;
        }
        members.push_back({std::string(kind->get_string()), std::string(id->get_string())});
    }
    return members;
}

Task<Result<Response>> change_members(Routes room, const Call& call) {
    Fields fields(ACME_TRY(co_await long_object(call, batch_bytes_max)));
    Batch batch{.add = members_in(fields, "add"), .remove = members_in(fields, "remove")};
    ACME_TRY(fields.finish());
    Segment segment = ACME_TRY(co_await room.settings.segments.change_members(
        call.context, editor_of(room, call), call.params[0], std::move(batch)
    ));
    co_return co_await to_response(room, call, 200, std::move(segment));
}

Task<Result<Response>> upload(Routes room, const Call& call) {
    const std::string kind = call.request.query("kind").value_or("user");
    if (kind != "user" && kind != "org") {
        co_return refuse(ErrorKind::invalid, "flags.member_kind", "kind must be user or org.");
    }
    if (!call.request.header("Content-Type").starts_with("text/plain")) {
        co_return refuse(
            ErrorKind::invalid, "http.media_type", "Send text/plain: one id a line, in UTF-8."
        );
    }
    Segment segment = ACME_TRY(co_await room.settings.segments.upload(
        call.context, editor_of(room, call), call.params[0], kind, call.request.body
    ));
    co_return co_await to_response(room, call, 200, std::move(segment));
}

Task<Result<Response>> list_members(Routes room, const Call& call) {
    const Segment segment =
        ACME_TRY(co_await room.settings.segments.find(call.context, call.params[0]));
    const std::string scope = "segment members " + segment.key;
    const auto asked = ACME_TRY(http::page_asked(call.request, room.cursors, scope));
    const auto blank = std::min(asked.after.find(' '), asked.after.size());
    Member after{.kind = asked.after.substr(0, blank), .id = ""};
    if (blank < asked.after.size()) after.id = asked.after.substr(blank + 1);
    auto members = co_await room.settings.segments.members(
        call.context, segment.key, std::move(after), asked.limit + 1
    );
    std::string next;
    if (std::ssize(members) > asked.limit) {
        members.pop_back();
        next = room.cursors.sign(scope, members.back().kind + " " + members.back().id);
    }
    boost::json::array data;
    for (const Member& each : members) {
        data.push_back(boost::json::object{{"kind", each.kind}, {"id", each.id}});
    }
    co_return http::page(call.request, std::move(data), std::move(next));
}

void add_segments(http::Router& router, Routes room) {
    router.add({
        .method = http::Method::get,
        .pattern = "/v1/admin/segments",
        .access = to_read,
        .body_bytes_max = http::no_body,
        .doc =
            {.summary = "Lists the segments by key, each with the flags that name it.",
             .response = "FlagSegments"},
        .handler = [room](const Call& call) { return list(room, call); },
        .weight = http::heavy_weight,
    });
    router.add({
        .method = http::Method::get,
        .pattern = "/v1/admin/segments/{segment}",
        .access = to_read,
        .body_bytes_max = http::no_body,
        .doc =
            {.summary = "Shows a segment.",
             .response = "FlagSegment",
             .errors = {"flags.segment_unknown"}},
        .handler = [room](const Call& call) { return show(room, call); },
    });
    router.add({
        .method = http::Method::put,
        .pattern = "/v1/admin/segments/{segment}",
        .access = to_change,
        .body_bytes_max = http::json_bytes_max,
        .doc =
            {.summary = "Makes a segment, or replaces its name and conditions, which takes "
                        "If-Match with its version.",
             .request = "NewFlagSegment",
             .response = "FlagSegment",
             .errors =
                 {"flags.invalid",
                  "flags.protected",
                  "flags.too_large",
                  "http.precondition_required",
                  "http.precondition_failed"},
             .also = {201}},
        .handler = [room](const Call& call) { return put(room, call); },
    });
    router.add({
        .method = http::Method::del,
        .pattern = "/v1/admin/segments/{segment}",
        .access = to_change,
        .body_bytes_max = http::no_body,
        .doc =
            {.summary = "Deletes a segment that no rule names.",
             .status = 204,
             .errors = {"flags.segment_unknown", "flags.segment_in_use"}},
        .handler = [room](const Call& call) { return remove(room, call); },
    });
}

void add_members(http::Router& router, Routes room) {
    router.add({
        .method = http::Method::get,
        .pattern = "/v1/admin/segments/{segment}/members",
        .access = to_read,
        .body_bytes_max = http::no_body,
        .doc =
            {.summary = "Lists the members of a segment.",
             .response = "FlagSegmentMembers",
             .query = {"limit", "cursor"},
             .errors = {"flags.segment_unknown", "http.page_limit", "http.cursor"}},
        .handler = [room](const Call& call) { return list_members(room, call); },
    });
    router.add({
        .method = http::Method::post,
        .pattern = "/v1/admin/segments/{segment}/members:batch",
        .access = to_change,
        .body_bytes_max = batch_bytes_max,
        .doc =
            {.summary = "Adds and removes members, up to 10,000 of each in a call.",
             .request = "FlagSegmentBatch",
             .response = "FlagSegment",
             .errors =
                 {"flags.segment_unknown", "flags.invalid", "flags.too_many", "flags.protected"}},
        .handler = [room](const Call& call) { return change_members(room, call); },
        .weight = http::heavy_weight,
    });
    router.add({
        .method = http::Method::put,
        .pattern = "/v1/admin/segments/{segment}/members",
        .access = to_change,
        .body_bytes_max = upload_bytes_max,
        .doc =
            {.summary = "Replaces all users, or organizations, of a segment by those of a text, "
                        "one id a line.",
             .response = "FlagSegment",
             .query = {"kind"},
             .errors =
                 {"flags.segment_unknown",
                  "flags.member_kind",
                  "flags.invalid",
                  "flags.too_many",
                  "flags.too_large",
                  "flags.protected"},
             .request_type = "text/plain"},
        .handler = [room](const Call& call) { return upload(room, call); },
        .time_max = upload_time_max,
        .weight = http::heavy_weight,
    });
}

}  // namespace

void add_segment_routes(http::Router& router, Routes room) {
    add_segments(router, room);
    add_members(router, room);
}

}  // namespace acme::flag_settings
