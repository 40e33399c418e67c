#pragma once

/// Files whose parts go straight into object storage, each to an address that is signed for this
/// part alone. Where the store has no such addresses (the folder), they lead to a node, which
/// passes the part on.
///
/// Begun, an upload is a row of `uploads` and one of `files`, and its bytes are reserved.
/// Assembled, the object is read back by a job: it is a file only with the length and the SHA-256
/// that were announced.

#include "platform/audit/audit.hpp"
#include "platform/files/files.hpp"
#include "platform/files/links.hpp"
#include "platform/uploads/uploads.hpp"

namespace acme::uploads {

inline constexpr std::chrono::minutes address_ttl{15};
inline constexpr std::chrono::hours direct_ttl{24};  // slides with each page of addresses
inline constexpr int addresses_max = 20;             // on one page
inline constexpr std::size_t etag_bytes_max = 128;
inline constexpr std::size_t parts_named_max = 20;  // in a complaint

/// Why an upload can have failed.
inline constexpr ErrorCode size_mismatch{"uploads.size_mismatch"};
inline constexpr ErrorCode checksum_mismatch{"uploads.checksum_mismatch"};

/// `name` is a files::checked_name(), `declared_type` a files::media_type_of().
struct NewDirect {
    std::string name;
    std::string declared_type;
    std::uint64_t bytes = 0;
    std::optional<std::string> sha256 = std::nullopt;  // hex; what it has to be
};

enum class Stage : std::uint8_t {
    open,
    checking,  // assembled, and being read back
    ready,     // a file
    failed,    // see `reason`; also one whose time is up, though no sweep has seen it yet
};

struct Direct {
    UploadId id;
    FileId file;
    OrgId org;
    UserId owner;
    Stage stage = Stage::open;
    std::string reason;  // the code of an error; "" while there is none
    std::string name;
    std::string declared_type;
    std::optional<std::string> declared_sha256;
    std::uint64_t bytes = 0;
    std::uint64_t part_bytes = 0;
    std::string key;       // in the store
    std::string store_id;  // the store's name for it; "" before the first address
    WallTime expires_at;

    /// None for an upload of no bytes.
    int parts() const;
    std::uint64_t bytes_of(int number) const;
};

/// Where one part goes, by PUT and with direct_headers.
struct PartAddress {
    int number = 0;
    std::uint64_t bytes = 0;
    std::string url;
};

/// What the address of a part says of itself, when it leads to a node.
struct PartAsked {
    std::string id;
    std::string number;
    std::string org;
    std::string until;
    std::string signature;
};

class Directs {
public:
    /// `keys` are of their own for this purpose; `base_url` stands before the path of addresses
    /// that lead to a node. Everything outlives it.
    Directs(
        pg::Database& db,
        objects::Store& store,
        files::Files& files,
        Telemetry& telemetry,
        std::vector<Secret> keys,
        std::string base_url
    );

    Task<pg::Transaction> start(trace::Context context) { return db_.begin(context); }

    /// In the transaction of its idempotency key; the store is asked for nothing. Errors:
    /// files.too_large (too_large), those of Files::begin_upload().
    Task<Result<UploadId>> begin(
        pg::Transaction& transaction, trace::Context context, Identity who, NewDirect wanted
    );

    /// Errors: uploads.not_found.
    Task<Result<Direct>> find(trace::Context context, OrgId org, UploadId id);

    /// Fresh addresses of at most addresses_max parts, from the number `from` on. The upload lives
    /// direct_ttl from now. Errors: uploads.not_found, uploads.not_open (conflict),
    /// uploads.store_unavailable.
    Task<Result<std::vector<PartAddress>>> addresses(
        trace::Context context, OrgId org, UploadId id, int from
    );

    /// One part that came to a node; returns its ETag. Memory: one buffer. Errors:
    /// uploads.address_unknown, uploads.address_ended (not_found), uploads.part_size (invalid),
    /// uploads.not_open, uploads.busy, uploads.store_unavailable, those of the body.
    Task<Result<std::string>> put_part(trace::Context context, PartAsked asked, http::Body& body);

    /// Makes one object of the parts, all of them and in their order, and has it checked; nullopt:
    /// of those that the store has, which are as long as they have to be. Twice is once. Errors:
    /// uploads.not_found, uploads.not_open, uploads.parts_mismatch (conflict),
    /// uploads.size_mismatch (conflict; the upload has ended), uploads.store_unavailable.
    Task<Result<Direct>> complete(
        trace::Context context,
        OrgId org,
        UploadId id,
        std::optional<std::vector<objects::Part>> parts
    );

    /// Ends an upload and frees what it had reserved. What has ended stays as it is. Errors:
    /// uploads.not_found.
    Task<Result<>> remove(trace::Context context, audit::Actor actor, OrgId org, UploadId id);

    /// What the job uploads.check does: reads the object, and makes a file of it or says why not.
    /// Twice: only what is assembled and open is looked at. Errors: uploads.store_unavailable.
    Task<Result<>> check(trace::Context context, OrgId org, UploadId id);

private:
    Task<Result<Direct>> open(trace::Context context, OrgId org, UploadId id);
    Task<Result<std::vector<objects::Part>>> stored_parts(
        trace::Context context, const Direct& direct
    );
    Task<Result<>> assemble(
        trace::Context context, const Direct& direct, std::vector<objects::Part> parts
    );
    Task<Result<>> make(
        trace::Context context,
        const Direct& direct,
        std::optional<std::vector<objects::Part>> parts
    );
    Task<Result<>> expect_made(trace::Context context, const Direct& direct);
    Task<Result<>> put_nothing(trace::Context context, const Direct& direct);
    Task<> fail(trace::Context context, const Direct& direct, audit::Actor actor, ErrorCode reason);
    Task<Result<files::Received>> read_back(trace::Context context, const Direct& direct);
    std::string address_of(const Direct& direct, int number) const;

    pg::Database& db_;
    objects::Store& store_;
    files::Files& files_;
    Telemetry& telemetry_;
    files::Signatures signatures_;
    std::string base_url_;
};

}  // namespace acme::uploads
