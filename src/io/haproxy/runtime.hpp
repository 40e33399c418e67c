#pragma once

/// The runtime socket of HAProxy 2.6 and later.
///
/// Source: HAProxy management guide, 9.1 (CSV format) and 9.3 (unix socket commands).

#include "io/loop/loop.hpp"

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace acme::haproxy {

/// The socket is gone, silent, or says what we do not understand.
class Fault : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// One server of one backend.
struct ServerStat {
    std::string backend;
    std::string server;
    std::string status;  // "UP", "DOWN", "UP 1/2", "DOWN 1/2", "MAINT", "DRAIN", "NOLB", "no check"
    std::int64_t weight = 0;
    std::int64_t sessions = 0;      // now
    std::int64_t requests = 0;      // since HAProxy began
    std::int64_t answers_5xx = 0;   // since HAProxy began
    std::string check;              // "L7OK", "L7STS", "L4CON", ...: why the last check decided so
    std::int64_t check_status = 0;  // the HTTP status of the last check; 0 without one

    /// In rotation, also while a check has just failed for the first time.
    bool is_up() const { return status.starts_with("UP"); }

    /// Up, and a check has said so: HAProxy takes a server for up until a check says otherwise.
    bool is_proven() const { return is_up() && check == "L7OK"; }
};

/// The servers in an answer to `show stat`. Throws Fault when a column that we need is missing.
std::vector<ServerStat> parse_stats(std::string_view csv);

class Runtime {
public:
    static constexpr std::chrono::milliseconds deadline{2'000};
    static constexpr std::size_t answer_bytes_max = 4 * 1024 * 1024;

    explicit Runtime(std::string socket) : socket_(std::move(socket)) {}

    /// `command` is one line without its end. Throws Fault.
    Task<std::string> ask(std::string command);

    Task<std::vector<ServerStat>> servers();

    /// The text that a later HAProxy reads from its server-state file.
    Task<std::string> state() { return ask("show servers state"); }

private:
    std::string socket_;
};

}  // namespace acme::haproxy
