// A download that goes on where it was broken off.
#include "base/bytes.hpp"
#include "base/hash.hpp"
#include "base/text.hpp"
#include "io/loop/loop.hpp"
#include "platform/files/name.hpp"
#include "platform/files/remote.hpp"

#include <filesystem>
#include <fstream>

namespace acme::files {
namespace {

namespace fs = std::filesystem;

std::unexpected<Error> local_fault(const std::string& path, std::string_view what) {
    return refuse(ErrorKind::conflict, "files.local", path + " cannot be " + std::string(what));
}

std::string text_in(const boost::json::object& object, std::string_view name) {
    const auto* const value = object.if_contains(name);
    return value != nullptr && value->is_string() ? std::string(value->get_string()) : "";
}

std::uint64_t bytes_there(const std::string& path) {
    std::error_code absent;
    const auto bytes = fs::file_size(path, absent);
    return absent ? 0 : bytes;
}

std::string sha256_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::string piece(std::size_t{1024} * 1024, '\0');
    Sha256 sha256;
    while (file) {
        file.read(piece.data(), static_cast<std::streamsize>(piece.size()));
        sha256.add(std::string_view(piece).substr(0, static_cast<std::size_t>(file.gcount())));
    }
    return to_hex(sha256.finish());
}

/// Appends what comes. False when the connection was lost on the way.
Task<Result<bool>> append(
    fetch::Response& response,
    std::string path,
    bool is_part,
    std::uint64_t whole,
    const Progress& progress
) {
    const auto how = is_part ? std::ios::app : std::ios::trunc;
    std::uint64_t bytes = is_part ? bytes_there(path) : 0;
    std::ofstream file(path, std::ios::binary | how);
    try {
        for (auto piece = co_await response.read(); !piece.empty();
             piece = co_await response.read()) {
            file.write(piece.data(), static_cast<std::streamsize>(piece.size()));
            bytes += piece.size();
            progress(bytes, whole);
        }
    } catch (const fetch::Fault&) {
        co_return false;
    }
    file.close();
    if (!file) co_return local_fault(path, "written.");
    co_return true;
}

}  // namespace

Task<Result<>> Remote::fetch_rest(
    trace::Context context,
    const boost::json::object& file,
    std::string path,
    const Progress& progress
) {
    const auto whole = file.at("size").to_number<std::uint64_t>();
    const std::string address = options_.url + "/v1/files/" + text_in(file, "id") + "/content";
    int attempts = 0;
    auto pause = options_.pause;
    while (true) {
        const std::uint64_t have = bytes_there(path);
        if (have >= whole && (whole > 0 || fs::exists(path))) co_return done;
        fetch::Request request{.name = "files.content", .url = address};
        if (have > 0) {
            request.headers.emplace_back("Range", "bytes=" + std::to_string(have) + '-');
            request.headers.emplace_back("If-Range", '"' + text_in(file, "sha256") + '"');
        }
        auto response = co_await send(context, std::move(request));
        bool is_lost = !response && response.error().kind == ErrorKind::unavailable;
        if (!response && !is_lost) co_return std::unexpected(std::move(response.error()));
        if (response) {
            const bool is_part = response->status() == 206;
            is_lost = !ACME_TRY(co_await append(*response, path, is_part, whole, progress));
        }
        if (!is_lost) continue;
        attempts = bytes_there(path) > have ? 1 : attempts + 1;
        if (attempts == 1) pause = options_.pause;
        if (attempts >= options_.attempts_max) {
            co_return refuse(
                ErrorKind::unavailable,
                "files.unreachable",
                "The platform does not answer. The same command goes on where it ended."
            );
        }
        co_await sleep_for(pause);
        pause *= 2;
    }
}

Task<Result<boost::json::object>> Remote::download(
    trace::Context context, std::string id, std::string path, const Progress& progress
) {
    auto file = ACME_TRY(co_await ask(context, "GET", "/v1/files/" + id));
    if (path.empty()) path = ACME_TRY(checked_name(text_in(file, "name")));
    if (fs::exists(path)) co_return local_fault(path, "written: it exists.");
    const std::string part = path + ".part";
    ACME_TRY(co_await fetch_rest(context, file, part, progress));
    if (sha256_of(part) != text_in(file, "sha256")) {
        std::error_code gone;
        fs::remove(part, gone);
        co_return refuse(
            ErrorKind::conflict,
            "files.damaged",
            "What was there of it belongs to something else, and is removed. Begin anew."
        );
    }
    std::error_code failed;
    fs::rename(part, path, failed);
    if (failed) co_return local_fault(path, "written.");
    file["path"] = path;
    co_return file;
}

}  // namespace acme::files
