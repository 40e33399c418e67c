#pragma once

/// What the folder driver asks of the disk. Everything here blocks, but beside(). Private to
/// io/objects.

#include "io/loop/loop.hpp"
#include "io/objects/store.hpp"
#include "io/telemetry/telemetry.hpp"

#include <filesystem>
#include <memory>
#include <sys/stat.h>
#include <utility>

namespace acme::objects {

/// errno of what failed; 0 for nothing.
using Errno = int;

class Descriptor {
public:
    Descriptor() = default;
    explicit Descriptor(int number) : number_(number) {}
    Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
    Descriptor& operator=(Descriptor&& other) noexcept {
        std::swap(number_, other.number_);
        return *this;
    }
    ~Descriptor();

    int number() const { return number_; }
    bool is_open() const { return number_ >= 0; }

private:
    int number_ = -1;
};

struct Opened {
    Descriptor file;
    struct stat info{};
    Errno error = 0;
};

/// For its owner alone.
void make_folder(const std::filesystem::path& folder);

/// To write into, where nothing is yet. Makes its folder, which may have been away when the store
/// was made.
std::shared_ptr<Opened> make_object(const std::filesystem::path& path);

/// To read. ENOENT for what is no file.
std::shared_ptr<Opened> open_object(const std::filesystem::path& path);

Errno write_at(int file, std::string_view bytes, std::uint64_t offset);

/// Lasts when it returns 0.
Errno put_in_place(int file, const std::filesystem::path& from, const std::filesystem::path& to);

/// A new name lasts when the folder that holds it has reached the disk.
Errno sync_folder(const std::filesystem::path& folder);

/// Errors: objects.unavailable, with what the disk said.
std::unexpected<Error> unavailable(Telemetry& telemetry, trace::Context context, Errno number);

/// Waits for its turn where the loop has enough to do already: the deadline of the request ends it.
template <class Work>
Task<std::invoke_result_t<Work>> beside(Loop& loop, Work work) {
    constexpr std::chrono::milliseconds busy_pause{5};
    while (true) {
        auto outcome = co_await loop.blocking(work);
        if (outcome) co_return *std::move(outcome);
        co_await sleep_for(busy_pause);
    }
}

}  // namespace acme::objects
