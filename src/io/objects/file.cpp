#include "io/objects/file.hpp"

#include "base/ids.hpp"
#include "io/objects/file_disk.hpp"
#include "io/objects/probe.hpp"

#include <prometheus/histogram.h>

#include <cerrno>
#include <set>
#include <sys/uio.h>
#include <unistd.h>

namespace acme::objects {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t piece_bytes = std::size_t{64} * 1024;

class FileWriter final : public Writer {
public:
    FileWriter(
        Descriptor file,
        fs::path from,
        fs::path to,
        Loop& loop,
        Telemetry& telemetry,
        prometheus::Histogram& part_seconds,
        prometheus::Histogram& complete_seconds
    )
        : file_(std::move(file)),
          from_(std::move(from)),
          to_(std::move(to)),
          loop_(loop),
          telemetry_(telemetry),
          part_seconds_(part_seconds),
          complete_seconds_(complete_seconds) {}

    ~FileWriter() override {
        if (!is_finished_) ::unlink(from_.c_str());
    }

    Task<Result<>> write(trace::Context context, std::string_view bytes) override {
        const trace::Span span(context, "objects.write", trace::SpanKind::client);
        const SteadyTime began = telemetry_.clock.steady();
        const int file = file_.number();
        const std::uint64_t offset = bytes_;
        const Errno error =
            co_await beside(loop_, [file, bytes, offset] { return write_at(file, bytes, offset); });
        if (error != 0) co_return unavailable(telemetry_, context, error);
        bytes_ += bytes.size();
        observe(part_seconds_, began);
        co_return done;
    }

    Task<Result<>> finish(trace::Context context, std::string_view bytes) override {
        if (is_finished_) co_return done;
        const trace::Span span(context, "objects.finish", trace::SpanKind::client);
        const SteadyTime began = telemetry_.clock.steady();
        const int file = file_.number();
        const std::uint64_t offset = bytes_;
        const Errno error = co_await beside(loop_, [=, from = from_, to = to_] {
            const Errno written = write_at(file, bytes, offset);
            return written != 0 ? written : put_in_place(file, from, to);
        });
        if (error != 0) co_return unavailable(telemetry_, context, error);
        is_finished_ = true;
        observe(complete_seconds_, began);
        co_return done;
    }

private:
    void observe(prometheus::Histogram& seconds, SteadyTime began) const {
        seconds.Observe(std::chrono::duration<double>(telemetry_.clock.steady() - began).count());
    }

    Descriptor file_;
    fs::path from_;
    fs::path to_;
    Loop& loop_;
    Telemetry& telemetry_;
    prometheus::Histogram& part_seconds_;
    prometheus::Histogram& complete_seconds_;
    std::uint64_t bytes_ = 0;
    bool is_finished_ = false;
};

class FileReader final : public Reader {
public:
    FileReader(Descriptor file, Range range, Loop& loop)
        : file_(std::move(file)), at_(range.first), left_(range.count), loop_(loop) {}

    /// What the kernel has in memory is taken at once; only the disk is waited for elsewhere.
    Task<std::string_view> read() override {
        if (left_ == 0) co_return "";
        const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(left_, piece_bytes));
        buffer_.resize(piece_bytes);
        iovec place{.iov_base = buffer_.data(), .iov_len = wanted};
        const auto offset = static_cast<off_t>(at_);
        const int file = file_.number();
        ssize_t count = ::preadv2(file, &place, 1, offset, RWF_NOWAIT);
        if (count <= 0) {
            count = co_await beside(loop_, [file, place, offset] {
                return ::pread(file, place.iov_base, place.iov_len, offset);
            });
        }
        if (count <= 0) throw Fault("an object ends before its end");
        at_ += static_cast<std::uint64_t>(count);
        left_ -= static_cast<std::uint64_t>(count);
        co_return std::string_view(buffer_.data(), static_cast<std::size_t>(count));
    }

private:
    Descriptor file_;
    std::uint64_t at_;
    std::uint64_t left_;
    Loop& loop_;
    std::vector<char> buffer_;
};

struct Found {
    Page page;
    Errno error = 0;
};

