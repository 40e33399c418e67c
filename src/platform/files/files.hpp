#pragma once

/// Uploaded files. The room owns the table `files` and the objects whose keys begin with "org_".
///
/// A file belongs to one organization and is seen by nobody else. It is uploading, then ready, then
/// deleted; only what is ready is shown.

#include "base/clock.hpp"
#include "base/identity.hpp"
#include "base/ids.hpp"
#include "base/networks.hpp"
#include "base/result.hpp"
#include "base/task.hpp"
#include "io/http/body.hpp"
#include "io/objects/store.hpp"
#include "io/pg/database.hpp"
#include "platform/files/buffers.hpp"

#include <optional>
#include <string>
#include <vector>

namespace acme::files {

/// How long an upload may take; what is not ready a little later never becomes so.
inline constexpr std::chrono::minutes upload_time_max{60};
inline constexpr std::chrono::minutes upload_grace{5};

struct Options {
    std::uint64_t bytes_max = std::uint64_t{50} * 1024 * 1024;  // MAX_UPLOAD_SIZE_MB, as MiB
    std::size_t buffers = 32;  // UPLOAD_BUFFERS, this thread's share
    std::chrono::milliseconds buffer_wait_max{10'000};
    std::optional<std::uint64_t> bytes_of_org_max = std::nullopt;  // ACME_ORG_STORAGE_MB, as MiB
    Networks trusted_proxies = {};                                 // see http::client_address()
};

struct File {
    FileId id;
    std::string name;
    std::string content_type;  // what its first bytes say, see sniff.hpp
    std::uint64_t bytes = 0;
    std::string sha256;  // hex
    WallTime created_at;
};

/// What the uploader says of a file. The name is a checked_name(), the type a media_type_of().
struct Draft {
    std::string name;
    std::string declared_type;
    std::optional<std::uint64_t> announced = std::nullopt;  // at most so many bytes
};

/// An upload that has its row, and room for its bytes.
struct Begun {
    FileId id;
    std::string key;  // of the object that it becomes
};

/// What an organization's files take, and what its uploads may still take.
struct Usage {
    std::uint64_t bytes_used = 0;
    std::uint64_t bytes_reserved = 0;
    std::uint64_t files = 0;
    std::optional<std::uint64_t> bytes_max = std::nullopt;  // of both together; none: no limit
};

/// All bytes are stored; make_ready() makes a file of it.
struct Received {
    FileId id;
    std::string content_type;
    std::uint64_t bytes = 0;
    std::string sha256;
};

/// Where a page ends: files are listed by time and id.
struct Place {
    WallTime created_at;
    FileId id;
};

class Incoming;

/// Every function throws pg::Fault when the database is out of reach.
class Files {
public:
    /// Everything outlives it.
    Files(pg::Database& db, objects::Store& store, Telemetry& telemetry, Options options);

    const Options& options() const { return options_; }

    /// The memory of every upload of this thread, by whichever way it comes.
    Buffers& buffers() { return buffers_; }

    /// Reads `body` to its end into object storage. Memory: one buffer. Errors: uploads.busy,
    /// uploads.store_unavailable (unavailable), files.too_large (too_large), files.quota_exceeded
    /// (conflict), those of the body.
    Task<Result<Received>> receive(
        trace::Context context, Identity who, Draft draft, http::Body& body
    );

    Task<pg::Transaction> begin(trace::Context context) { return db_.begin(context); }

    /// The beginning of an upload, and room for its bytes. It becomes a file by make_ready() before
    /// `expires_at`, or the sweep removes it and its object. Errors: files.quota_exceeded
    /// (conflict).
    Task<Result<Begun>> begin_upload(
        pg::Transaction& transaction,
        trace::Context context,
        Identity who,
        Draft draft,
        std::uint64_t bytes,
        WallTime expires_at
    );

    /// The `expires_at` of uploads that come in parts, whose room ends each by abandon().
    static constexpr WallTime held_open = std::chrono::sys_days(std::chrono::year(9999) / 12 / 31);

