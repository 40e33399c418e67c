#pragma once

/// Signals that this process gets, as something to await.

#include "io/loop/loop.hpp"

#include <boost/asio/signal_set.hpp>

#include <initializer_list>

namespace acme::process {

/// While it lives, these signals no longer end the process. The thread must not block them.
class Signals {
public:
    Signals(const Executor& executor, std::initializer_list<int> numbers) : set_(executor) {
        for (const int number : numbers) set_.add(number);
    }

    /// The next one; 0 when cancelled, also before: a signal that came just then is not followed by
    /// a wait that nobody ends.
    Task<int> next() {
        if (is_cancelled_) co_return 0;
        const auto [error, number] = co_await set_.async_wait(no_throw);
        co_return error ? 0 : number;
    }

    /// Ends next(), and all that follow.
    void cancel() {
        is_cancelled_ = true;
        set_.cancel();
    }

private:
    asio::basic_signal_set<Executor> set_;
    bool is_cancelled_ = false;
};

}  // namespace acme::process
