// Parts that come to a node, because the store has no addresses of its own.
#include "base/text.hpp"
#include "platform/files/incoming.hpp"
#include "platform/uploads/direct_rows.hpp"

namespace acme::uploads {
namespace {

std::string signed_text(
    std::string_view org, std::string_view id, std::string_view number, std::string_view until
) {
    std::string text = "part";
    for (const std::string_view word : {org, id, number, until}) text.append("\n").append(word);
    return text;
}

std::int64_t seconds_of(WallTime time) {
    return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

/// Reads exactly `bytes` into the buffer.
Task<Result<>> fill(files::Buffer& buffer, http::Body& body, std::uint64_t bytes) {
    const auto wrong = [&] {
        return refuse(
            ErrorKind::invalid,
            "uploads.part_size",
            "This part has " + std::to_string(bytes) + " bytes."
        );
    };
    std::uint64_t read = 0;
    while (true) {
        std::string_view piece = ACME_TRY(co_await body.read());
        if (piece.empty()) break;
        read += piece.size();
        if (read > bytes) co_return wrong();
        buffer.fill(piece);
    }
    if (read != bytes) co_return wrong();
    co_return done;
}

}  // namespace

std::string Directs::address_of(const Direct& direct, int number) const {
    auto there = store_.part_address(
        direct.key, direct.store_id, number, direct.bytes_of(number), address_ttl
    );
    if (there) return *std::move(there);
    const std::string org = direct.org.str();
    const std::string id = direct.id.str();
    const std::string part = std::to_string(number);
    const std::string until = std::to_string(seconds_of(telemetry_.clock.now() + address_ttl));
    return base_url_ + "/v1/uploads/direct/" + id + "/parts/" + part + "?org=" + org +
           "&until=" + until + "&signature=" + signatures_.sign(signed_text(org, id, part, until));
}

Task<Result<std::string>> Directs::put_part(
    trace::Context context, PartAsked asked, http::Body& body
) {
    const auto org = OrgId::parse(asked.org);
    const auto id = UploadId::parse(asked.id);
    const auto number = parse_number<int>(asked.number);
    const auto until = parse_number<std::int64_t>(asked.until);
    const std::string text = signed_text(asked.org, asked.id, asked.number, asked.until);
    if (!org || !id || !number || !until || !signatures_.has_signed(text, asked.signature)) {
        co_return refuse(
            ErrorKind::not_found, "uploads.address_unknown", "This is no address of ours."
        );
    }
    if (*until <= seconds_of(telemetry_.clock.now())) {
        co_return refuse(
            ErrorKind::not_found,
            "uploads.address_ended",
            "This address has ended. Ask for a new one."
        );
    }
    const Direct direct = ACME_TRY(co_await find(context, *org, *id));
    ACME_TRY(expect_open(direct));
    files::Buffer buffer =
        ACME_TRY(co_await files_.buffers().take(files_.options().buffer_wait_max));
    ACME_TRY(co_await fill(buffer, body, direct.bytes_of(*number)));
    auto stored =
        co_await store_.put_part(context, direct.key, direct.store_id, *number, buffer.text());
    if (stored) co_return *std::move(stored);
    if (stored.error().kind == ErrorKind::not_found) co_return no_such_upload();
    co_return std::unexpected(files::store_unavailable());
}

}  // namespace acme::uploads
