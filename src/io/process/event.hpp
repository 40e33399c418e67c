#pragma once

/// Something that happens once, and those who wait for it.

#include "io/loop/loop.hpp"

#include <boost/asio/steady_timer.hpp>

#include <vector>

namespace acme::process {

/// Belongs to one loop's thread. Outlives those who wait.
class Event {
public:
    bool is_set() const { return is_set_; }

    void set() {
        is_set_ = true;
        for (asio::steady_timer* timer : waiting_) timer->cancel();
        waiting_.clear();
    }

    /// Makes it wait for the next set().
    void clear() { is_set_ = false; }

    /// Whether it was set within `time`.
    Task<bool> wait_for(std::chrono::milliseconds time) {
        if (is_set_) co_return true;
        asio::steady_timer timer(co_await asio::this_coro::executor, time);
        waiting_.push_back(&timer);
        co_await timer.async_wait(no_throw);
        std::erase(waiting_, &timer);
        co_return is_set_;
    }

private:
    bool is_set_ = false;
    std::vector<asio::steady_timer*> waiting_;
};

}  // namespace acme::process
