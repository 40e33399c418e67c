#pragma once

/// Hears what is published on one channel. News, not truth: what was published while there was no
/// connection is missed, and so is what Redis lost.

#include "io/loop/line.hpp"
#include "io/redis/client.hpp"

#include <functional>

namespace acme::redis {

class Line;
class Reach;

class Subscription {
public:
    using Heard = std::function<void(std::string_view message)>;

    /// Then the connection is asked whether it still lives.
    static constexpr std::chrono::milliseconds ping_period{5'000};
    static constexpr std::chrono::milliseconds answer_time_max{1'000};
    static constexpr std::chrono::milliseconds pause{1'000};  // before the next connection

    /// Throws as Client does. `telemetry` outlives it; `heard` is called by run() alone.
    Subscription(const Options& options, std::string channel, Heard heard, Telemetry& telemetry);
    ~Subscription();
    Subscription(const Subscription&) = delete;
    Subscription& operator=(const Subscription&) = delete;

    /// Subscribes, and again after each loss, until stop().
    Task<> run();

    void stop();

    /// Whether it hears at the moment.
    bool is_on() const { return is_on_; }

private:
    Task<> listen();
    Task<bool> ask(std::vector<std::string> words);

    std::unique_ptr<Reach> reach_;
    std::string channel_;
    Heard heard_;
    std::shared_ptr<Line> line_;
    acme::Line<bool> pausing_;
    bool is_on_ = false;
    bool is_stopping_ = false;
};

}  // namespace acme::redis
