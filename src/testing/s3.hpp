#pragma once

/// A real S3 server for one test: versitygw, which checks every signature and checksum, on a free
/// port of the loopback, in a folder of its own, gone with its owner.

#include <cstdint>
#include <filesystem>
#include <string>
#include <sys/types.h>

namespace acme::testing {

class S3Server {
public:
    static constexpr const char* access_key = "test-access";
    static constexpr const char* secret_key = "test-secret-key";
    static constexpr const char* bucket = "files";

    /// Ready when it returns, with the bucket made. Throws when versitygw is not built: `./dev
    /// setup` does that.
    S3Server();
    ~S3Server();
    S3Server(const S3Server&) = delete;
    S3Server& operator=(const S3Server&) = delete;

    /// "http://127.0.0.1:41234"
    std::string endpoint() const;

    /// Hangs: connections are accepted, nothing is answered.
    void stop() const;
    void go_on() const;

    void kill();

    /// After kill(): on the same port, with what it held.
    void start();

private:
    bool is_ready() const;

    std::filesystem::path folder_;
    std::uint16_t port_;
    pid_t pid_ = -1;
};

}  // namespace acme::testing
