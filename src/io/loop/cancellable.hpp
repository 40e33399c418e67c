#pragma once

/// A task that can be ended from outside, and that ends itself when its time is up.
///
/// Ending is a request: what the task awaits returns early, its next co_await throws, and what it
/// must not leave half done it finishes first. So the end comes soon, not at once.

#include "io/loop/loop.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>

namespace acme {

class Cancellable {
public:
    /// Runs one task, once. Returns and throws what it does; a task that was ended throws
    /// boost::system::system_error as a rule. Whoever awaits this cannot be cancelled meanwhile.
    template <class T>
    Task<T> run(Task<T> task, std::chrono::milliseconds time_max) {
        const Executor executor = co_await asio::this_coro::executor;
        const std::shared_ptr<State> state = state_;  // a timer that has rung may outlive us
        asio::steady_timer timer(executor, time_max);
        timer.async_wait([state](const boost::system::error_code& error) {
            if (error) return;
            state->is_late = true;
            state->signal.emit(asio::cancellation_type::terminal);
        });
        co_return co_await asio::co_spawn(
            executor, std::move(task), asio::bind_cancellation_slot(state->signal.slot(), use_task)
        );
    }

    void cancel() {
        state_->is_cancelled = true;
        state_->signal.emit(asio::cancellation_type::terminal);
    }

    bool is_cancelled() const { return state_->is_cancelled; }  // by cancel()
    bool is_late() const { return state_->is_late; }            // by its time

private:
    struct State {
        asio::cancellation_signal signal;
        bool is_cancelled = false;
        bool is_late = false;
    };

    std::shared_ptr<State> state_ = std::make_shared<State>();
};

}  // namespace acme
