#pragma once

/// What changes in the balancer while it runs: who takes how much of the traffic.
///
/// Each change goes to the running HAProxy first, is read back, and is then written into its
/// configuration and state files, so that a reload or a restart at any moment keeps it. What runs
/// is asked each time and never remembered: the file is written from it. Nobody is ever declared
/// healthy; only checks do that.
///
/// Any process of the same user may use it; a lock file keeps their changes apart. Errors of all:
/// balancer.unreachable (unavailable); of changes also balancer.unknown_server (not_found),
/// balancer.busy (unavailable), balancer.not_taken (unavailable) when what is read back is not what
/// was asked for, balancer.not_written (unavailable) when HAProxy has it and the disk does not, and
/// those of check().

#include "io/haproxy/runtime.hpp"
#include "io/process/machine.hpp"
#include "operate/balancer/balancer.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace acme::balancer {

enum class Admin : std::uint8_t {
    ready,        // takes traffic while its checks say so
    drain,        // finishes what it has; is still checked
    maintenance,  // is left alone
};

std::string_view text(Admin admin);  // "ready"

/// A server of the backend `app`. What is counted is counted since HAProxy began or was reloaded.
struct ServerNow {
    std::string name;
    std::string node;  // to which it leads, see node_of()
    std::string address;
    std::uint16_t port = 0;
    Admin admin = Admin::ready;
    bool is_up = false;      // by its checks, also while it drains
    bool is_proven = false;  // a check of its own has said so
    bool is_sticky = false;  // a twentieth of the users is led there, see stick()
    int weight = 0;
    std::int64_t sessions = 0;  // now
    std::int64_t requests = 0;  // attempts sent there
    std::int64_t answers_4xx = 0;
    std::int64_t answers_5xx = 0;
    std::int64_t failures = 0;  // attempts without a whole answer, also when another node had one
    std::string check;          // "L7OK", "L7STS", "L4CON", …
};

/// One thing about which the files and what runs disagree.
struct Drift {
    std::string server;
    std::string what;  // "address", "weight", "admin", "presence", "sticky"
    std::string file;
    std::string runtime;

    friend bool operator==(const Drift&, const Drift&) = default;
};

class Balancer {
public:
    static constexpr std::chrono::milliseconds lock_time_max{5'000};
    static constexpr std::chrono::milliseconds reload_time_max{15'000};

    /// `config_file` is what HAProxy was started with, `haproxy_program` the whole path.
    Balancer(Settings settings, std::string config_file, std::string haproxy_program);

    /// What write_note() left in the run folder. Errors: balancer.not_set_up (not_found).
    static Result<Balancer> load(const std::string& run_folder);

    const Settings& settings() const { return settings_; }  // as they were at the start

    Task<Result<std::vector<ServerNow>>> servers();

    /// Of those that are named; the rest keeps its own. Errors: balancer.malformed (invalid).
    Task<Result<>> set_weights(std::map<std::string, int> weights);

    /// No new traffic, but checks. From maintenance its checks must first succeed again.
    Task<Result<>> drain(std::string name);

    /// Takes traffic again. From maintenance only when its checks have succeeded, which takes up to
    /// two seconds; from drain at once if they did all the time.
    Task<Result<>> ready(std::string name);

    Task<Result<>> maintain(std::string name);

    /// Leads one of twenty users there, always the same ones and on every connection, one of twenty
    /// requests of those who have no name, and nobody else: its weight becomes 0. Ends when it is
    /// drained, in maintenance or removed, and with unstick(). Errors: balancer.not_ready
    /// (conflict) for a server that may not have traffic; balancer.no_map (conflict), when what
    /// HAProxy runs is of a release that could not do this.
    Task<Result<>> stick(std::string name);

    /// Nobody is led any more, and who was sticky weighs what a canary does that is not.
    Task<Result<>> unstick();

    /// Where a server's node is now. Its checks must first succeed again.
    Task<Result<>> set_address(std::string name, std::string address, std::uint16_t port);

    /// A server that the balancer does not have; it takes traffic when its checks have succeeded.
    /// Errors: balancer.malformed (invalid); balancer.taken (conflict) for a name that is there.
    Task<Result<>> add(std::string name, std::string address, std::uint16_t port, int weight);

    /// Takes the server out for good; what it still has is ended. Errors: balancer.last_server
    /// (conflict).
    Task<Result<>> remove(std::string name);

    /// Writes the files from what runs, and changes nothing else.
    Task<Result<>> write();

    /// Ends what it still has. Nothing is left to be written anywhere.
    Task<Result<>> cut(std::string name);

    /// Files written and checked, then a new worker without a lost connection, then compared with
    /// the one before. Errors: balancer.not_reloaded (unavailable), when the old one still answers;
    /// balancer.no_master (conflict), when it does not run in master-worker mode.
    Task<Result<>> reload();

    /// Empty when a restart would change nothing.
    Task<Result<std::vector<Drift>>> compare();

private:
    using States = std::vector<haproxy::ServerState>;
    using Commands = std::function<Result<std::vector<std::string>>(const States&)>;

    Task<Result<>> change(Commands commands, std::function<bool(const States&)> is_done);
    Task<Result<>> change_locked(Commands commands, std::function<bool(const States&)> is_done);
    Task<Result<>> move_to(std::string name, Admin admin);
    Task<Result<>> stick_locked(std::string name);
    Task<States> states();
    std::vector<std::string> unstuck(
        const States& now, const haproxy::ServerState& server, std::vector<std::string> words
    ) const;
    std::string map_text(const States& now) const;
    Task<Result<>> write_files();
    Task<Result<>> add_locked(Server server);
    Task<Result<>> remove_locked(std::string name);
    Task<Result<>> reload_locked();
    Task<Result<>> locked(Task<Result<>> work);
    Task<Result<process::Hold>> lock_in_time();
    Task<std::vector<ServerNow>> look();
    Task<std::vector<Drift>> look_for_drift();
    Settings settings_of(const States& states) const;

    Settings settings_;
    std::string config_file_;
    std::string haproxy_;
    haproxy::Runtime runtime_;
};

/// While two programs of a node take traffic, each has a server of its own: one is called as the
/// node, the other with that behind it. Which is which changes with each such replacement.
inline constexpr std::string_view second_suffix = ".2";
std::string node_of(std::string_view server);

/// The one of the node that leads to `address`, or, where none does, any of it; nullptr for none.
const ServerNow* server_of(
    const std::vector<ServerNow>& servers, std::string_view node, std::string_view address
);

/// Of the traffic that comes now, 0 to 1: by the weights of what is in rotation, beside what is led
/// to one that is sticky.
double share_of(const ServerNow& server, const std::vector<ServerNow>& servers);

/// Of the users, or of the requests of who has no name.
inline constexpr double sticky_share = 0.05;

/// Leaves in the run folder what load() needs. Throws std::system_error.
void write_note(
    const Settings& settings, const std::string& config_file, const std::string& haproxy_program
);

/// What a stable node weighs; alone or among its like it does not matter what.
inline constexpr int stable_weight = 19;

/// With a canary N − 1 for it and 19 for each other of the N nodes: exactly 1/20 of the traffic for
/// any N up to 257 (PIPE-6). Without one all are equal. A canary alone takes everything.
std::map<std::string, int> canary_weights(
    const std::vector<std::string>& stable, const std::optional<std::string>& canary
);

}  // namespace acme::balancer
