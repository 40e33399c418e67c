#pragma once

/// A real Redis for one test: on a free port of the loopback, in a folder of its own, gone with its
/// owner, even if the process is killed.

#include "testing/certificate.hpp"
#include "testing/child.hpp"

namespace acme::testing {

class Redis {
public:
    /// `password` for `requirepass`; "" for none. `more` are words of its command line. Ready when
    /// it returns, within some 50 ms.
    explicit Redis(std::string password = "", std::vector<std::string> more = {});

    /// Speaks TLS too, at tls_url().
    explicit Redis(const Certificate& certificate);

    /// "redis://127.0.0.1:41234"
    std::string url() const;

    /// "rediss://127.0.0.1:41235"
    std::string tls_url() const;

    std::uint16_t port() const { return port_; }

    /// Hangs: connections stay open and are accepted, nothing is answered.
    void stop() const;
    void go_on() const;

    void kill() { child_.kill(); }

    /// After kill(): on the same port, with nothing in it.
    void start();

    /// One command by a connection of its own; what the server said, as redis-cli would print it.
    std::string ask(const std::string& command) const;

private:
    Child child_{"redis"};
    std::string password_;
    std::vector<std::string> more_;
    std::uint16_t port_ = free_port();
    std::uint16_t tls_port_ = 0;
};

/// A Redis and a replica of it, and one sentinel that makes the replica the master when the master
/// has been silent for a moment. All of them want a password, the sentinel one of its own.
class WatchedRedis {
public:
    WatchedRedis();

    /// "redis+sentinel://acme:hunter2@127.0.0.1:41236/cache?sentinel_password=hunter3"
    std::string url() const;

    /// As an operator has it done, with nothing killed.
    void fail_over() const;

    /// Where the sentinel says that the master is: a port.
    std::string master_port() const;

    /// The one that is the master at first, and the other one.
    Redis first;
    Redis second;

private:
    Child sentinel_{"sentinel"};
    std::uint16_t port_ = free_port();
};

}  // namespace acme::testing
