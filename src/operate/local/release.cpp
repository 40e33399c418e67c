#include "operate/local/release.hpp"

#include "base/bytes.hpp"
#include "base/hash.hpp"
#include "base/text.hpp"
#include "io/process/machine.hpp"
#include "operate/local/files.hpp"
#include "operate/local/release_copy.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <filesystem>

namespace acme::local {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

constexpr std::size_t id_digits = 16;
constexpr std::size_t id_bytes_max = 64;

void write_record(const std::string& path, const deploy::Stored& release) {
    const json::object object{
        {"id", release.id},
        {"digest", release.digest},
        {"added_at_us", release.added_at.time_since_epoch().count()},
        {"good", release.is_good},
    };
    write_private(path, json::serialize(object) + "\n");
}

std::optional<deploy::Stored> read_record(const std::string& path) {
    const auto text = read_file(path);
    if (!text) return std::nullopt;
    try {
        const json::value value = json::parse(*text);
        const auto added_at = value.at("added_at_us").to_number<std::int64_t>();
        return deploy::Stored{
            .id = std::string(value.at("id").as_string()),
            .digest = std::string(value.at("digest").as_string()),
            .added_at = WallTime(std::chrono::microseconds(added_at)),
            .is_good = value.at("good").as_bool(),
        };
    } catch (const boost::system::system_error&) {
        return std::nullopt;  // as good as none: the release is added anew
    }
}

std::string name_of(const std::string& digest) {
    return "dev-" + digest.substr(std::string_view("sha256:").size(), id_digits);
}

}  // namespace

bool is_release_id(std::string_view text) {
    const auto is_plain = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '_' || c == '.';
    };
    return !text.empty() && text.size() <= id_bytes_max && !text.starts_with('.') &&
           !text.ends_with('.') && std::ranges::all_of(text, is_plain);
}

std::vector<deploy::Stored> Releases::list() const {
    std::vector<deploy::Stored> all;
    std::error_code absent;
    for (const auto& entry : fs::directory_iterator(folder_, absent)) {
        const std::string id = entry.path().filename();
        if (!is_release_id(id) || !entry.is_directory()) continue;
        if (auto record = read_record(path_of(id) + ".json")) all.push_back(*std::move(record));
    }
    std::ranges::sort(all, [](const deploy::Stored& a, const deploy::Stored& b) {
        return a.added_at != b.added_at ? a.added_at > b.added_at : a.id < b.id;
    });
    return all;
}

std::optional<Release> Releases::find(const std::string& id) const {
    if (!is_release_id(id)) return std::nullopt;
    const auto record = read_record(path_of(id) + ".json");
    const std::string binary = path_of(id) + "/acme";
    if (!record || !fs::exists(binary)) return std::nullopt;
    return Release{.id = id, .digest = record->digest, .binary = binary};
}

Result<Release> Releases::add(const std::string& source, const std::string& id) {
    auto copied = copy(source, id, Taken::refused);
    if (!copied) return std::unexpected(std::move(copied).error());
    return std::move(copied)->release;
}

Result<Releases::Unpacked> Releases::unpack(const std::string& program, const std::string& id) {
    return copy(program, id, Taken::replaced);
}

Result<Releases::Unpacked> Releases::copy(
    const std::string& source, const std::string& id, Taken taken
) {
    if (!id.empty() && !is_release_id(id)) {
        return refuse(ErrorKind::invalid, "release.malformed", "That can be no id of a release.");
    }
    const auto lock = process::lock_file(folder_ + "/.lock");
    if (!lock) {
        return refuse(
            ErrorKind::unavailable, "release.busy", "Another release is being added. Try again."
        );
    }
    const std::string stage = folder_ + "/.new";
    const auto copied = copy_release(source, stage, entries_max);
    const auto result = copied ? put(stage, id, taken)
                               : Result<Unpacked>(std::unexpected(std::move(copied).error()));
    std::error_code ignored;
    fs::remove_all(stage, ignored);
    return result;
}

Result<Releases::Unpacked> Releases::put(
    const std::string& stage, const std::string& id, Taken taken
) const {
    const std::string digest = digest_of(stage);
    const std::string name = id.empty() ? name_of(digest) : id;
    Release release{.id = name, .digest = digest, .binary = path_of(name) + "/acme"};
    if (const auto found = find(name)) {
        if (found->digest == digest) return Unpacked{release, false};
        if (taken == Taken::refused) {
            return refuse(
                ErrorKind::conflict,
                "release.taken",
                "Release " + name + " is there already, with another content."
            );
        }
    }
    std::error_code failed;
    fs::remove(path_of(name) + ".json", failed);  // first: from here on it is not whole
    if (!failed) fs::remove_all(path_of(name), failed);
    if (!failed) fs::rename(stage, path_of(name), failed);
    if (failed) {
        return refuse(ErrorKind::unavailable, "release.not_copied", failed.message());
    }
    if (taken == Taken::refused) record(release, false);
    return Unpacked{release, true};
}

void Releases::record(const Release& release, bool is_good) const {
    write_record(
        path_of(release.id) + ".json",
        {.id = release.id, .digest = release.digest, .added_at = clock_.now(), .is_good = is_good}
    );
}

bool Releases::mark_good(const std::string& id) const {
    if (!find(id)) return false;
    auto record = read_record(path_of(id) + ".json");
    if (record->is_good) return true;
    record->is_good = true;
    write_record(path_of(id) + ".json", *record);
    return true;
}

void Releases::remove_old(const std::set<std::string>& named) const {
    const auto lock = process::lock_file(folder_ + "/.lock");
    if (!lock) return;  // somebody adds one; the next time is soon enough
    std::set<std::string> kept = named;
    std::size_t good = 0;
    std::size_t newest = 0;
    for (const deploy::Stored& release : list()) {
        const bool is_among_good = release.is_good && good++ < good_kept;
        if (newest++ < newest_kept || is_among_good) kept.insert(release.id);
    }
    std::vector<std::string> old;
    for (const auto& entry : fs::directory_iterator(folder_)) {
        const std::string id = entry.path().filename();
        if (entry.is_directory() && !kept.contains(id)) old.push_back(id);
    }
    for (const std::string& id : old) {
        std::error_code ignored;
        fs::remove(path_of(id) + ".json", ignored);
        fs::remove_all(path_of(id), ignored);
    }
}

}  // namespace acme::local
