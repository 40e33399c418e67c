#pragma once

/// Hears what is notified on one channel, over a session of its own. News, not truth: what was said
/// while there was no session is missed. Source: PostgreSQL, NOTIFY.

#include "io/loop/line.hpp"
#include "io/pg/connection.hpp"

#include <functional>

namespace acme::pg {

class Listener {
public:
    using Heard = std::function<void(std::string_view payload)>;

    /// Then the session is asked whether it still lives.
    static constexpr std::chrono::milliseconds ask_period{5'000};
    static constexpr std::chrono::milliseconds answer_time_max{2'000};
    static constexpr std::chrono::milliseconds pause{1'000};  // before the next session

    /// `channel` is a literal of lower-case letters and _. `telemetry` outlives it; `heard` is
    /// called by run() alone.
    Listener(ConnectionOptions options, const char* channel, Heard heard, Telemetry& telemetry);
    ~Listener();
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;

    /// Listens, and again after each loss, until stop().
    Task<> run();

    void stop();

    /// Whether it hears at the moment.
    bool is_on() const { return is_on_; }

private:
    struct Session;

    Task<> listen();
    Task<> look_after(std::shared_ptr<Session> session);

    ConnectionOptions options_;
    std::string channel_;
    Heard heard_;
    Telemetry& telemetry_;
    std::shared_ptr<Session> session_;
    Line<bool> pausing_;
    bool is_on_ = false;
    bool is_stopping_ = false;
};

}  // namespace acme::pg
