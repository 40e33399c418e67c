#include "io/objects/file_disk.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

namespace acme::objects {

namespace fs = std::filesystem;

Descriptor::~Descriptor() {
    if (number_ >= 0) ::close(number_);
}

void make_folder(const fs::path& folder) {
    std::error_code away;
    fs::create_directories(folder, away);
    fs::permissions(folder, fs::perms::owner_all, away);
}

std::shared_ptr<Opened> make_object(const fs::path& path) {
    auto made = std::make_shared<Opened>();
    for (const bool is_again : {false, true}) {
        if (is_again) make_folder(path.parent_path());
        made->file =
            Descriptor(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
        made->error = made->file.is_open() ? 0 : errno;
        if (made->error != ENOENT) break;
    }
    return made;
}

std::shared_ptr<Opened> open_object(const fs::path& path) {
    auto opened = std::make_shared<Opened>();
    opened->file = Descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    const bool ok = opened->file.is_open() && ::fstat(opened->file.number(), &opened->info) == 0;
    if (!ok) opened->error = errno;
    if (ok && !S_ISREG(opened->info.st_mode)) opened->error = ENOENT;
    return opened;
}

Errno write_at(int file, std::string_view bytes, std::uint64_t offset) {
    while (!bytes.empty()) {
        const auto count = ::pwrite(file, bytes.data(), bytes.size(), static_cast<off_t>(offset));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return errno;
        bytes.remove_prefix(static_cast<std::size_t>(count));
        offset += static_cast<std::uint64_t>(count);
    }
    return 0;
}

Errno sync_folder(const fs::path& folder) {
    const Descriptor opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!opened.is_open() || ::fsync(opened.number()) != 0) return errno;
    return 0;
}

Errno put_in_place(int file, const fs::path& from, const fs::path& to) {
    if (::fsync(file) != 0) return errno;
    std::error_code error;
    fs::create_directories(to.parent_path(), error);
    if (error) return error.value();
    if (::rename(from.c_str(), to.c_str()) != 0) return errno;
    return sync_folder(to.parent_path());
}

std::unexpected<Error> unavailable(Telemetry& telemetry, trace::Context context, Errno number) {
    const bool is_full = number == ENOSPC || number == EDQUOT || number == EFBIG;
    const std::string reason = std::strerror(number);
    telemetry.log.write(LogLevel::warn, "objects.refused", context, {{"reason", reason}});
    return refuse(
        ErrorKind::unavailable,
        "objects.unavailable",
        is_full ? "The disk of the object store is full."
                : "The folder of the object store cannot be used: " + reason + "."
    );
}

}  // namespace acme::objects
