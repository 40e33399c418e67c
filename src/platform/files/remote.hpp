#pragma once

/// The files of a platform, over its HTTP API with a key: what `acme files` works with, from
/// wherever it runs.

#include "base/result.hpp"
#include "base/secret.hpp"
#include "base/task.hpp"
#include "io/fetch/fetch.hpp"

#include <boost/json/object.hpp>

#include <functional>
#include <string>
#include <string_view>

namespace acme::files {

/// How far it is; called now and then.
using Progress = std::function<void(std::uint64_t bytes, std::uint64_t of)>;

class Remote {
public:
    struct Options {
        std::string url;                         // "https://acme.example.com"
        Secret key;                              // an API key or a token
        int attempts_max = 6;                    // in a row, without a byte between them
        std::chrono::milliseconds pause{1'000};  // before the second attempt, then doubled
    };

    /// `fetch` outlives it.
    Remote(fetch::Client& fetch, Options options);

    /// The answer's object; empty for 204. Errors: files.refused, of the kind that the status says
    /// and with what the platform said; files.unreachable (unavailable).
    Task<Result<boost::json::object>> ask(
        trace::Context context,
        std::string_view method,
        std::string path,
        std::string json = "",
        fetch::HeaderList headers = {}
    );

    /// The bytes of a file into `path`, by way of "path.part": what is there of it already is not
    /// fetched again, also after a run that was broken off. A connection that is lost is taken up
    /// again. Errors: those of ask(), files.local (the disk), files.damaged (another SHA-256).
    Task<Result<boost::json::object>> download(
        trace::Context context, std::string id, std::string path, const Progress& progress
    );

    /// A local file, in parts; `resumed` is the address that an earlier run told. `tell` gets the
    /// address of a new one before its first byte is sent. Errors: those of ask(), files.local.
    Task<Result<boost::json::object>> upload(
        trace::Context context,
        std::string path,
        std::string name,
        std::string resumed,
        const std::function<void(std::string_view)>& tell,
        const Progress& progress
    );

private:
    struct Sent {
        std::uint64_t offset = 0;
        std::string file;  // its id, when all of it is stored; "" before
    };

    Task<Result<std::string>> begin(trace::Context context, std::string name, std::uint64_t bytes);
    Task<Result<Sent>> ask_offset(trace::Context context, std::string address);
    Task<Result<Sent>> send_piece(
        trace::Context context, std::string address, std::string path, std::uint64_t offset
    );
    Task<Result<std::string>> send_all(
        trace::Context context, std::string address, std::string path, const Progress& progress
    );
    Task<Result<fetch::Response>> send(trace::Context context, fetch::Request request);
    Task<Result<>> fetch_rest(
        trace::Context context,
        const boost::json::object& file,
        std::string path,
        const Progress& progress
    );

    fetch::Client& fetch_;
    Options options_;
};

}  // namespace acme::files
