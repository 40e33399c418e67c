#pragma once

/// Uploads that come in parts, over many requests. The room owns the tables `uploads` and
/// `upload_parts`, and the objects whose keys begin with "tail/".
///
/// An upload is open, then ready (a file) or ended (given up, or too old). Its offset never goes
/// back, and what it counts is stored.

#include "platform/files/files.hpp"
#include "platform/uploads/fences.hpp"

#include <optional>
#include <string>
#include <vector>

namespace acme::uploads {

using UploadId = Id<"upl_">;

/// From the last byte that came.
inline constexpr std::chrono::hours kept_for{24};

/// A store takes no more parts of one object; some of their numbers are lost to interruptions.
inline constexpr int parts_max = objects::parts_max - 1000;

enum class State : std::uint8_t { open, ready, ended };

struct Upload {
    UploadId id;
    FileId file;  // which is there when it is ready
    State state = State::open;
    std::string name;
    std::string metadata;                 // as it was sent
    std::optional<std::uint64_t> length;  // none: not said yet
    std::uint64_t received = 0;           // its offset
    WallTime created_at;
    WallTime expires_at;
};

/// What begins an upload. The name is a files::checked_name(), the type a media_type_of().
struct Plan {
    std::string name;
    std::string declared_type;
    std::string metadata = "";
    std::optional<std::uint64_t> length = std::nullopt;
};

enum class Digest : std::uint8_t { sha1, sha256 };

/// Of the bytes of one request.
struct Checksum {
    Digest digest;
    std::string bytes;
};

/// What a request that brings bytes says of itself.
struct Coming {
    std::uint64_t offset = 0;
    std::optional<std::uint64_t> announced = std::nullopt;  // bytes; none: they come in chunks
    std::optional<std::uint64_t> length = std::nullopt;     // of the file, if it was not said yet
    std::optional<Checksum> checksum = std::nullopt;  // then nothing counts before all has come
};

struct Caller {
    Identity who;
    std::string ip;
};

struct Lease;
class Append;

/// Every function throws pg::Fault when the database is out of reach, and refuses what belongs to
/// another organization with uploads.not_found. Belongs to one thread.
class Uploads {
public:
    /// Everything outlives it.
    Uploads(pg::Database& db, objects::Store& store, files::Files& files, Telemetry& telemetry);

    const files::Options& options() const { return files_.options(); }

    /// The longest file that is taken.
    std::uint64_t bytes_max() const;

    Task<pg::Transaction> begin(trace::Context context) { return db_.begin(context); }

    /// Keeps room for the whole length, or for the longest file while it is not known. Errors:
    /// files.too_large (too_large), files.quota_exceeded (conflict).
    Task<Result<Upload>> add(
        pg::Transaction& transaction, trace::Context context, Caller caller, Plan plan
    );

    /// As it is, ended or not. Errors: uploads.not_found.
    Task<Result<Upload>> find(trace::Context context, OrgId org, UploadId id);

    /// For who is about to go on: ends the request that still brings bytes, and makes the file when
    /// all of them are there. Errors: uploads.not_found, uploads.expired, uploads.busy,
    /// uploads.store_unavailable (unavailable).
    Task<Result<Upload>> resume(trace::Context context, Caller caller, UploadId id);

    /// Takes bytes at the offset, and makes the file with the last one. Ends an older request that
    /// does the same. What came before a body breaks off counts, unless it has a checksum. Memory:
    /// one buffer. Errors: those of resume() and of the body, uploads.offset (conflict),
    /// uploads.length_known (conflict), uploads.superseded (conflict): a newer request goes on,
    /// uploads.checksum_mismatch (invalid), uploads.interrupted_too_often (conflict),
    /// files.too_large, files.quota_exceeded.
    Task<Result<Upload>> append(
        trace::Context context, Caller caller, UploadId id, Coming coming, http::Body& body
    );

    /// Gives it up; of one that is ready it removes the file. Twice is once. Errors:
    /// uploads.not_found.
    Task<Result<>> remove(trace::Context context, Caller caller, UploadId id);

    /// What the job uploads.clean does: removes from the store what is left of an upload that is
    /// over. Twice: it is gone already. Errors: uploads.store_unavailable (unavailable).
    Task<Result<>> clean(trace::Context context, UploadId id);

    /// What the job uploads.sweep does: ends what is too old, finishes what has come and was left,
    /// cleans, removes tails that nobody knows, and forgets what ended a week ago; each bounded by
    /// sweep_rows_max. Twice: it only looks at ages. Errors: uploads.store_unavailable.
    Task<Result<>> sweep(trace::Context context);

    /// Waits for what goes on behind the callers' backs. Before the database is closed.
    Task<> close() { return fences_.close(); }

    static constexpr int sweep_rows_max = 1000;

private:
    friend class Append;

    Task<Result<Lease>> take_lease(
        trace::Context context, OrgId org, UploadId id, std::optional<Coming> coming
    );
    Task<Error> reason_of(
        trace::Context context, OrgId org, UploadId id, std::optional<Coming> coming
    );
    Task<Result<>> append_under(
        trace::Context context,
        Lease lease,
        std::optional<files::Buffer> buffer,
        Caller caller,
        Coming coming,
        http::Body* body
    );
    Task<Result<>> finish(trace::Context context, Caller caller, Lease lease);
    Task<bool> end(pg::Transaction& transaction, trace::Context context, OrgId org, UploadId id);
    Task<> sweep_expired(trace::Context context);
    Task<> sweep_complete(trace::Context context);
    Task<Result<>> sweep_unclean(trace::Context context);
    Task<Result<>> sweep_tails(trace::Context context);
    Task<Result<>> remove_tails(trace::Context context, UploadId id);

    pg::Database& db_;
    objects::Store& store_;
    files::Files& files_;
    Telemetry& telemetry_;
    Fences fences_;
};

/// The id in a path. Errors: uploads.not_found, for anything that is no id.
Result<UploadId> parse_upload_id(std::string_view text);

}  // namespace acme::uploads
