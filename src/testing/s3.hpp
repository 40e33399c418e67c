#pragma once

/// A real S3 server for one test: versitygw, which checks every signature and checksum, on a free
/// port of the loopback, in a folder of its own, gone with its owner.

#include "testing/child.hpp"

#include <filesystem>

namespace acme::testing {

class S3Server {
public:
    static constexpr const char* access_key = "test-access";
    static constexpr const char* secret_key = "test-secret-key";
    static constexpr const char* bucket = "files";

    /// Ready when it returns, with the bucket made. Throws when versitygw is not built: `./dev
    /// setup` does that.
    S3Server();

    /// "http://127.0.0.1:41234"
    std::string endpoint() const;

    /// Hangs: connections are accepted, nothing is answered.
    void stop() const;
    void go_on() const;

    void kill() { child_.kill(); }

    /// Where its objects lie.
    std::filesystem::path objects() const { return child_.folder() / "buckets" / bucket; }

    /// After kill(): on the same port, with what it held.
    void start();

private:
    bool is_ready() const;

    Child child_{"s3"};
    std::uint16_t port_ = free_port();
};

}  // namespace acme::testing
