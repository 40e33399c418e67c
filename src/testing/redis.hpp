#pragma once

/// A real Redis for one test: on a free port of the loopback, in a folder of its own, gone with its
/// owner, even if the process is killed.

#include <cstdint>
#include <filesystem>
#include <string>
#include <sys/types.h>

namespace acme::testing {

class Redis {
public:
    /// `password` for `requirepass`; "" for none. Ready when it returns, within some 50 ms.
    explicit Redis(std::string password = "");
    ~Redis();
    Redis(const Redis&) = delete;
    Redis& operator=(const Redis&) = delete;

    /// "redis://127.0.0.1:41234"
    std::string url() const;
    std::uint16_t port() const { return port_; }

    /// Hangs: connections stay open and are accepted, nothing is answered.
    void stop() const;
    void go_on() const;

    void kill();

    /// After kill(): on the same port, with nothing in it.
    void start();

    /// One command by a connection of its own; what the server said, as redis-cli would print it.
    std::string ask(const std::string& command) const;

private:
    std::filesystem::path folder_;
    std::string password_;
    std::uint16_t port_;
    pid_t pid_ = -1;
};

}  // namespace acme::testing
