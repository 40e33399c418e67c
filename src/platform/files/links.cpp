#include "platform/files/links.hpp"

#include "base/bytes.hpp"
#include "base/hash.hpp"
#include "base/text.hpp"
#include "platform/audit/audit.hpp"

#include <algorithm>

namespace acme::files {
namespace {

std::string signed_text(FileId id, std::string_view org, std::string_view until) {
    return "file\n" + id.str() + '\n' + std::string(org) + '\n' + std::string(until);
}

std::int64_t seconds_of(WallTime time) {
    return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

}  // namespace

std::string Signatures::sign(std::string_view text) const {
    return to_base64url(hmac_sha256(keys_.front().reveal(), text));
}

bool Signatures::has_signed(std::string_view text, std::string_view signature) const {
    const auto mark = parse_base64url(signature);
    return mark && std::ranges::any_of(keys_, [&](const Secret& key) {
               return equals_in_constant_time(hmac_sha256(key.reveal(), text), *mark);
           });
}

Links::Links(Files& files, Telemetry& telemetry, std::vector<Secret> keys, std::string base_url)
    : files_(files),
      telemetry_(telemetry),
      signatures_(std::move(keys)),
      base_url_(std::move(base_url)) {}

Task<Result<Link>> Links::make(
    trace::Context context, Identity who, FileId id, std::chrono::seconds ttl, std::string ip
) {
    if (ttl < link_ttl_min || ttl > link_ttl_max) {
        co_return refuse(
            ErrorKind::invalid, "files.link_ttl", "A link lives for 60 to 604800 seconds."
        );
    }
    const File file = ACME_TRY(co_await files_.find(context, who.org, id));
    const auto until = std::chrono::floor<std::chrono::seconds>(telemetry_.clock.now() + ttl);
    auto transaction = co_await files_.begin(context);
    co_await audit::record(
        transaction,
        context,
        {.name = who.user.str(), .org = who.org, .ip = std::move(ip)},
        {.action = "files.link",
         .target = id.str(),
         .after = audit::json_of({{"name", file.name}, {"expires_at", to_rfc3339(until)}})}
    );
    co_await transaction.commit(context);
    const std::string org = who.org.str();
    const std::string end = std::to_string(seconds_of(until));
    co_return Link{
        .url = base_url_ + "/v1/files/" + id.str() + "/shared?org=" + org + "&until=" + end +
               "&signature=" + signatures_.sign(signed_text(id, org, end)),
        .expires_at = until,
    };
}

Result<OrgId> Links::check(const LinkAsked& asked) const {
    const auto org = OrgId::parse(asked.org);
    const auto until = parse_number<std::int64_t>(asked.until);
    const std::string text = signed_text(asked.id, asked.org, asked.until);
    if (!org || !until || !signatures_.has_signed(text, asked.signature)) {
        return refuse(ErrorKind::not_found, "files.link_unknown", "This is no link of ours.");
    }
    if (*until <= seconds_of(telemetry_.clock.now())) {
        return refuse(
            ErrorKind::not_found, "files.link_ended", "This link has ended. Ask for a new one."
        );
    }
    return *org;
}

}  // namespace acme::files
