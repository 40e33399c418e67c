#include "operate/local/release_copy.hpp"

#include "base/bytes.hpp"
#include "base/hash.hpp"
#include "operate/local/release.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

namespace acme::local {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t piece_bytes = 1 << 20;

std::string digest_of_file(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    Sha256 digest;
    std::string piece(piece_bytes, '\0');
    while (file) {
        file.read(piece.data(), static_cast<std::streamsize>(piece.size()));
        digest.add(std::string_view(piece).substr(0, static_cast<std::size_t>(file.gcount())));
    }
    if (!file.eof()) {
        throw fs::filesystem_error(
            "cannot be read", path, std::make_error_code(std::errc::io_error)
        );
    }
    return to_hex(digest.finish());
}

bool is_executable(const fs::path& path) {
    return fs::is_regular_file(path) && ::access(path.c_str(), X_OK) == 0;
}

/// Copied into itself, a folder would have no end.
bool holds(const fs::path& folder, const fs::path& inside) {
    const fs::path way = fs::weakly_canonical(inside).lexically_relative(fs::canonical(folder));
    return !way.empty() && *way.begin() != "..";
}

Result<> check_program(const fs::path& program) {
    if (is_executable(program)) return {};
    return refuse(
        ErrorKind::invalid,
        "release.no_program",
        program.string() + " is not there, or not an executable file."
    );
}

Result<> check_source(const fs::path& source, const fs::path& stage) {
    if (!fs::exists(source)) {
        return refuse(
            ErrorKind::not_found, "release.not_found", "There is no " + source.string() + "."
        );
    }
    if (fs::is_directory(source) && holds(source, stage)) {
        return refuse(
            ErrorKind::invalid,
            "release.malformed",
            "The folder holds the releases themselves. Name one that holds the program alone."
        );
    }
    return check_program(fs::is_directory(source) ? source / "acme" : source);
}

/// errno of what stood in the way, or 0.
int send_all(int from, int to) {
    while (true) {
        const auto sent = ::sendfile(to, from, nullptr, piece_bytes);
        if (sent == 0) return 0;
        if (sent < 0 && errno != EINTR) return errno;
    }
}

/// std::filesystem::copy_file() calls a disk that fills up on the way an input/output error.
void copy_one(const fs::path& from, const fs::path& to) {
    struct stat facts{};
    const int source = ::open(from.c_str(), O_RDONLY | O_CLOEXEC);
    const bool is_open = source >= 0 && ::fstat(source, &facts) == 0;
    const int target =
        is_open ? ::open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600) : -1;
    int reason = target < 0 ? errno : send_all(source, target);
    if (reason == 0 && ::fchmod(target, facts.st_mode & 07777) != 0) reason = errno;
    if (source >= 0) ::close(source);
    if (target >= 0 && ::close(target) != 0 && reason == 0) reason = errno;
    if (reason == 0) return;
    throw fs::filesystem_error(
        "cannot be copied", is_open ? to : from, std::error_code(reason, std::generic_category())
    );
}

/// "" or what stands in the way.
std::string copy_entry(const fs::directory_entry& entry, const fs::path& to) {
    if (entry.is_symlink()) {
        fs::copy_symlink(entry.path(), to);
    } else if (entry.is_directory()) {
        fs::create_directory(to);
    } else if (entry.is_regular_file()) {
        copy_one(entry.path(), to);
    } else {
        return entry.path().string() + " is neither a file nor a folder nor a link.";
    }
    return "";
}

Result<> copy_folder(const fs::path& source, const fs::path& stage, std::size_t entries_max) {
    std::size_t entries = 0;
    for (const auto& entry : fs::recursive_directory_iterator(source)) {
        if (++entries > entries_max) {
            return refuse(
                ErrorKind::invalid, "release.malformed", "The folder has too many files."
            );
        }
        std::string problem = copy_entry(entry, stage / entry.path().lexically_relative(source));
        if (!problem.empty()) return refuse(ErrorKind::invalid, "release.malformed", problem);
    }
    return {};
}

std::string words_of(const fs::filesystem_error& fault) {
    const int reason = fault.code().value();
    const bool has_no_room = reason == ENOSPC || reason == EDQUOT || reason == EFBIG;
    return std::string("The release cannot be unpacked: ") +
           (has_no_room ? "there is no room for " : "") + fault.path1().string() + ": " +
           fault.code().message() + ".";
}

/// The name that comes after it may not be on the disk before it is.
void sync(const fs::path& folder) {
    const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const bool is_synced = descriptor >= 0 && ::syncfs(descriptor) == 0;
    const std::error_code reason(errno, std::generic_category());
    if (descriptor >= 0) ::close(descriptor);
    if (!is_synced) throw fs::filesystem_error("cannot be written", folder, reason);
}

}  // namespace

std::string digest_of(const std::string& folder) {
    std::vector<std::string> lines;
    std::string program;
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
        const std::string name = entry.path().lexically_relative(folder);
        if (entry.is_symlink()) {
            lines.push_back("link " + name + '\0' + fs::read_symlink(entry.path()).string());
        } else if (entry.is_regular_file()) {
            const std::string digest = digest_of_file(entry.path());
            if (name == "acme") program = digest;
            const char* const kind = is_executable(entry.path()) ? "program " : "file ";
            lines.push_back(kind + name + '\0' + digest);
        }
    }
    if (lines.size() == 1) return "sha256:" + program;
    std::ranges::sort(lines);
    Sha256 digest;
    for (const std::string& line : lines) digest.add(line + '\0');
    return "sha256:" + to_hex(digest.finish());
}

Result<> copy_release(
    const std::string& source, const std::string& stage, std::size_t entries_max
) {
    try {
        if (auto sound = check_source(source, stage); !sound) return sound;
        fs::remove_all(stage);
        fs::create_directories(stage);
        if (fs::is_directory(source)) {
            if (auto copied = copy_folder(source, stage, entries_max); !copied) return copied;
        } else {
            copy_one(source, fs::path(stage) / "acme");
        }
        sync(stage);
        return check_program(fs::path(stage) / "acme");  // a link may lead nowhere now
    } catch (const fs::filesystem_error& fault) {
        return refuse(ErrorKind::unavailable, "release.not_copied", words_of(fault));
    }
}

}  // namespace acme::local
