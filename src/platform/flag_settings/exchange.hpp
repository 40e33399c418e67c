#pragma once

/// Everything of an environment as one JSON document, out and in again: "acme-flags-1". What comes
/// from elsewhere is turned into that first.

#include "platform/flag_settings/diff.hpp"
#include "platform/flag_settings/targetings.hpp"

#include <functional>

namespace acme::flag_settings {

inline constexpr std::string_view format = "acme-flags-1";
inline constexpr std::size_t import_bytes_max = std::size_t{16} * 1024 * 1024;

/// What another system exported, as a document of ours, with "warnings" about what has no like.
/// Errors: its own (invalid).
using Foreign = std::function<Result<boost::json::object>(std::string_view text)>;

struct Imported {
    bool is_dry_run = false;
    std::vector<std::string> created = {};
    std::vector<std::string> changed = {};
    std::int64_t unchanged = 0;
    std::vector<std::string> segments = {};  // that are made or replaced
    std::vector<std::string> warnings = {};
    std::vector<std::pair<std::string, Difference>> differences = {};  // by flag
    std::int64_t version = 0;  // of the environment's rule set then
};

struct Import {
    std::string environment;
    boost::json::object document;
    bool is_dry_run = false;
};

/// Every function throws pg::Fault when the database is out of reach.
class Exchange {
public:
    Exchange(Parts parts, Foreign read_foreign)
        : parts_(parts), read_foreign_(std::move(read_foreign)) {}

    /// Without archived flags, and without the members of segments that have more than
    /// short_list_max. Errors: flags.environment_unknown.
    Task<Result<boost::json::object>> export_all(trace::Context context, std::string environment);

    /// Makes what is not there and changes what is otherwise, in one transaction; flags that the
    /// document does not name stay. A dry run does the same and keeps nothing. Twice is the same.
    /// Errors: flags.environment_unknown, flags.invalid with all that is wrong and where,
    /// flags.protected, flags.too_large.
    Task<Result<Imported>> import_all(trace::Context context, Editor editor, Import import);

    /// A document of ours, out of what Unleash exported. Errors: as Foreign.
    Result<boost::json::object> read_foreign(std::string_view text) const {
        return read_foreign_(text);
    }

private:
    Parts parts_;
    Foreign read_foreign_;
};

}  // namespace acme::flag_settings
