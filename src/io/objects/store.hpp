#pragma once

/// Object storage: bytes under keys, written once, read in ranges. Two drivers, one conformance
/// suite: S3 (s3.hpp) and a folder (file.hpp) for the embedded default.

#include "base/result.hpp"
#include "base/task.hpp"
#include "io/telemetry/trace.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace acme::objects {

/// The store broke, vanished or refused us: nothing that the caller's input explains.
class Fault : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// A part is sent when so much has come together: the smallest that S3 takes before the last one.
inline constexpr std::size_t part_bytes = std::size_t{5} * 1024 * 1024;

inline constexpr std::size_t key_bytes_max = 512;
inline constexpr std::size_t list_max = 1000;  // objects on one page

struct Stat {
    std::uint64_t bytes = 0;
    std::string etag;
};

/// [first, first + count) of an object.
struct Range {
    std::uint64_t first = 0;
    std::uint64_t count = 0;
};

/// An object on its way in. Nothing is seen of it until finish() has returned; gone without
/// finish(), it has not happened (what a crash leaves of it, unfinished() tells).
class Writer {
public:
    virtual ~Writer() = default;

    /// One part of exactly part_bytes, which stay where they are until it returns; then the part is
    /// stored, so memory stays bounded. Errors: objects.unavailable (unavailable): no such bucket,
    /// no right, no space, out of reach; objects.not_found when others have swept it.
    virtual Task<Result<>> write(trace::Context context, std::string_view bytes) = 0;

    /// The last part, 0 to part_bytes; an object that fits into it travels in one piece. Errors:
    /// objects.unavailable. Called again after an error, it tries again; after success it is done.
    virtual Task<Result<>> finish(trace::Context context, std::string_view bytes) = 0;
};

/// The bytes of an object, piece by piece.
class Reader {
public:
    virtual ~Reader() = default;

    /// The next bytes, which hold until the next call; "" at the end. Throws Fault.
    virtual Task<std::string_view> read() = 0;
};

struct Listed {
    std::string key;
    std::uint64_t bytes = 0;
};

/// A page of list(); `next` begins the following one, "" when there is none.
struct Page {
    std::vector<Listed> objects;
    std::string next;
};

/// A part that the store holds.
struct Part {
    int number = 0;  // 1 to parts_max
    std::string etag;
};

/// With its length, for whoever did not put it himself.
struct StoredPart {
    Part part;
    std::uint64_t bytes = 0;
};

/// Content-Type of a part that others put.
inline constexpr const char* part_type = "application/octet-stream";

inline constexpr int parts_max = 10'000;  // their numbers may have gaps

/// What a writer or begin() has begun, and nobody has ended.
struct Unfinished {
    std::string key;  // "" where the store does not know it
    std::string id;
    WallTime begun_at;
};

struct UnfinishedPage {
    std::vector<Unfinished> uploads;
    std::optional<Unfinished> next = std::nullopt;
};

class Store {
public:
    virtual ~Store() = default;

    /// `key` is ours, never a person's, see is_key(); written once. Everywhere below, another one
    /// throws std::invalid_argument. Errors: objects.unavailable.
    virtual Task<Result<std::unique_ptr<Writer>>> write(
        trace::Context context, std::string key, std::string content_type
    ) = 0;

    /// Errors: objects.not_found, objects.unavailable.
    virtual Task<Result<std::unique_ptr<Reader>>> read(
        trace::Context context, std::string key, std::optional<Range> range
    ) = 0;

    /// Errors: objects.not_found, objects.unavailable.
    virtual Task<Result<Stat>> stat(trace::Context context, std::string key) = 0;

    /// Removing what is not there is done. Errors: objects.unavailable.
    virtual Task<Result<>> remove(trace::Context context, std::string key) = 0;

    /// The next list_max after the key `after`, in the order of their keys. Errors:
    /// objects.unavailable.
    virtual Task<Result<Page>> list(
        trace::Context context, std::string prefix, std::string after
    ) = 0;

    /// Begins an object that comes in parts, over days and through many processes; nothing is seen
    /// of it until complete(). Returns the id that the calls below take, with the same key. Errors:
    /// objects.unavailable.
    virtual Task<Result<std::string>> begin(
        trace::Context context, std::string key, std::string content_type
    ) = 0;

    /// Stores one part, of exactly part_bytes unless it is the last, and returns its ETag. The same
    /// number again replaces it. `bytes` stay where they are until it returns. Errors:
    /// objects.not_found (ended, or swept by others), objects.unavailable.
    virtual Task<Result<std::string>> put_part(
        trace::Context context, std::string key, std::string id, int number, std::string_view bytes
    ) = 0;

    /// Whether others can send parts themselves, past us: by part_address().
    virtual bool has_addresses() const = 0;

    /// Where whoever has it may put one part of exactly `bytes` as part_type, until `lifetime` has
    /// passed (1 s to 7 days). nullopt where has_addresses() says no.
    virtual std::optional<std::string> part_address(
        const std::string& key,
        const std::string& id,
        int number,
        std::uint64_t bytes,
        std::chrono::seconds lifetime
    ) const = 0;

    /// What is there of it, in the order of the numbers. Errors: objects.not_found (ended, or swept
    /// by others), objects.unavailable.
    virtual Task<Result<std::vector<StoredPart>>> parts(
        trace::Context context, std::string key, std::string id
    ) = 0;

    /// Makes an object of `bytes` out of these parts, in the order of their numbers; others are
    /// dropped. Twice is once: when the id has ended, an object of that length decides. Errors:
    /// objects.not_found: also where the store lost it while it made it; objects.unavailable,
    /// objects.parts_mismatch (conflict): a part is not there, was replaced meanwhile, or is too
    /// short.
    virtual Task<Result<>> complete(
        trace::Context context,
        std::string key,
        std::string id,
        std::vector<Part> parts,
        std::uint64_t bytes
    ) = 0;

    /// Removes what was begun, and its parts. What is not there is done. Errors:
    /// objects.unavailable.
    virtual Task<Result<>> abort(trace::Context context, std::string key, std::string id) = 0;

    /// What is unfinished under keys that begin with `prefix`, list_max at most; `after` is `next`
    /// of the page before, none for the first. What others keep in the same bucket is not told.
    /// Errors: objects.unavailable.
    virtual Task<Result<UnfinishedPage>> unfinished(
        trace::Context context, std::string prefix, std::optional<Unfinished> after
    ) = 0;

    /// Puts, reads, lists and removes a small object of its own: for start-up and doctor. The
    /// message of its error says what is wrong (no such bucket, another region, clock skew).
    /// Errors: objects.unavailable.
    virtual Task<Result<>> probe(trace::Context context) = 0;

    /// Once at start, beside probe(): whether the store does all that will be asked of it, by doing
    /// it (STOR-6). Sends one part. What it wrote is removed again. Errors: objects.unavailable,
    /// with what the store gets wrong.
    virtual Task<Result<>> examine(trace::Context context) = 0;

    /// Waits for what goes on behind the callers' backs (the end of dropped writers). Before the
    /// loop ends; no writer is dropped after it.
    virtual Task<> close() = 0;
};

/// Whether `key` may name an object: segments of [a-z0-9_-] with one '/' between them.
bool is_key(std::string_view key);

}  // namespace acme::objects
