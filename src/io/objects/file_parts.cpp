// Objects that come in parts, in a folder: <folder>/unfinished/<id>/ holds a file for each part,
// and the key.
#include "base/ids.hpp"
#include "base/text.hpp"
#include "io/objects/file.hpp"
#include "io/objects/file_disk.hpp"
#include "io/objects/probe.hpp"

#include <prometheus/histogram.h>

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <fstream>
#include <unistd.h>

namespace acme::objects {
namespace {

namespace fs = std::filesystem;

constexpr const char* key_name = "key";
constexpr const char* whole_name = "whole";

/// A part that was written again has another one.
std::string etag_of(const struct stat& info) {
    return std::to_string(info.st_size) + '-' + std::to_string(info.st_ino) + '-' +
           std::to_string(info.st_mtim.tv_sec) + '.' + std::to_string(info.st_mtim.tv_nsec);
}

Errno begin_in(const fs::path& folder, const std::string& key) {
    const auto opened = make_object(folder / key_name);
    if (opened->error != 0) return opened->error;
    if (const Errno error = write_at(opened->file.number(), key, 0)) return error;
    if (::fsync(opened->file.number()) != 0) return errno;
    if (const Errno error = sync_folder(folder)) return error;
    return sync_folder(folder.parent_path());
}

struct Put {
    Errno error = 0;
    std::string etag = "";
};

/// Beside the part of the same number, if there is one, and then in its place.
Put put_in(const fs::path& folder, const std::string& name, std::string_view bytes) {
    const fs::path path = folder / name;
    const fs::path coming = folder / (name + ".new");
    std::error_code gone;
    if (!fs::exists(folder / key_name, gone)) return {.error = ENOENT};
    ::unlink(coming.c_str());
    const auto opened = make_object(coming);
    if (opened->error != 0) return {.error = opened->error};
    const int file = opened->file.number();
    if (const Errno error = write_at(file, bytes, 0)) return {.error = error};
    if (const Errno error = put_in_place(file, coming, path)) return {.error = error};
    struct stat info{};
    if (::fstat(file, &info) != 0) return {.error = errno};
    return {.etag = etag_of(info)};
}

Errno append(int to, int from, std::uint64_t bytes) {
    while (bytes > 0) {
        const auto count = ::copy_file_range(from, nullptr, to, nullptr, bytes, 0);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return errno;
        if (count == 0) return EIO;
        bytes -= static_cast<std::uint64_t>(count);
    }
    return 0;
}

/// ESTALE for a part that is not the one that was stored.
Errno complete_in(const fs::path& folder, const fs::path& to, const std::vector<Part>& parts) {
    const fs::path whole = folder / whole_name;
    std::error_code gone;
    if (!fs::exists(folder / key_name, gone)) return ENOENT;
    ::unlink(whole.c_str());
    const auto made = make_object(whole);
    if (made->error != 0) return made->error;
    for (const Part& part : parts) {
        const auto opened = open_object(folder / std::to_string(part.number));
        if (opened->error != 0 || etag_of(opened->info) != part.etag) return ESTALE;
        const auto bytes = static_cast<std::uint64_t>(opened->info.st_size);
        const Errno error = append(made->file.number(), opened->file.number(), bytes);
        if (error != 0) return error;
    }
    if (const Errno error = put_in_place(made->file.number(), whole, to)) return error;
    fs::remove_all(folder, gone);
    return 0;
}

struct Parts {
    Errno error = 0;
    std::vector<StoredPart> all = {};
};

Parts parts_in(const fs::path& folder) {
    std::error_code error;
    if (!fs::exists(folder / key_name, error)) return {.error = error ? error.value() : ENOENT};
    Parts found;
    for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
         entry.increment(error)) {
        const auto number = parse_number<int>(entry->path().filename().string());
        struct stat info{};
        if (!number || ::stat(entry->path().c_str(), &info) != 0) continue;
        found.all.push_back(
            {.part = {.number = *number, .etag = etag_of(info)},
             .bytes = static_cast<std::uint64_t>(info.st_size)}
        );
    }
    found.error = error.value();
    std::ranges::sort(found.all, {}, [](const StoredPart& one) { return one.part.number; });
    return found;
}

std::string read_key(const fs::path& path) {
    std::ifstream file(path);
    std::string key;
    std::getline(file, key);
    return key;
}

/// In the order of their ids.
UnfinishedPage list_in(
    const fs::path& folder, const std::string& prefix, const std::string& after
) {
    std::vector<Unfinished> all;
    std::error_code error;
    for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
         entry.increment(error)) {
        struct stat info{};
        if (::stat(entry->path().c_str(), &info) != 0) continue;
        Unfinished one{.key = "", .id = entry->path().filename().string(), .begun_at = {}};
        if (one.id <= after) continue;
        if (S_ISDIR(info.st_mode)) one.key = read_key(entry->path() / key_name);
        if (!one.key.empty() && !one.key.starts_with(prefix)) continue;
        one.begun_at = WallTime(std::chrono::seconds(info.st_mtime));
        all.push_back(std::move(one));
    }
    std::ranges::sort(all, {}, &Unfinished::id);
    UnfinishedPage page;
    if (all.size() > list_max) {
        all.resize(list_max);
        page.next = all.back();
    }
    page.uploads = std::move(all);
    return page;
}

}  // namespace

