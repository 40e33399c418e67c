#pragma once

/// The runtime socket of HAProxy 2.6 and later.
///
/// HAProxy answers a mistake with a sentence and not with a code, so every command's answer is
/// read: those that change something are silent when they were done.
///
/// Source: HAProxy management guide, 9.1 (CSV format) and 9.3 (unix socket commands).

#include "io/loop/loop.hpp"

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace acme::haproxy {

/// The socket is gone, silent, refuses, or says what we do not understand.
class Fault : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// One server of one backend. What is counted is counted since HAProxy began, or was reloaded.
struct ServerStat {
    std::string backend;
    std::string server;
    std::string status;  // "UP", "DOWN", "UP 1/2", "DOWN 1/2", "MAINT", "DRAIN", "NOLB", "no check"
    std::int64_t weight = 0;
    std::int64_t sessions = 0;  // now
    std::int64_t requests = 0;  // attempts that were sent there
    std::int64_t answers_4xx = 0;
    std::int64_t answers_5xx = 0;
    std::int64_t connection_errors = 0;
    std::int64_t response_errors = 0;  // broken off, silent for too long, no HTTP
    std::int64_t retries = 0;
    std::int64_t redispatches = 0;  // failed here, tried again elsewhere
    std::int64_t answer_ms = 0;     // mean of the last 1,024 requests, to the head of the answer
    std::int64_t total_ms = 0;      // the same, to the end of it
    std::string check;              // "L7OK", "L7STS", "L4CON", ...: why the last check decided so
    std::int64_t check_status = 0;  // the HTTP status of the last check; 0 without one

    /// In rotation, also while a check has just failed for the first time.
    bool is_up() const { return status.starts_with("UP"); }

    /// Up, and a check has said so: HAProxy takes a server for up until a check says otherwise.
    bool is_proven() const { return is_up() && check == "L7OK"; }

    /// Attempts that failed before there was a whole answer. One whose answer was empty and that
    /// was sent again counts as a retry and as a redispatch (measured with 2.6.12), one that was
    /// not accepted counts as one of them.
    std::int64_t failures() const {
        return connection_errors + response_errors + std::max(retries, redispatches);
    }
};

/// What a reload or a restart would keep of a server, and its address.
struct ServerState {
    std::string backend;
    std::string server;
    std::string address;  // "" when it has none
    std::uint16_t port = 0;
    int weight = 0;          // as asked for, whether or not it takes traffic now
    int admin = 0;           // flags of srv_admin_state
    bool is_up = false;      // by its checks, also while it drains
    bool is_sticky = false;  // for who knows by which map users are led; states() does not

    bool is_in_maintenance() const { return (admin & maintenance_flags) != 0; }
    bool is_draining() const { return (admin & drain_flags) != 0; }

    // The flag 4 only remembers that the file said "disabled".
    static constexpr int maintenance_flags = 0x01 | 0x02 | 0x20 | 0x40;
    static constexpr int drain_flags = 0x08 | 0x10;
};

/// The servers in an answer to `show stat`. Throws Fault when a column that we need is missing.
std::vector<ServerStat> parse_stats(std::string_view csv);

/// The servers in an answer to `show servers state`. Throws Fault for any other text.
std::vector<ServerState> parse_states(std::string_view text);

/// The entries in an answer to `show map`; nullopt for a map that HAProxy does not have. Throws
/// Fault for any other text.
std::optional<std::map<std::string, std::string>> parse_map(std::string_view text);

class Runtime {
public:
    static constexpr std::chrono::milliseconds deadline{2'000};
    static constexpr std::size_t answer_bytes_max = 4 * 1024 * 1024;

    explicit Runtime(std::string socket) : socket_(std::move(socket)) {}

    /// `command` is one line without its end. Throws Fault.
    Task<std::string> ask(std::string command);

    /// Commands that change something, one right after the other: "set weight app/a 19". All are
    /// tried. Throws Fault with HAProxy's words when it says anything.
    Task<> tell(std::vector<std::string> commands);

    Task<std::vector<ServerStat>> servers();
    Task<std::vector<ServerState>> states();

    /// What its configuration names by `file`, as it is now; nullopt when it names no such thing.
    Task<std::optional<std::map<std::string, std::string>>> map(std::string file);

    /// The text that a later HAProxy reads from its server-state file.
    Task<std::string> state() { return ask("show servers state"); }

    /// The process that answers; a reload changes it.
    Task<int> worker();

private:
    std::string socket_;
};

}  // namespace acme::haproxy
