#include "operate/local/release.hpp"

#include "base/bytes.hpp"
#include "base/hash.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <vector>

namespace acme::local {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t piece_bytes = 1 << 20;
constexpr std::size_t id_digits = 16;

std::string digest_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file)
        throw fs::filesystem_error(
            "cannot be read", path, std::make_error_code(std::errc::io_error)
        );
    Sha256 digest;
    std::string piece(piece_bytes, '\0');
    while (file) {
        file.read(piece.data(), static_cast<std::streamsize>(piece.size()));
        digest.add(std::string_view(piece).substr(0, static_cast<std::size_t>(file.gcount())));
    }
    return to_hex(digest.finish());
}

}  // namespace

Release unpack_release(
    const std::string& program, const std::string& releases, const std::string& id
) {
    const std::string digest = digest_of(program);
    Release release{
        .id = id.empty() ? "dev-" + digest.substr(0, id_digits) : id,
        .digest = "sha256:" + digest,
        .binary = "",
    };
    const fs::path folder = fs::path(releases) / release.id;
    release.binary = folder / "acme";
    // The same commit can be built twice, with other bytes: the bytes decide.
    if (fs::exists(release.binary) && digest_of(release.binary) == digest) return release;
    fs::create_directories(folder);
    const fs::path next = folder / ".acme.new";
    std::error_code failed;
    fs::copy_file(program, next, fs::copy_options::overwrite_existing, failed);
    if (!failed) fs::rename(next, release.binary, failed);
    if (failed) {
        std::error_code ignored;
        fs::remove(next, ignored);
        throw fs::filesystem_error("the release cannot be unpacked", folder, failed);
    }
    return release;
}

void remove_old_releases(
    const std::string& releases, const std::string& current, std::size_t kept
) {
    std::vector<fs::directory_entry> all;
    for (const auto& entry : fs::directory_iterator(releases)) {
        if (entry.is_directory() && entry.path().filename() != current) all.push_back(entry);
    }
    std::ranges::sort(all, std::ranges::greater(), [](const fs::directory_entry& entry) {
        return entry.last_write_time();
    });
    for (std::size_t i = kept; i < all.size(); ++i) {
        std::error_code ignored;
        fs::remove_all(all[i].path(), ignored);
    }
}

}  // namespace acme::local
