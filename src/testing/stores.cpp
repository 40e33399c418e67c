#include "testing/stores.hpp"

#include <cstdlib>

namespace acme::testing {
namespace {

std::filesystem::path fresh_folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "acme-files-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp");
    return pattern;
}

/// With which a server compares its own, and the file system the ages of its files.
void move_to_present(ManualClock& clock) { clock.advance(SystemClock().now() - clock.now()); }

objects::S3Options filled(objects::S3Options options, const S3Server& server, DryBench& bench) {
    move_to_present(bench.clock);
    if (options.bucket.empty()) options.bucket = S3Server::bucket;
    if (options.region.empty()) options.region = "us-east-1";
    if (options.endpoint.empty()) options.endpoint = server.endpoint();
    if (options.keys.access_key.empty()) options.keys.access_key = S3Server::access_key;
    if (options.keys.secret_key.empty()) {
        options.keys.secret_key = Secret(std::string(S3Server::secret_key));
    }
    return options;
}

template <class Kind>
std::unique_ptr<Backend> make(DryBench& bench) {
    return std::make_unique<Kind>(bench);
}

}  // namespace

FolderBackend::FolderBackend(DryBench& bench)
    : folder_(fresh_folder()), files_(folder_, bench.loop, bench.telemetry) {
    move_to_present(bench.clock);
}

FolderBackend::~FolderBackend() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
}

S3Backend::S3Backend(DryBench& bench, objects::S3Options options)
    : client_(bench.telemetry),
      s3_(filled(std::move(options), server, bench), bench.loop, client_, bench.telemetry) {}

const Driver drivers[2] = {{"Folder", make<FolderBackend>}, {"S3", make<S3Backend>}};

}  // namespace acme::testing