/// In the order of the keys, which is not the order of folders: "a/b" comes after "a-b". A folder
/// of the prefix need not be there, that of all objects must.
Found list_folder(const fs::path& objects, const std::string& prefix, const std::string& after) {
    std::set<Listed, decltype([](const Listed& a, const Listed& b) { return a.key < b.key; })> page;
    bool is_cut = false;
    const auto slash = prefix.rfind('/');
    const fs::path start = slash == prefix.npos ? objects : objects / prefix.substr(0, slash);
    std::error_code error;
    if (!fs::is_directory(objects, error)) return {.page = {}, .error = ENOENT};
    for (fs::recursive_directory_iterator entry(start, error), end; !error && entry != end;
         entry.increment(error)) {
        std::error_code gone;
        if (!entry->is_regular_file(gone)) continue;
        std::string key = entry->path().lexically_relative(objects).string();
        if (!key.starts_with(prefix) || key <= after) continue;
        page.insert({.key = std::move(key), .bytes = entry->file_size(gone)});
        if (page.size() <= list_max) continue;
        page.erase(std::prev(page.end()));
        is_cut = true;
    }
    Page result{.objects = {page.begin(), page.end()}, .next = ""};
    if (is_cut) result.next = result.objects.back().key;
    const bool is_gone = error == std::errc::no_such_file_or_directory;
    return {.page = std::move(result), .error = is_gone ? 0 : error.value()};
}

}  // namespace

FileStore::FileStore(const fs::path& folder, Loop& loop, Telemetry& telemetry)
    : objects_(folder / "objects"),
      unfinished_(folder / "unfinished"),
      loop_(loop),
      telemetry_(telemetry),
      part_seconds_(upload_seconds(telemetry, "part")),
      complete_seconds_(upload_seconds(telemetry, "complete")) {
    for (const fs::path& made : {folder, objects_, unfinished_}) make_folder(made);
}

Task<Result<std::unique_ptr<Writer>>> FileStore::write(
    trace::Context context, std::string key, std::string
) {
    expect_key(key);
    const Uuid id = make_uuid7(telemetry_.clock.now(), telemetry_.random);
    const fs::path from = unfinished_ / to_base32(id);
    const auto opened = co_await beside(loop_, [from] { return make_object(from); });
    if (opened->error != 0) co_return unavailable(telemetry_, context, opened->error);
    co_return std::make_unique<FileWriter>(
        std::move(opened->file),
        from,
        objects_ / key,
        loop_,
        telemetry_,
        part_seconds_,
        complete_seconds_
    );
}

Task<Result<std::unique_ptr<Reader>>> FileStore::read(
    trace::Context context, std::string key, std::optional<Range> range
) {
    expect_key(key);
    const trace::Span span(context, "objects.read", trace::SpanKind::client);
    const fs::path path = objects_ / key;
    const auto opened = co_await beside(loop_, [path] { return open_object(path); });
    if (opened->error == ENOENT || opened->error == ENOTDIR) co_return not_found();
    if (opened->error != 0) co_return unavailable(telemetry_, context, opened->error);
    const auto bytes = static_cast<std::uint64_t>(opened->info.st_size);
    const Range all{.first = 0, .count = bytes};
    const Range taken = range.value_or(all);
    if (taken.first > bytes || taken.count > bytes - taken.first) {
        throw std::invalid_argument("a range beyond the object's end");
    }
    co_return std::make_unique<FileReader>(std::move(opened->file), taken, loop_);
}

Task<Result<Stat>> FileStore::stat(trace::Context context, std::string key) {
    expect_key(key);
    const fs::path path = objects_ / key;
    const auto opened = co_await beside(loop_, [path] { return open_object(path); });
    if (opened->error == ENOENT || opened->error == ENOTDIR) co_return not_found();
    if (opened->error != 0) co_return unavailable(telemetry_, context, opened->error);
    const auto& info = opened->info;
    co_return Stat{
        .bytes = static_cast<std::uint64_t>(info.st_size),
        .etag = std::to_string(info.st_ino) + '-' + std::to_string(info.st_mtim.tv_nsec),
    };
}

Task<Result<>> FileStore::remove(trace::Context context, std::string key) {
    expect_key(key);
    const fs::path path = objects_ / key;
    const Errno error = co_await beside(loop_, [path]() -> Errno {
        return ::unlink(path.c_str()) == 0 ? 0 : errno;
    });
    if (error == 0 || error == ENOENT || error == ENOTDIR) co_return done;
    co_return unavailable(telemetry_, context, error);
}

Task<Result<Page>> FileStore::list(trace::Context context, std::string prefix, std::string after) {
    Found found = co_await beside(loop_, [objects = objects_, prefix, after] {
        return list_folder(objects, prefix, after);
    });
    if (found.error != 0) co_return unavailable(telemetry_, context, found.error);
    co_return std::move(found.page);
}

Task<Result<>> FileStore::examine(trace::Context context) { return probe(context); }

Task<Result<>> FileStore::probe(trace::Context context) {
    const Uuid id = make_uuid7(telemetry_.clock.now(), telemetry_.random);
    co_return co_await probe_store(*this, context, "probe/" + to_base32(id));
}

Task<> FileStore::close() { co_return; }

}  // namespace acme::objects
