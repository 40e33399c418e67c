#pragma once

/// Groups of users and organizations that rules name: by what is true of them, or one by one, up to
/// millions. Every change is published to all environments.

#include "platform/flag_settings/catalog.hpp"
#include "platform/flag_settings/segment_rows.hpp"

#include <map>

namespace acme::http {
class Body;
}

namespace acme::flag_settings {

inline constexpr std::size_t batch_max = 10'000;        // members of one call
inline constexpr std::int64_t members_max = 2'000'000;  // of a segment
inline constexpr std::size_t upload_bytes_max = std::size_t{512} * 1024 * 1024;

/// Which flags and segments name a segment: "checkout", "segment:staff".
using Uses = std::map<std::string, std::vector<std::string>>;

struct Batch {
    std::vector<Member> add;
    std::vector<Member> remove;
};

/// Every function throws pg::Fault when the database is out of reach.
class Segments {
public:
    explicit Segments(Parts parts) : parts_(parts) {}

    /// By key; how many an installation may have is flags::segments_max.
    Task<std::vector<Segment>> list(trace::Context context);
    Task<Uses> uses(trace::Context context);

    /// Errors: flags.segment_unknown (not_found).
    Task<Result<Segment>> find(trace::Context context, std::string key);

    /// A new one where `version` is none, else that one with another name and conditions. Members
    /// stay. Errors: flags.invalid (invalid), http.precondition_failed, flags.protected.
    Task<Result<Segment>> put(
        trace::Context context, Editor editor, Segment wanted, std::optional<std::int64_t> version
    );

    /// With its members. Errors: flags.segment_unknown, flags.segment_in_use (conflict).
    Task<Result<>> remove(trace::Context context, Editor editor, std::string key);

    /// Twice is the same. Errors: flags.segment_unknown, flags.invalid, flags.too_many (conflict),
    /// flags.protected.
    Task<Result<Segment>> change_members(
        trace::Context context, Editor editor, std::string key, Batch batch
    );

    /// Replaces all of one kind by those in `lines`, one id a line, as they come in. Errors: those
    /// of change_members(), and of the body.
    Task<Result<Segment>> upload(
        trace::Context context, Editor editor, std::string key, std::string kind, http::Body& lines
    );

    Task<std::vector<Member>> members(
        trace::Context context, std::string key, Member after, int limit
    );

private:
    Task<Result<Segment>> lock(
        pg::Transaction& transaction, trace::Context context, Editor editor, std::string key
    );
    Task<Result<>> check_may_change(trace::Context context, Editor editor, std::string key);
    Task<Result<>> take_lines(
        pg::Transaction& transaction,
        trace::Context context,
        std::int64_t segment,
        std::string kind,
        http::Body& lines
    );
    enum class Touched : std::uint8_t { facts, members };

    Task<Result<Segment>> finish(
        pg::Transaction& transaction,
        trace::Context context,
        Editor editor,
        Segment segment,
        Touched touched,
        std::string_view action
    );

    Parts parts_;
};

std::unexpected<Error> no_such_segment();

}  // namespace acme::flag_settings
