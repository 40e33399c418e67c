#pragma once

/// Asks a node itself, once a second, past the balancer: silence of users is never a pass.

#include "io/fetch/fetch.hpp"
#include "operate/judge/windows.hpp"

#include <deque>
#include <string>
#include <utility>
#include <vector>

namespace acme::judge {

/// What a prober reads.
struct Reads {
    std::vector<std::string> paths{"/healthz"};  // in turn
    std::string cookie = "";                     // "name=value" of a session; "" for nobody's
};

class Prober {
public:
    static constexpr std::chrono::milliseconds time_max{2'000};  // slower is a failure, as for p99

    /// Both outlive it.
    Prober(Telemetry& telemetry, fetch::Client& client) : telemetry_(telemetry), client_(client) {}

    /// One look: GET /readyz, and the next read, both at once; at most time_max. `release` is what
    /// the header X-Acme-Release must say where there is one. Never throws for what the node does.
    Task<> look(std::string address, std::string release, const Reads& reads);

    /// The whole begins now.
    void mark();

    Probes minute() const;
    const Probes& whole() const { return whole_; }

    /// What the node has counted of us since the last call: answers, and 5xx and 4xx among them.
    Asked take_counted() { return std::exchange(counted_, {}); }

private:
    struct One {
        SteadyTime at;
        bool is_error;
    };
    struct Answer {
        int status = 0;        // 0: no whole answer
        std::string why = "";  // there is none
    };

    Task<Answer> read(std::string url, std::string cookie, std::string release);
    Task<> look_ready(std::string address, std::string release);
    Task<> look_path(
        std::string address, std::string path, std::string cookie, std::string release
    );

    Telemetry& telemetry_;
    fetch::Client& client_;
    std::size_t next_ = 0;
    Probes whole_;
    std::deque<One> last_;  // of a minute
    Asked counted_;
};

}  // namespace acme::judge
