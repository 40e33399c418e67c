#pragma once

/// Sends what is due: part of each worker, beside its jobs. One a thread.
///
/// Not jobs, because a delivery mostly waits for somebody else: a few receivers that are slow would
/// take every slot that jobs have.

#include "io/loop/line.hpp"
#include "io/loop/task_group.hpp"
#include "platform/webhooks/lanes.hpp"

#include <functional>
#include <memory>

namespace acme::webhooks {

struct SenderOptions {
    int lanes_max = 32;        // held at once
    int struck_lanes_max = 8;  // beside them: of those whose last attempt failed
    std::chrono::milliseconds poll_period{500};
    double keep_share = 0;                         // of traces that begin here
    std::function<void(trace::Trace&)> keep = {};  // takes the traces that are worth keeping
    std::optional<Own> own = std::nullopt;         // sends to this listener, and to nobody else
    std::function<void(const Due&, const Posted&)> told = {};  // hears of each attempt
};

class Sender {
public:
    /// `client` has fetch_options().
    Sender(Lanes& lanes, fetch::Client& client, Telemetry& telemetry, SenderOptions options = {});

    /// Sends until stop(), then ends what it has begun, within attempt_time_max and a moment.
    Task<> run();

    /// One look, and all that it found is sent: for tests. Returns how many lanes it found.
    Task<int> run_once();

    void stop();

    int running() const { return held_ + struck_; }

private:
    /// A lane and how many of its deliveries are still under way.
    struct Round {
        Lane lane;
        std::size_t left = 0;
    };
    using RoundPtr = std::shared_ptr<Round>;

    Task<int> look();
    Task<> serve(Lane lane);
    Task<> send(RoundPtr round, Due due);
    Task<> end(RoundPtr round);
    void tell(
        trace::Context context, const Lane& lane, const Due& due, const Posted& posted, Fate fate
    );

    Lanes& lanes_;
    fetch::Client& client_;
    Telemetry& telemetry_;
    SenderOptions options_;
    TaskGroup group_;
    int held_ = 0;
    int struck_ = 0;
    bool is_stopping_ = false;
    Line<bool> waiting_;  // to look again
};

}  // namespace acme::webhooks
