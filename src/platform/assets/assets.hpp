#pragma once

/// The dashboard's files of the releases that ran before this one, and beside it (BEY-23).
///
/// Owns the tables `assets` and `asset_releases` (sql/202611282205_assets.sql).

#include "io/pg/database.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace acme::assets {

inline constexpr std::int64_t releases_kept = 3;
inline constexpr std::size_t path_chars_max = 200;

/// A file of this program. The views are of what is linked into it.
struct Asset {
    std::string_view path;  // "/assets/index-Dk3.js"
    std::string_view content_type;
    std::string_view etag;  // of the content, without quotes
    std::string_view raw;
    std::string_view gzip;
    std::string_view brotli;
};

/// How the content is written: what Accept-Encoding and Content-Encoding call it.
enum class Coding : std::uint8_t { identity, gzip, brotli };

/// A file of another release, in the coding that was asked for.
struct Kept {
    std::string content_type;
    std::string etag;
    std::string content;
};

/// Every function throws pg::Fault when the database is out of reach.
class Assets {
public:
    Assets(pg::Database& db, const Clock& clock) : db_(db), clock_(clock) {}

    /// Keeps what `release` brings, all or nothing, and forgets what is neither of the last
    /// releases_kept that called this nor in `running`. Without assets nothing happens: the program
    /// was built without its dashboard. Twice is once.
    Task<> keep(
        trace::Context context,
        std::string release,
        std::vector<Asset> assets,
        std::vector<std::string> running
    );

    /// nullopt when no release that is kept has it.
    Task<std::optional<Kept>> find(trace::Context context, std::string path, Coding coding);

private:
    pg::Database& db_;
    const Clock& clock_;
};

}  // namespace acme::assets
