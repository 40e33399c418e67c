#include "platform/uploads/direct.hpp"

#include "base/text.hpp"
#include "platform/files/incoming.hpp"
#include "platform/uploads/direct_jobs.hpp"
#include "platform/uploads/direct_rows.hpp"

#include <algorithm>
#include <ranges>

namespace acme::uploads {
namespace {

constexpr pg::Query insert_direct{"uploads.direct_insert", R"sql(
    INSERT INTO uploads
        (id, org_id, owner_id, file_id, protocol, state, name, declared_type, length, part_bytes,
         key, declared_sha256, created_at, updated_at, expires_at)
    VALUES ($1, $2, $3, $4, 'direct', 'open', $5, $6, $7, $8, $9, $10, $11, $11, $12)
)sql"};

constexpr pg::Query select_direct{"uploads.direct_find", R"sql(
    SELECT id, file_id, owner_id, state, assembled_at, reason, name, declared_type, declared_sha256,
           length, part_bytes, key, store_id, expires_at
    FROM uploads WHERE org_id = $1 AND id = $2 AND protocol = 'direct'
)sql"};

// Whoever comes second finds it done.
constexpr pg::Query set_store_id{"uploads.direct_store_id", R"sql(
    UPDATE uploads SET store_id = $3
    WHERE org_id = $1 AND id = $2 AND state = 'open' AND store_id IS NULL
    RETURNING id
)sql"};

constexpr pg::Query slide{"uploads.direct_slide", R"sql(
    UPDATE uploads SET updated_at = $3, expires_at = $4
    WHERE org_id = $1 AND id = $2 AND state = 'open' AND assembled_at IS NULL AND expires_at > $3
)sql"};

constexpr pg::Query set_assembled{"uploads.direct_assembled", R"sql(
    UPDATE uploads SET assembled_at = $3, updated_at = $3, expires_at = $4
    WHERE org_id = $1 AND id = $2 AND state = 'open' AND assembled_at IS NULL AND expires_at > $3
    RETURNING id
)sql"};

constexpr pg::Query end_direct{"uploads.direct_end", R"sql(
    UPDATE uploads SET state = 'ended', reason = $4, updated_at = $3, ended_at = $3
    WHERE org_id = $1 AND id = $2 AND state = 'open'
    RETURNING id
)sql"};

Stage stage_of(std::string_view state, bool is_assembled) {
    if (state == "ready") return Stage::ready;
    if (state == "open") return is_assembled ? Stage::checking : Stage::open;
    return Stage::failed;
}

/// As many bytes in each part as it takes to have no more of them than a store takes.
std::uint64_t part_bytes_of(std::uint64_t bytes, bool has_addresses) {
    constexpr std::uint64_t mib = 1024 * 1024;
    const std::uint64_t least = (bytes + objects::parts_max - 1) / objects::parts_max;
    if (!has_addresses) return objects::part_bytes;  // which fill a node's buffer
    return std::max<std::uint64_t>(objects::part_bytes, (least + mib - 1) / mib * mib);
}

}  // namespace

int Direct::parts() const { return static_cast<int>((bytes + part_bytes - 1) / part_bytes); }

std::uint64_t Direct::bytes_of(int number) const {
    const std::uint64_t before = static_cast<std::uint64_t>(number - 1) * part_bytes;
    return std::min(part_bytes, bytes - before);
}

std::unexpected<Error> no_such_upload() {
    return refuse(ErrorKind::not_found, "uploads.not_found", "There is no such upload.");
}

audit::Actor owner_of(const Direct& direct) {
    return {.name = direct.owner.str(), .org = direct.org};
}

Result<> expect_open(const Direct& direct) {
    if (direct.stage == Stage::open) return {};
    return refuse(
        ErrorKind::conflict, "uploads.not_open", "This upload is complete, or has ended."
    );
}

Directs::Directs(
    pg::Database& db,
    objects::Store& store,
    files::Files& files,
    Telemetry& telemetry,
    std::vector<Secret> keys,
    std::string base_url
)
    : db_(db),
      store_(store),
      files_(files),
      telemetry_(telemetry),
      signatures_(std::move(keys)),
      base_url_(std::move(base_url)) {}

Task<Result<UploadId>> Directs::begin(
    pg::Transaction& transaction, trace::Context context, Identity who, NewDirect wanted
) {
    const std::uint64_t most = files_.options().bytes_max;
    if (wanted.bytes > most) co_return files::too_large(most);
    const WallTime now = telemetry_.clock.now();
    const UploadId id = UploadId::make(now, telemetry_.random);
    const files::Begun begun = ACME_TRY(co_await files_.begin_upload(
        transaction,
        context,
        who,
        {.name = wanted.name, .declared_type = wanted.declared_type},
        wanted.bytes,
        files::Files::held_open
    ));
    co_await transaction.run(
        context,
        insert_direct,
        id,
        who.org,
        who.user,
        begun.id,
        wanted.name,
        wanted.declared_type,
        wanted.bytes,
        part_bytes_of(wanted.bytes, store_.has_addresses()),
        begun.key,
        wanted.sha256,
        now,
        now + direct_ttl
    );
    co_return id;
}

Task<Result<Direct>> Directs::find(trace::Context context, OrgId org, UploadId id) {
    const auto rows = co_await db_.run(context, select_direct, org, id);
    if (rows.empty()) co_return no_such_upload();
    pg::Row row = rows[0];
    Direct direct;
    direct.org = org;
    direct.id = row.id<UploadId>();
    direct.file = row.id<FileId>();
    direct.owner = row.id<UserId>();
    const std::string state = row.text();
    direct.stage = stage_of(state, row.time_or_null().has_value());
    direct.reason = row.text_or_null().value_or("");
    direct.name = row.text();
    direct.declared_type = row.text();
    direct.declared_sha256 = row.text_or_null();
    direct.bytes = static_cast<std::uint64_t>(row.integer());
    direct.part_bytes = static_cast<std::uint64_t>(row.integer());
    direct.key = row.text();
    direct.store_id = row.text_or_null().value_or("");
    direct.expires_at = row.time();
    const bool is_late = direct.expires_at <= telemetry_.clock.now();
    if (direct.stage == Stage::open && is_late) direct.stage = Stage::failed;
    if (direct.stage == Stage::failed && direct.reason.empty()) direct.reason = "uploads.expired";
    co_return direct;
}

/// Begun in the store when the first address is wanted: its row is there before it.
Task<Result<Direct>> Directs::open(trace::Context context, OrgId org, UploadId id) {
    Direct direct = ACME_TRY(co_await find(context, org, id));
    ACME_TRY(expect_open(direct));
    if (!direct.store_id.empty() || direct.bytes == 0) co_return direct;
    const auto begun = co_await store_.begin(context, direct.key, direct.declared_type);
    if (!begun) co_return std::unexpected(files::store_unavailable());
    const auto rows = co_await db_.run(context, set_store_id, org, id, *begun);
    if (!rows.empty()) {
        direct.store_id = *begun;
        co_return direct;
    }
    co_await store_.abort(context, direct.key, *begun);
    direct = ACME_TRY(co_await find(context, org, id));
    ACME_TRY(expect_open(direct));
    co_return direct;
}

Task<Result<std::vector<PartAddress>>> Directs::addresses(
    trace::Context context, OrgId org, UploadId id, int from
) {
    const Direct direct = ACME_TRY(co_await open(context, org, id));
    const WallTime now = telemetry_.clock.now();
    co_await db_.run(context, slide, org, id, now, now + direct_ttl);
    std::vector<PartAddress> all;
    const int last = std::min(direct.parts(), from - 1 + addresses_max);
    for (int number = from; number <= last; ++number) {
        all.push_back({number, direct.bytes_of(number), address_of(direct, number)});
    }
    co_return all;
}

Task<Result<>> Directs::put_nothing(trace::Context context, const Direct& direct) {
    const auto writer = co_await store_.write(context, direct.key, direct.declared_type);
    if (!writer) co_return std::unexpected(files::store_unavailable());
    const auto stored = co_await (*writer)->finish(context, "");
    if (!stored) co_return std::unexpected(files::store_unavailable());
    co_return done;
}

std::unexpected<Error> parts_mismatch(std::string message) {
    return refuse(ErrorKind::conflict, "uploads.parts_mismatch", std::move(message));
}

/// Errors: uploads.parts_mismatch, which names those that are missing or of another length;
/// uploads.not_found, when the store has forgotten the upload.
Task<Result<std::vector<objects::Part>>> Directs::stored_parts(
    trace::Context context, const Direct& direct
) {
    const auto stored = co_await store_.parts(context, direct.key, direct.store_id);
    if (!stored && stored.error().kind == ErrorKind::not_found) co_return no_such_upload();
    if (!stored) co_return std::unexpected(files::store_unavailable());
    std::vector<objects::Part> parts;
    std::vector<int> missing;
    auto next = stored->begin();
    for (int number = 1; number <= direct.parts(); ++number) {
        while (next != stored->end() && next->part.number < number) ++next;
        const bool is_there = next != stored->end() && next->part.number == number &&
                              next->bytes == direct.bytes_of(number);
        if (is_there) parts.push_back(next->part);
        if (!is_there) missing.push_back(number);
    }
    if (missing.empty()) co_return parts;
    std::string numbers;
    for (const int number : missing | std::views::take(parts_named_max)) {
        numbers.append(numbers.empty() ? "" : ", ").append(std::to_string(number));
    }
    if (missing.size() > parts_named_max) numbers += " and more";
    co_return parts_mismatch("Missing, or of another length, are the parts " + numbers + ".");
}

Task<Result<>> Directs::assemble(
    trace::Context context, const Direct& direct, std::vector<objects::Part> parts
) {
    const auto made = co_await store_.complete(
        context, direct.key, direct.store_id, std::move(parts), direct.bytes
    );
    if (made) co_return done;
    if (made.error().kind == ErrorKind::conflict) {
        co_return parts_mismatch(
            "Object storage does not have these parts. Send again what is missing."
        );
    }
    if (made.error().kind == ErrorKind::not_found) co_return no_such_upload();
    co_return std::unexpected(files::store_unavailable());
}

/// Of an upload that the store has forgotten: whether it has made the object before.
Task<Result<>> Directs::expect_made(trace::Context context, const Direct& direct) {
    const auto stored = co_await store_.stat(context, direct.key);
    if (stored) co_return done;
    if (stored.error().kind == ErrorKind::not_found) co_return no_such_upload();
    co_return std::unexpected(files::store_unavailable());
}

Task<Result<>> Directs::make(
    trace::Context context, const Direct& direct, std::optional<std::vector<objects::Part>> parts
) {
    const bool is_whole = !parts || std::ssize(*parts) == direct.parts();
    const bool is_begun = direct.bytes == 0 || !direct.store_id.empty();
    if (!is_whole || !is_begun) {
        co_return parts_mismatch("This upload has " + std::to_string(direct.parts()) + " parts.");
    }
    if (direct.bytes == 0) co_return co_await put_nothing(context, direct);
    if (parts) {
        // The header has quotes around it, which S3 takes with the rest.
        if (!store_.has_addresses()) {
            for (objects::Part& part : *parts) std::erase(part.etag, '"');
        }
        co_return co_await assemble(context, direct, *std::move(parts));
    }
    auto stored = co_await stored_parts(context, direct);
    if (stored) co_return co_await assemble(context, direct, *std::move(stored));
    if (stored.error().kind != ErrorKind::not_found) {
        co_return std::unexpected(std::move(stored).error());
    }
    co_return co_await expect_made(context, direct);
}

Task<Result<Direct>> Directs::complete(
    trace::Context context, OrgId org, UploadId id, std::optional<std::vector<objects::Part>> parts
) {
    Direct direct = ACME_TRY(co_await find(context, org, id));
    if (direct.stage == Stage::checking || direct.stage == Stage::ready) co_return direct;
    ACME_TRY(expect_open(direct));
    ACME_TRY(co_await make(context, direct, std::move(parts)));
    const auto stored = co_await store_.stat(context, direct.key);
    if (!stored) co_return std::unexpected(files::store_unavailable());
    if (stored->bytes != direct.bytes) {
        co_await fail(context, direct, owner_of(direct), size_mismatch);
        co_return refuse(
            ErrorKind::conflict, size_mismatch, "Other lengths were sent than were announced."
        );
    }
    const WallTime now = telemetry_.clock.now();
    auto transaction = co_await db_.begin(context);
    const auto rows =
        co_await transaction.run(context, set_assembled, org, id, now, now + direct_ttl);
    if (!rows.empty()) {
        co_await enqueue_check(transaction, context, telemetry_.clock, org, id);
        co_await transaction.commit(context);
    }
    co_return co_await find(context, org, id);
}

/// Its object goes at once where that can be; otherwise the sweep takes it.
Task<> Directs::fail(
    trace::Context context, const Direct& direct, audit::Actor actor, ErrorCode reason
) {
    auto transaction = co_await db_.begin(context);
    const WallTime now = telemetry_.clock.now();
    const auto rows =
        co_await transaction.run(context, end_direct, direct.org, direct.id, now, reason.text());
    if (rows.empty()) co_return;
    co_await files_.abandon(transaction, context, direct.org, direct.file);
    audit::Entry entry{
        .action = "uploads.end",
        .target = direct.id.str(),
        .after = audit::json_of({{"name", direct.name}, {"reason", reason.text()}}),
    };
    co_await audit::record(transaction, context, std::move(actor), std::move(entry));
    co_await transaction.commit(context);
    if (!direct.store_id.empty()) co_await store_.abort(context, direct.key, direct.store_id);
    co_await store_.remove(context, direct.key);
}

Task<Result<>> Directs::remove(trace::Context context, audit::Actor actor, OrgId org, UploadId id) {
    const Direct direct = ACME_TRY(co_await find(context, org, id));
    co_await fail(context, direct, std::move(actor), "uploads.removed");
    co_return done;
}

}  // namespace acme::uploads
