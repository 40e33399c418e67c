#pragma once

/// A line for things that are scarce: places of a pool, a connection that is being opened.
///
/// Unlike a WaitQueue, one may leave it: when the time is up, or when the task is cancelled. What
/// was handed to a task is never lost by that: it is returned even if both happen at once.

#include "io/loop/loop.hpp"

#include <boost/asio/steady_timer.hpp>

#include <list>

namespace acme {

template <class T>
class Line {
public:
    /// nullopt: nothing came in time, or the task was cancelled.
    Task<std::optional<T>> wait(std::chrono::milliseconds time_max) {
        Place place(places_, asio::steady_timer(co_await asio::this_coro::executor, time_max));
        co_await place.timer.async_wait(no_throw);
        co_return std::move(place.value);
    }

    /// To the first in line; there must be one. It goes on in a later turn of the loop.
    void give(T value) {
        Place& first = *places_.front();
        first.leave();
        first.value = std::move(value);
        first.timer.cancel();
    }

    bool empty() const { return places_.empty(); }
    std::size_t size() const { return places_.size(); }

private:
    struct Place;
    using Places = std::list<Place*>;

    /// Lives in the frame of the task that waits.
    struct Place {
        Place(Places& line, asio::steady_timer alarm)
            : places(line), timer(std::move(alarm)), at(line.insert(line.end(), this)) {}
        ~Place() { leave(); }
        Place(const Place&) = delete;
        Place& operator=(const Place&) = delete;

        void leave() {
            if (is_in_line) places.erase(at);
            is_in_line = false;
        }

        Places& places;
        asio::steady_timer timer;
        Places::iterator at;
        bool is_in_line = true;
        std::optional<T> value;
    };

    Places places_;
};

}  // namespace acme
