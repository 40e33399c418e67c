#include "platform/assets/assets.hpp"

#include <algorithm>
#include <span>

namespace acme::assets {
namespace {

// One at a time: who forgets a release must see what another is about to keep.
constexpr pg::Query lock_all{"assets.lock", R"sql(
    SELECT pg_advisory_xact_lock(hashtextextended('assets', 8))
)sql"};

constexpr pg::Query is_kept{"assets.is_kept", R"sql(
    SELECT 1 FROM asset_releases WHERE release = $1 AND paths = $2
)sql"};

constexpr pg::Query add_asset{"assets.add", R"sql(
    INSERT INTO assets (path, content_type, etag, raw, gzip, brotli)
    VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING
)sql"};

constexpr pg::Query set_release{"assets.set_release", R"sql(
    INSERT INTO asset_releases (release, begun_at, paths) VALUES ($1, coalesce($3, now()), $2)
    ON CONFLICT (release) DO UPDATE SET begun_at = excluded.begun_at, paths = excluded.paths
)sql"};

constexpr pg::Query forget_releases{"assets.forget_releases", R"sql(
    DELETE FROM asset_releases WHERE release <> ALL ($1) AND release NOT IN (
        SELECT release FROM asset_releases ORDER BY begun_at DESC, release LIMIT $2
    )
)sql"};

constexpr pg::Query forget_assets{"assets.forget", R"sql(
    DELETE FROM assets WHERE NOT EXISTS (
        SELECT FROM asset_releases WHERE assets.path = ANY (paths)
    )
)sql"};

constexpr pg::Query find_raw{"assets.find", R"sql(
    SELECT content_type, etag, raw FROM assets WHERE path = $1
)sql"};

constexpr pg::Query find_gzip{"assets.find_gzip", R"sql(
    SELECT content_type, etag, gzip FROM assets WHERE path = $1
)sql"};

constexpr pg::Query find_brotli{"assets.find_brotli", R"sql(
    SELECT content_type, etag, brotli FROM assets WHERE path = $1
)sql"};

const pg::Query& query_for(Coding coding) {
    switch (coding) {
        case Coding::identity: return find_raw;
        case Coding::gzip: return find_gzip;
        case Coding::brotli: return find_brotli;
    }
    return find_raw;
}

/// Names that a build makes: nobody asks the database for anything else.
bool is_path(std::string_view path) {
    const auto is_plain = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '_' || c == '.' || c == '/';
    };
    return path.size() <= path_chars_max && std::ranges::all_of(path, is_plain);
}

Task<> add(trace::Context context, pg::Transaction& transaction, std::vector<Asset> assets) {
    for (const Asset& asset : assets) {
        co_await transaction.run(
            context,
            add_asset,
            asset.path,
            asset.content_type,
            asset.etag,
            std::as_bytes(std::span(asset.raw)),
            std::as_bytes(std::span(asset.gzip)),
            std::as_bytes(std::span(asset.brotli))
        );
    }
}

}  // namespace

Task<> Assets::keep(
    trace::Context context,
    std::string release,
    std::vector<Asset> assets,
    std::vector<std::string> running
) {
    if (assets.empty()) co_return;
    std::vector<std::string> paths;
    for (const Asset& asset : assets) paths.emplace_back(asset.path);
    std::ranges::sort(paths);
    auto transaction = co_await db_.begin(context);
    co_await transaction.run(context, lock_all);
    const auto known = co_await transaction.run(context, is_kept, release, paths);
    if (known.empty()) co_await add(context, transaction, std::move(assets));
    co_await transaction.run(context, set_release, release, paths, pg::sql_now(clock_));
    co_await transaction.run(context, forget_releases, running, releases_kept);
    co_await transaction.run(context, forget_assets);
    co_await transaction.commit(context);
}

Task<std::optional<Kept>> Assets::find(trace::Context context, std::string path, Coding coding) {
    if (!is_path(path)) co_return std::nullopt;
    const auto rows = co_await db_.run(context, query_for(coding), path);
    if (rows.empty()) co_return std::nullopt;
    pg::Row row = rows[0];
    Kept kept{.content_type = row.text(), .etag = row.text(), .content = {}};
    const std::vector<std::byte> content = row.binary();
    kept.content.resize(content.size());
    std::ranges::transform(content, kept.content.begin(), [](std::byte each) {
        return static_cast<char>(each);
    });
    co_return kept;
}

}  // namespace acme::assets