    /// Room for so many bytes in place of what an upload has. Errors: files.quota_exceeded
    /// (conflict), also for an upload that is over.
    Task<Result<>> reserve(
        pg::Transaction& transaction,
        trace::Context context,
        OrgId org,
        FileId id,
        std::uint64_t bytes
    );

    /// Another object than the one that was foreseen, before it is there.
    Task<> set_key_of(
        pg::Transaction& transaction, trace::Context context, OrgId org, FileId id, std::string key
    );

    /// In the transaction of its idempotency key; tells the audit and /v1/events. Errors:
    /// files.upload_expired (conflict).
    Task<Result<File>> make_ready(
        pg::Transaction& transaction,
        trace::Context context,
        Identity who,
        Received received,
        std::string ip
    );

    /// Gives what was received to the sweeper: there is a file already, or it failed. Its room is
    /// free again.
    Task<> abandon(trace::Context context, Identity who, FileId id);
    Task<> abandon(pg::Transaction& transaction, trace::Context context, OrgId org, FileId id);

    Task<Usage> usage(trace::Context context, OrgId org);

    /// Newest first, those after `after`.
    Task<std::vector<File>> list(
        trace::Context context, OrgId org, std::optional<Place> after, int limit
    );

    /// Of all organizations or of one, for operators.
    Task<std::vector<File>> list_newest(
        trace::Context context, std::optional<OrgId> org, int limit
    );

    /// Errors: files.not_found, also for the file of another organization.
    Task<Result<File>> find(trace::Context context, OrgId org, FileId id);

    /// Gives a file another name, a checked_name(), if it is still called `file.name`; tells the
    /// audit and /v1/events. Errors: files.not_found, http.precondition_failed (conflict).
    Task<Result<File>> rename(
        trace::Context context, Identity who, File file, std::string name, std::string ip
    );

    /// The bytes of a file that was found. Errors: uploads.store_unavailable (unavailable). Throws
    /// when the object is missing.
    Task<Result<std::unique_ptr<objects::Reader>>> open(
        trace::Context context, OrgId org, FileId id, std::optional<objects::Range> range
    );

    /// Gone at once for everybody; a job removes the object. Twice is once. Errors:
    /// files.not_found.
    Task<Result<>> remove(trace::Context context, Identity who, FileId id, std::string ip);

    /// What the job files.remove_object does. Twice: the object is gone already. Errors:
    /// uploads.store_unavailable (unavailable).
    Task<Result<>> remove_object(trace::Context context, FileId id);

    /// What the job files.sweep does: removes uploads that were given up, with their objects, what
    /// storage holds of unfinished ones, objects of deleted files that their job gave up, objects
    /// without a row, and rows deleted a month ago. Bounded by sweep_rows_max, the next run goes
    /// on, and by `pages` of objects: returns the `after` with which a run goes on among them, ""
    /// at their end. Counts anew what organizations use, each once a day. Twice: it only looks at
    /// ages. Errors: uploads.store_unavailable (unavailable).
    Task<Result<std::string>> sweep(
        trace::Context context, std::string after = "", int pages = sweep_pages_max
    );

    static constexpr int sweep_rows_max = 1000;
    static constexpr int sweep_pages_max = 200;

private:
    Task<Result<Received>> receive_into(
        trace::Context context, Incoming& incoming, FileId id, http::Body& body
    );
    Task<Result<>> sweep_uploads(trace::Context context);
    Task<Result<>> sweep_unfinished(trace::Context context, std::string prefix);
    Task<Result<>> sweep_probes(trace::Context context);
    Task<Result<>> sweep_given_up(trace::Context context);
    Task<> recount(trace::Context context);
    Task<Result<std::string>> sweep_orphans(trace::Context context, std::string after, int pages);

    pg::Database& db_;
    objects::Store& store_;
    Telemetry& telemetry_;
    Options options_;
    Buffers buffers_;
    prometheus::Gauge& active_;
};

/// What callers are told when the store refuses; what it said is in the log.
Error store_unavailable();

/// The id in a path. Errors: files.not_found, for anything that is no id.
Result<FileId> parse_file_id(std::string_view text);

/// Errors: files.too_large, naming the limit in bytes.
std::unexpected<Error> too_large(std::uint64_t bytes_max);

}  // namespace acme::files
