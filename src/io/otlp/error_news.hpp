#pragma once

/// Lets all processes of a platform keep the same traces (TRC-3): whoever finds that a trace ended
/// in an error tells its id on the channel `trace:keep`, and the others export what they have of it
/// in their grace rings, and what of it has yet to end. While Redis is away, each keeps its own.

#include "io/otlp/exporter.hpp"
#include "io/redis/subscription.hpp"

#include <unordered_map>

namespace acme::otlp {

class ErrorNews {
public:
    static constexpr std::size_t ids_per_message_max = 256;  // that wait; more go untold
    static constexpr std::size_t wanted_max = 4096;
    static constexpr std::chrono::seconds wanted_for{10};

    /// Everything outlives it. `options` are those of `redis`.
    ErrorNews(
        Exporter& exporter,
        redis::Client& redis,
        const redis::Options& options,
        Telemetry& telemetry
    );

    /// What has ended, for Exporter::keep().
    void keep(trace::Trace& trace);

    /// Tells and hears, until stop().
    Task<> run();

    void stop();

    bool is_on() const { return subscription_.is_on(); }

private:
    struct Wanted {
        std::uint64_t id;  // the lower half, which is random
        SteadyTime until;
    };

    void hear(std::string_view message);
    void want(trace::TraceId id);
    bool is_wanted(trace::TraceId id);
    Task<> tell();

    Exporter& exporter_;
    redis::Client& redis_;
    Telemetry& telemetry_;
    redis::Subscription subscription_;
    std::string untold_;  // ids with commas between
    std::size_t untold_count_ = 0;
    std::deque<Wanted> wanted_;                            // oldest first
    std::unordered_map<std::uint64_t, int> wanted_times_;  // the same by id
    Line<bool> waiting_;
    bool is_stopping_ = false;
};

}  // namespace acme::otlp