Task<Result<std::string>> FileStore::begin(trace::Context context, std::string key, std::string) {
    expect_key(key);
    std::string id = to_base32(make_uuid7(telemetry_.clock.now(), telemetry_.random));
    const fs::path folder = unfinished_ / id;
    const Errno error = co_await beside(loop_, [folder, key] { return begin_in(folder, key); });
    if (error != 0) co_return unavailable(telemetry_, context, error);
    co_return id;
}

Task<Result<std::string>> FileStore::put_part(
    trace::Context context, std::string key, std::string id, int number, std::string_view bytes
) {
    expect_key(key);
    const trace::Span span(context, "objects.put_part", trace::SpanKind::client);
    const SteadyTime began = telemetry_.clock.steady();
    const fs::path folder = unfinished_ / id;
    const std::string name = std::to_string(number);
    const Put put =
        co_await beside(loop_, [folder, name, bytes] { return put_in(folder, name, bytes); });
    if (put.error == ENOENT) co_return not_found();
    if (put.error != 0) co_return unavailable(telemetry_, context, put.error);
    const std::chrono::duration<double> time = telemetry_.clock.steady() - began;
    part_seconds_.Observe(time.count());
    co_return put.etag;
}

Task<Result<std::vector<StoredPart>>> FileStore::parts(
    trace::Context context, std::string key, std::string id
) {
    expect_key(key);
    const trace::Span span(context, "objects.list_parts", trace::SpanKind::client);
    Parts found = co_await beside(loop_, [folder = unfinished_ / id] { return parts_in(folder); });
    if (found.error == ENOENT) co_return not_found();
    if (found.error != 0) co_return unavailable(telemetry_, context, found.error);
    co_return std::move(found.all);
}

Task<Result<>> FileStore::complete(
    trace::Context context,
    std::string key,
    std::string id,
    std::vector<Part> parts,
    std::uint64_t bytes
) {
    expect_key(key);
    const trace::Span span(context, "objects.complete", trace::SpanKind::client);
    const SteadyTime began = telemetry_.clock.steady();
    const fs::path folder = unfinished_ / id;
    const Errno error = co_await beside(loop_, [folder, to = objects_ / key, parts] {
        return complete_in(folder, to, parts);
    });
    if (error == ENOENT) {
        const auto stored = co_await stat(context, std::move(key));
        if (stored && stored->bytes == bytes) co_return done;
        co_return not_found();
    }
    if (error == ESTALE) co_return parts_mismatch();
    if (error != 0) co_return unavailable(telemetry_, context, error);
    const std::chrono::duration<double> time = telemetry_.clock.steady() - began;
    complete_seconds_.Observe(time.count());
    co_return done;
}

Task<Result<>> FileStore::abort(trace::Context context, std::string, std::string id) {
    const fs::path path = unfinished_ / id;
    const Errno error = co_await beside(loop_, [path]() -> Errno {
        std::error_code failed;
        std::filesystem::remove_all(path, failed);
        return failed.value();
    });
    if (error != 0) co_return unavailable(telemetry_, context, error);
    co_return done;
}

/// What writers have begun is told whatever the prefix: the folder is nobody else's.
Task<Result<UnfinishedPage>> FileStore::unfinished(
    trace::Context, std::string prefix, std::optional<Unfinished> after
) {
    const std::string last = after ? after->id : "";
    co_return co_await beside(loop_, [folder = unfinished_, prefix, last] {
        return list_in(folder, prefix, last);
    });
}

}  // namespace acme::objects
