#include "platform/files/files.hpp"

#include "platform/audit/audit.hpp"
#include "platform/events/events.hpp"
#include "platform/files/files_jobs.hpp"
#include "platform/files/files_json.hpp"
#include "platform/files/incoming.hpp"
#include "platform/happenings/happenings.hpp"

#include <boost/json/serialize.hpp>
#include <prometheus/gauge.h>

namespace acme::files {
namespace {

// "expires_at > $6": the sweeper may be at work on what has expired.
constexpr pg::Query set_ready{"files.set_ready", R"sql(
    WITH begun AS (
        SELECT reserved FROM files
        WHERE org_id = $1 AND id = $2 AND state = 'uploading' AND expires_at > $6 FOR UPDATE
    ), booked AS (
        UPDATE org_usage
        SET bytes_used = bytes_used + $4, bytes_reserved = greatest(0, bytes_reserved - reserved)
        FROM begun WHERE org_id = $1
    )
    UPDATE files
    SET state = 'ready', content_type = $3, bytes = $4, sha256 = $5, ready_at = $6, reserved = 0
    FROM begun
    WHERE org_id = $1 AND id = $2 AND state = 'uploading'
    RETURNING id, name, content_type, bytes, sha256, ready_at
)sql"};

constexpr pg::Query list_first{"files.list", R"sql(
    SELECT id, name, content_type, bytes, sha256, ready_at FROM files
    WHERE org_id = $1 AND state = 'ready' ORDER BY ready_at DESC, id DESC LIMIT $2
)sql"};

constexpr pg::Query list_after{"files.list_after", R"sql(
    SELECT id, name, content_type, bytes, sha256, ready_at FROM files
    WHERE org_id = $1 AND state = 'ready' AND (ready_at, id) < ($3, $4)
    ORDER BY ready_at DESC, id DESC LIMIT $2
)sql"};

constexpr pg::Query list_all{"files.list_newest", R"sql(
    SELECT id, name, content_type, bytes, sha256, ready_at FROM files
    WHERE ($1::uuid IS NULL OR org_id = $1) AND state = 'ready'
    ORDER BY ready_at DESC, id DESC LIMIT $2
)sql"};

constexpr pg::Query find_file{"files.find", R"sql(
    SELECT id, name, content_type, bytes, sha256, ready_at FROM files
    WHERE org_id = $1 AND id = $2 AND state = 'ready'
)sql"};

constexpr pg::Query find_key{"files.find_key", R"sql(
    SELECT key FROM files WHERE org_id = $1 AND id = $2 AND state = 'ready'
)sql"};

constexpr pg::Query rename_file{"files.rename", R"sql(
    UPDATE files SET name = $4
    WHERE org_id = $1 AND id = $2 AND state = 'ready' AND name = $3
    RETURNING id, name, content_type, bytes, sha256, ready_at
)sql"};

constexpr pg::Query delete_file{"files.remove", R"sql(
    WITH gone AS (
        SELECT bytes AS freed FROM files WHERE org_id = $1 AND id = $2 AND state = 'ready' FOR UPDATE
    ), booked AS (
        UPDATE org_usage SET bytes_used = greatest(0, bytes_used - freed) FROM gone
        WHERE org_id = $1
    )
    UPDATE files SET state = 'deleted', deleted_at = $3 FROM gone
    WHERE org_id = $1 AND id = $2 AND state = 'ready'
    RETURNING id, name, content_type, bytes, sha256, ready_at
)sql"};

constexpr pg::Query was_deleted{"files.was_deleted", R"sql(
    SELECT 1 FROM files WHERE org_id = $1 AND id = $2 AND state = 'deleted'
)sql"};

std::unexpected<Error> not_found() {
    return refuse(ErrorKind::not_found, "files.not_found", "There is no such file.");
}

// Braces evaluate from left to right, in the order of the SELECT list.
File read_file(pg::Row row) {
    return {
        .id = row.id<FileId>(),
        .name = row.text(),
        .content_type = row.text(),
        .bytes = static_cast<std::uint64_t>(row.integer()),
        .sha256 = row.text(),
        .created_at = row.time(),
    };
}

std::vector<File> read_files(const pg::Rows& rows) {
    std::vector<File> files;
    files.reserve(static_cast<std::size_t>(rows.size()));
    for (int i = 0; i < rows.size(); ++i) files.push_back(read_file(rows[i]));
    return files;
}

audit::Actor actor_of(const Identity& who, std::string ip) {
    return {.name = who.user.str(), .org = who.org, .ip = std::move(ip)};
}

/// Counts what is under way, also when it is cancelled.
class Counted {
public:
    explicit Counted(prometheus::Gauge& gauge) : gauge_(gauge) { gauge_.Increment(); }
    ~Counted() { gauge_.Decrement(); }
    Counted(const Counted&) = delete;
    Counted& operator=(const Counted&) = delete;

private:
    prometheus::Gauge& gauge_;
};

}  // namespace

Files::Files(pg::Database& db, objects::Store& store, Telemetry& telemetry, Options options)
    : db_(db),
      store_(store),
      telemetry_(telemetry),
      options_(options),
      buffers_(options.buffers, telemetry),
      active_(telemetry.metrics.gauge("upload_active", "Uploads under way.")) {}

Task<Result<Received>> Files::receive(
    trace::Context context, Identity who, Draft draft, http::Body& body
) {
    const Counted counted(active_);
    Buffer buffer = ACME_TRY(co_await buffers_.take(options_.buffer_wait_max));
    const WallTime end = telemetry_.clock.now() + upload_time_max + upload_grace;
    const std::uint64_t most = draft.announced.value_or(options_.bytes_max);
    auto transaction = co_await db_.begin(context);
    const Begun begun =
        ACME_TRY(co_await begin_upload(transaction, context, who, draft, most, end));
    co_await transaction.commit(context);
    Incoming incoming(
        store_, buffer, begun.key, std::move(draft.declared_type), options_.bytes_max
    );
    Result<Received> received = co_await receive_into(context, incoming, begun.id, body);
    if (!received) co_await abandon(context, who, begun.id);
    co_return received;
}

Task<Result<Received>> Files::receive_into(
    trace::Context context, Incoming& incoming, FileId id, http::Body& body
) {
    while (true) {
        const std::string_view piece = ACME_TRY(co_await body.read());
        if (piece.empty()) break;
        ACME_TRY(co_await incoming.take(context, piece));
    }
    Received received;
    received.id = id;
    ACME_TRY(co_await incoming.finish(context, received));
    co_return received;
}

Task<Result<File>> Files::make_ready(
    pg::Transaction& transaction,
    trace::Context context,
    Identity who,
    Received received,
    std::string ip
) {
    const auto rows = co_await transaction.run(
        context,
        set_ready,
        who.org,
        received.id,
        received.content_type,
        received.bytes,
        received.sha256,
        telemetry_.clock.now()
    );
    if (rows.empty()) {
        co_return refuse(
            ErrorKind::conflict, "files.upload_expired", "The upload took too long. Send it again."
        );
    }
    File file = read_file(rows[0]);
    const std::string json = boost::json::serialize(to_json(file));
    co_await audit::record(
        transaction,
        context,
        actor_of(who, std::move(ip)),
        {.action = "files.create", .target = file.id.str(), .after = json}
    );
    co_await events::publish(
        transaction,
        context,
        {.topic = "files", .id = file.id.str(), .verb = "created", .org = who.org, .data = json}
    );
    co_await happenings::tell(
        transaction, context, telemetry_, {"file.ready", who.org, file.id.str(), json}
    );
    co_return file;
}

Task<std::vector<File>> Files::list(
    trace::Context context, OrgId org, std::optional<Place> after, int limit
) {
    if (!after) co_return read_files(co_await db_.run(context, list_first, org, limit));
    co_return read_files(
        co_await db_.run(context, list_after, org, limit, after->created_at, after->id)
    );
}

Task<std::vector<File>> Files::list_newest(
    trace::Context context, std::optional<OrgId> org, int limit
) {
    co_return read_files(co_await db_.run(context, list_all, org, limit));
}

Task<Result<File>> Files::find(trace::Context context, OrgId org, FileId id) {
    const auto rows = co_await db_.run(context, find_file, org, id);
    if (rows.empty()) co_return not_found();
    co_return read_file(rows[0]);
}

Task<Result<File>> Files::rename(
    trace::Context context, Identity who, File file, std::string name, std::string ip
) {
    if (name == file.name) co_return file;
    auto transaction = co_await db_.begin(context);
    const auto rows =
        co_await transaction.run(context, rename_file, who.org, file.id, file.name, name);
    if (rows.empty()) {
        ACME_TRY(co_await find(context, who.org, file.id));
        co_return refuse(
            ErrorKind::conflict,
            "http.precondition_failed",
            "It has changed meanwhile. Read it again and repeat the change."
        );
    }
    File renamed = read_file(rows[0]);
    co_await audit::record(
        transaction,
        context,
        actor_of(who, std::move(ip)),
        {.action = "files.rename",
         .target = file.id.str(),
         .before = audit::json_of({{"name", file.name}}),
         .after = audit::json_of({{"name", renamed.name}})}
    );
    co_await events::publish(
        transaction,
        context,
        {.topic = "files",
         .id = file.id.str(),
         .verb = "updated",
         .org = who.org,
         .data = boost::json::serialize(to_json(renamed))}
    );
    co_await transaction.commit(context);
    co_return renamed;
}

Task<Result<std::unique_ptr<objects::Reader>>> Files::open(
    trace::Context context, OrgId org, FileId id, std::optional<objects::Range> range
) {
    const auto rows = co_await db_.run(context, find_key, org, id);
    if (rows.empty()) co_return not_found();
    auto reader = co_await store_.read(context, rows[0].text(), range);
    if (reader) co_return *std::move(reader);
    if (reader.error().kind == ErrorKind::not_found) {
        throw objects::Fault("the object of " + id.str() + " is missing");
    }
    co_return std::unexpected(store_unavailable());
}

Task<Result<>> Files::remove(trace::Context context, Identity who, FileId id, std::string ip) {
    auto transaction = co_await db_.begin(context);
    const auto rows =
        co_await transaction.run(context, delete_file, who.org, id, telemetry_.clock.now());
    if (rows.empty()) {
        const auto before = co_await transaction.run(context, was_deleted, who.org, id);
        if (before.empty()) co_return not_found();
        co_return done;
    }
    const std::string json = boost::json::serialize(to_json(read_file(rows[0])));
    co_await audit::record(
        transaction,
        context,
        actor_of(who, std::move(ip)),
        {.action = "files.delete", .target = id.str(), .before = json}
    );
    co_await events::publish(
        transaction, context, {.topic = "files", .id = id.str(), .verb = "deleted", .org = who.org}
    );
    co_await happenings::tell(
        transaction, context, telemetry_, {"file.deleted", who.org, id.str(), json}
    );
    co_await enqueue_remove_object(transaction, context, telemetry_.clock, id);
    co_await transaction.commit(context);
    co_return done;
}

Result<FileId> parse_file_id(std::string_view text) {
    const auto id = FileId::parse(text);
    if (!id) return not_found();
    return *id;
}

std::unexpected<Error> too_large(std::uint64_t bytes_max) {
    return refuse(
        ErrorKind::too_large,
        "files.too_large",
        "A file has at most " + std::to_string(bytes_max) + " bytes."
    );
}

}  // namespace acme::files
