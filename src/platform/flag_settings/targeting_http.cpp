// How a flag is answered in an environment: shown, set, switched, tried out.
#include "io/http/condition.hpp"
#include "platform/flag_settings/calls.hpp"

namespace acme::flag_settings {
namespace {

using http::Call;
using http::Fields;
using http::Response;

constexpr std::size_t subject_chars_max = 256;

constexpr std::string_view one = "/v1/admin/flags/{flag}/environments/{environment}";

Task<Result<Response>> to_response(Routes room, const Call& call, Placed placed) {
    const Names names = co_await names_of(
        room.settings.parts.accounts, call.context, {placed.flag.targeting.updated_by}
    );
    Response response = http::json(200, to_json(placed, names));
    response.headers.emplace_back("ETag", http::etag_of(placed.flag.targeting.version));
    co_return response;
}

Task<Result<Response>> show(Routes room, const Call& call) {
    Placed placed = ACME_TRY(
        co_await room.settings.targetings.find(call.context, call.params[0], call.params[1])
    );
    co_return co_await to_response(room, call, std::move(placed));
}

Task<Result<Response>> replace(Routes room, const Call& call) {
    const std::int64_t version = ACME_TRY(version_asked(call));
    Fields fields(ACME_TRY(co_await long_object(call, draft_bytes_max)));
    Draft draft = draft_in(fields);
    std::string reason = reason_in(fields);
    ACME_TRY(fields.finish());
    Placed placed = ACME_TRY(co_await room.settings.targetings.replace(
        call.context,
        editor_of(room, call, std::move(reason)),
        call.params[0],
        call.params[1],
        version,
        std::move(draft)
    ));
    co_return co_await to_response(room, call, std::move(placed));
}

Task<Result<Response>> kill(Routes room, const Call& call) {
    std::string reason = ACME_TRY(co_await reason_of(call));
    Placed placed = ACME_TRY(co_await room.settings.targetings.kill(
        call.context, editor_of(room, call, std::move(reason)), call.params[0], call.params[1]
    ));
    co_return co_await to_response(room, call, std::move(placed));
}

Task<Result<Response>> enable(Routes room, const Call& call) {
    std::string reason = ACME_TRY(co_await reason_of(call));
    Placed placed = ACME_TRY(co_await room.settings.targetings.enable(
        call.context, editor_of(room, call, std::move(reason)), call.params[0], call.params[1]
    ));
    co_return co_await to_response(room, call, std::move(placed));
}

/// The draft below "draft", which may be absent. What is wrong with it points into it.
Result<std::optional<Draft>> draft_below(Fields& fields) {
    const auto* value = fields.any("draft");
    if (value == nullptr || value->is_null()) return std::nullopt;
    if (!value->is_object()) {
        fields.complain("draft", "http.not_object", "must be an object");
        return std::nullopt;
    }
    Fields inner(value->get_object(), "/draft");
    Draft draft = draft_in(inner);
    reason_in(inner);
    if (auto finished = inner.finish(); !finished) {
        return std::unexpected(std::move(finished).error());
    }
    return draft;
}

void take_attribute(
    Fields& fields, std::string_view name, const boost::json::value& value, SubjectWords& subject
) {
    const bool fits = value.is_string() || value.is_bool() || value.is_int64() || value.is_double();
    if (!fits || subject.attributes.size() >= attributes_max) {
        fields.complain(
            "attributes", "flags.attribute", "must be texts, numbers and booleans, 50 at most"
        );
        return;
    }
    subject.attributes[name] = value;
}

Result<SubjectWords> subject_in(Fields& fields) {
    SubjectWords subject;
    const auto* value = fields.any("subject");
    if (value == nullptr || !value->is_object()) {
        fields.complain("subject", "http.not_object", "must be an object");
        return subject;
    }
    Fields inner(value->get_object(), "/subject");
    for (const char* const name : {"user_id", "org_id", "region", "device_id"}) {
        const auto text = inner.optional_text(name, {0, subject_chars_max});
        if (text && !text->empty()) subject.attributes[name] = *text;
    }
    if (const auto* more = inner.any("attributes"); more != nullptr && more->is_object()) {
        for (const auto& [name, each] : more->get_object()) {
            take_attribute(inner, name, each, subject);
        }
    }
    if (auto finished = inner.finish(); !finished) {
        return std::unexpected(std::move(finished).error());
    }
    return subject;
}

/// Of a draft that stands below "draft".
std::unexpected<Error> below_draft(Error error) {
    for (FieldError& field : error.fields) {
        if (!field.pointer.starts_with("/flags/")) field.pointer = "/draft" + field.pointer;
    }
    return std::unexpected(std::move(error));
}

Task<Result<Response>> preview(Routes room, const Call& call) {
    Fields fields(ACME_TRY(co_await long_object(call, draft_bytes_max)));
    auto draft = ACME_TRY(draft_below(fields));
    SubjectWords subject = ACME_TRY(subject_in(fields));
    ACME_TRY(fields.finish());
    auto previewed = co_await room.settings.preview.explain(
        call.context, call.params[0], call.params[1], std::move(draft), std::move(subject)
    );
    if (!previewed) co_return below_draft(std::move(previewed).error());
    co_return http::json(200, to_json(*previewed));
}

Task<Result<Response>> weigh(Routes room, const Call& call) {
    Fields fields(ACME_TRY(co_await long_object(call, draft_bytes_max)));
    auto draft = ACME_TRY(draft_below(fields));
    if (!draft) fields.complain("draft", "http.field_missing", "must be there");
    ACME_TRY(fields.finish());
    auto impact = co_await room.settings.preview.impact(
        call.context, call.params[0], call.params[1], std::move(draft).value()
    );
    if (!impact) co_return below_draft(std::move(impact).error());
    co_return http::json(200, to_json(*impact));
}

void add_setting(http::Router& router, Routes room) {
    router.add({
        .method = http::Method::get,
        .pattern = one,
        .access = to_read,
        .body_bytes_max = http::no_body,
        .doc =
            {.summary = "Shows how a flag is answered in an environment.",
             .response = "FlagTargeting",
             .errors = {"flags.not_found", "flags.environment_unknown"}},
        .handler = [room](const Call& call) { return show(room, call); },
    });
    router.add({
        .method = http::Method::put,
        .pattern = one,
        .access = to_change,
        .body_bytes_max = draft_bytes_max,
        .doc =
            {.summary = "Replaces how a flag is answered in an environment, and publishes it.",
             .request = "FlagDraft",
             .response = "FlagTargeting",
             .errors =
                 {"flags.not_found",
                  "flags.environment_unknown",
                  "flags.invalid",
                  "flags.too_large",
                  "flags.archived",
                  "flags.protected",
                  "flags.reason_required"},
             .needs_if_match = true},
        .handler = [room](const Call& call) { return replace(room, call); },
    });
}

void add_switching(http::Router& router, Routes room) {
    router.add({
        .method = http::Method::post,
        .pattern = "/v1/admin/flags/{flag}/environments/{environment}:kill",
        .access = to_change,
        .body_bytes_max = http::json_bytes_max,
        .doc =
            {.summary = "Switches a flag off at once, whatever others are changing of it.",
             .request = "FlagReason",
             .response = "FlagTargeting",
             .errors =
                 {"flags.not_found",
                  "flags.environment_unknown",
                  "flags.archived",
                  "flags.reason_required"}},
        .handler = [room](const Call& call) { return kill(room, call); },
    });
    router.add({
        .method = http::Method::post,
        .pattern = "/v1/admin/flags/{flag}/environments/{environment}:enable",
        .access = to_change,
        .body_bytes_max = http::json_bytes_max,
        .doc =
            {.summary = "Switches a flag on.",
             .request = "FlagReason",
             .response = "FlagTargeting",
             .errors =
                 {"flags.not_found",
                  "flags.environment_unknown",
                  "flags.archived",
                  "flags.protected",
                  "flags.reason_required"}},
        .handler = [room](const Call& call) { return enable(room, call); },
    });
}

void add_trying(http::Router& router, Routes room) {
    router.add({
        .method = http::Method::post,
        .pattern = "/v1/admin/flags/{flag}/environments/{environment}:preview",
        .access = to_read,
        .body_bytes_max = draft_bytes_max,
        .doc =
            {.summary = "Tells what somebody would be served and why: by a draft, and live.",
             .request = "FlagPreviewAsk",
             .response = "FlagPreview",
             .errors =
                 {"flags.not_found",
                  "flags.environment_unknown",
                  "flags.invalid",
                  "flags.too_large",
                  "flags.archived"}},
        .handler = [room](const Call& call) { return preview(room, call); },
        .weight = http::heavy_weight,
    });
    router.add({
        .method = http::Method::post,
        .pattern = "/v1/admin/flags/{flag}/environments/{environment}:impact",
        .access = to_read,
        .body_bytes_max = draft_bytes_max,
        .doc =
            {.summary = "Counts the accounts that a draft would serve something else.",
             .request = "FlagImpactAsk",
             .response = "FlagImpact",
             .errors =
                 {"flags.not_found",
                  "flags.environment_unknown",
                  "flags.invalid",
                  "flags.too_large",
                  "flags.archived"}},
        .handler = [room](const Call& call) { return weigh(room, call); },
        .weight = http::heavy_weight,
    });
}

}  // namespace

void add_targeting_routes(http::Router& router, Routes room) {
    add_setting(router, room);
    add_switching(router, room);
    add_trying(router, room);
}

}  // namespace acme::flag_settings
