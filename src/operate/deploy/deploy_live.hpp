#pragma once

/// GET /v1/deployments/{id}/events: what the controllers of a deployment tell, as server-sent
/// events, each a record with its number as id. Ends with "event: end" and the deployment when that
/// has ended, or with "event: drain" when this node takes no more traffic.

#include "io/http/message.hpp"
#include "io/telemetry/telemetry.hpp"
#include "operate/deploy/deployments.hpp"

#include <prometheus/gauge.h>

namespace acme::deploy {

inline constexpr std::chrono::milliseconds live_look_period{500};
inline constexpr std::chrono::milliseconds live_heartbeat{15'000};
inline constexpr std::chrono::milliseconds live_time_max{900'000};  // then who reads is asked anew

/// How many streams a thread has open.
struct Streams {
    static constexpr int open_max = 64;
    int open = 0;
};

class LiveRecords final : public http::Source {
public:
    /// Begins behind record `after`. What it is given outlives it.
    LiveRecords(
        pg::Database& db,
        Telemetry& telemetry,
        Streams& streams,
        DeploymentId id,
        std::int64_t after
    );
    ~LiveRecords() override;
    LiveRecords(const LiveRecords&) = delete;
    LiveRecords& operator=(const LiveRecords&) = delete;

    /// A database that is away ends the stream: the reader comes back by itself.
    Task<std::string_view> read() override;

    /// Within live_look_period.
    void end_soon() override { is_draining_ = true; }

private:
    Task<std::string> look(trace::Context context);

    Deployments deployments_;
    Telemetry& telemetry_;
    Streams& streams_;
    prometheus::Gauge& open_;  // whoever drains this node waits for none of them
    DeploymentId id_;
    std::int64_t seen_;
    SteadyTime opened_at_;
    SteadyTime heard_at_;
    std::string sending_;
    bool has_begun_ = false;
    bool is_draining_ = false;
    bool is_over_ = false;
};

}  // namespace acme::deploy
