// What was assembled out of sight is read back before it is a file.
#include "base/bytes.hpp"
#include "base/hash.hpp"
#include "platform/files/incoming.hpp"
#include "platform/files/sniff.hpp"
#include "platform/uploads/direct_rows.hpp"

namespace acme::uploads {
namespace {

constexpr pg::Query set_direct_ready{"uploads.direct_ready", R"sql(
    UPDATE uploads SET state = 'ready', sha256 = $4, updated_at = $3, ended_at = $3
    WHERE org_id = $1 AND id = $2 AND state = 'open' AND assembled_at IS NOT NULL
    RETURNING id
)sql"};

}  // namespace

Task<Result<files::Received>> Directs::read_back(trace::Context context, const Direct& direct) {
    auto opened = co_await store_.read(context, direct.key, std::nullopt);
    if (!opened) co_return std::unexpected(files::store_unavailable());
    const auto reader = *std::move(opened);
    Sha256 sha256;
    std::string first;
    std::uint64_t bytes = 0;
    for (auto piece = co_await reader->read(); !piece.empty(); piece = co_await reader->read()) {
        sha256.add(piece);
        bytes += piece.size();
        first.append(piece.substr(0, files::sniffed_bytes - first.size()));
    }
    co_return files::Received{
        .id = direct.file,
        .content_type = files::stored_type(first, direct.declared_type),
        .bytes = bytes,
        .sha256 = to_hex(sha256.finish()),
    };
}

Task<Result<>> Directs::check(trace::Context context, OrgId org, UploadId id) {
    const auto found = co_await find(context, org, id);
    if (!found || found->stage != Stage::checking) co_return done;
    const Direct& direct = *found;
    const files::Received received = ACME_TRY(co_await read_back(context, direct));
    const bool is_other = direct.declared_sha256.value_or(received.sha256) != received.sha256;
    if (received.bytes != direct.bytes || is_other) {
        co_await fail(
            context, direct, owner_of(direct), is_other ? checksum_mismatch : size_mismatch
        );
        co_return done;
    }
    auto transaction = co_await db_.begin(context);
    const auto rows = co_await transaction.run(
        context, set_direct_ready, org, id, telemetry_.clock.now(), received.sha256
    );
    if (rows.empty()) co_return done;
    const Identity owner{.user = direct.owner, .org = org};
    ACME_TRY(co_await files_.make_ready(transaction, context, owner, received, ""));
    co_await transaction.commit(context);
    co_return done;
}

}  // namespace acme::uploads
