// An upload in parts that need not be sent twice. Source: tus 1.0, core and creation.
#include "base/base64.hpp"
#include "base/text.hpp"
#include "io/loop/loop.hpp"
#include "platform/files/name.hpp"
#include "platform/files/remote.hpp"

#include <filesystem>
#include <fstream>

namespace acme::files {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t sent_at_once = std::size_t{5} * 1024 * 1024;
constexpr std::chrono::minutes answer_time_max{5};  // of a slow line to one piece

std::unexpected<Error> local_fault(const std::string& path) {
    return refuse(ErrorKind::conflict, "files.local", path + " cannot be read.");
}

Result<std::string> read_piece(const std::string& path, std::uint64_t offset) {
    std::ifstream file(path, std::ios::binary);
    std::string piece(sent_at_once, '\0');
    file.seekg(static_cast<std::streamoff>(offset));
    file.read(piece.data(), static_cast<std::streamsize>(piece.size()));
    if (!file.is_open() || file.bad()) return local_fault(path);
    piece.resize(static_cast<std::size_t>(file.gcount()));
    return piece;
}

std::uint64_t offset_in(const fetch::Response& response) {
    return parse_number<std::uint64_t>(response.header("Upload-Offset")).value_or(0);
}

/// Whether asking for the offset and going on from there can help.
bool can_go_on(const Error& error) {
    return error.kind == ErrorKind::unavailable || error.kind == ErrorKind::rate_limited ||
           error.kind == ErrorKind::conflict;
}

}  // namespace

Task<Result<std::string>> Remote::begin(
    trace::Context context, std::string name, std::uint64_t bytes
) {
    fetch::Request request{
        .name = "files.begin",
        .method = "POST",
        .url = options_.url + "/v1/uploads",
        .headers =
            {{"Tus-Resumable", "1.0.0"},
             {"Upload-Length", std::to_string(bytes)},
             {"Upload-Metadata", "filename " + to_base64(name)}},
    };
    const auto made = ACME_TRY(co_await send(context, std::move(request)));
    const std::string_view place = made.header("Location");
    if (place.starts_with('/')) co_return options_.url + std::string(place);
    co_return std::string(place);
}

/// Where to go on, and whether there is anything left to do.
Task<Result<Remote::Sent>> Remote::ask_offset(trace::Context context, std::string address) {
    fetch::Request request{
        .name = "files.offset",
        .method = "HEAD",
        .url = std::move(address),
        .headers = {{"Tus-Resumable", "1.0.0"}},
    };
    const auto answer = ACME_TRY(co_await send(context, std::move(request)));
    co_return Sent{offset_in(answer), std::string(answer.header("Upload-File"))};
}

Task<Result<Remote::Sent>> Remote::send_piece(
    trace::Context context, std::string address, std::string path, std::uint64_t offset
) {
    const std::string piece = ACME_TRY(read_piece(path, offset));
    fetch::Request request{
        .name = "files.append",
        .method = "PATCH",
        .url = std::move(address),
        .headers =
            {{"Tus-Resumable", "1.0.0"},
             {"Upload-Offset", std::to_string(offset)},
             {"Content-Type", "application/offset+octet-stream"}},
        .body = piece,
        .answer_time_max = answer_time_max,
    };
    const auto answer = ACME_TRY(co_await send(context, std::move(request)));
    co_return Sent{offset_in(answer), std::string(answer.header("Upload-File"))};
}

Task<Result<std::string>> Remote::send_all(
    trace::Context context, std::string address, std::string path, const Progress& progress
) {
    std::error_code absent;
    const std::uint64_t whole = fs::file_size(path, absent);
    if (absent) co_return local_fault(path);
    Sent sent = ACME_TRY(co_await ask_offset(context, address));
    int attempts = 0;
    auto pause = options_.pause;
    while (sent.file.empty()) {
        progress(sent.offset, whole);
        auto next = co_await send_piece(context, address, path, sent.offset);
        if (!next && can_go_on(next.error()) && ++attempts < options_.attempts_max) {
            co_await sleep_for(pause);
            pause *= 2;
            next = co_await ask_offset(context, address);
            if (!next && next.error().kind == ErrorKind::unavailable) continue;
        }
        if (!next) co_return std::unexpected(std::move(next.error()));
        if (next->offset > sent.offset) {
            attempts = 0;
            pause = options_.pause;
        }
        sent = *std::move(next);
    }
    progress(whole, whole);
    co_return sent.file;
}

Task<Result<boost::json::object>> Remote::upload(
    trace::Context context,
    std::string path,
    std::string name,
    std::string resumed,
    const std::function<void(std::string_view)>& tell,
    const Progress& progress
) {
    std::error_code absent;
    const std::uint64_t bytes = fs::file_size(path, absent);
    if (absent) co_return local_fault(path);
    if (name.empty()) name = ACME_TRY(checked_name(path));
    if (resumed.empty()) {
        resumed = ACME_TRY(co_await begin(context, std::move(name), bytes));
        tell(resumed);
    } else if (!resumed.starts_with(options_.url + "/v1/uploads/")) {
        // The key goes nowhere but to the platform it is for.
        co_return refuse(
            ErrorKind::invalid, "files.resume", "--resume takes an address of this platform."
        );
    }
    const std::string id =
        ACME_TRY(co_await send_all(context, std::move(resumed), std::move(path), progress));
    co_return co_await ask(context, "GET", "/v1/files/" + id);
}

}  // namespace acme::files
