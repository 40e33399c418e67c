#pragma once

/// Threads of its own for work that waits long for others, so that it does not hold up what
/// Loop::blocking() is for.

#include "io/loop/loop.hpp"

#include <optional>

namespace acme {

class Beside {
public:
    static constexpr std::size_t waiting_max = 64;  // pieces of work that run or wait

    /// Belongs to the thread of `loop`, which outlives it. The threads begin with the first work.
    Beside(Loop& loop, std::size_t threads) : loop_(loop), count_(threads) {}
    Beside(const Beside&) = delete;
    Beside& operator=(const Beside&) = delete;

    /// As Loop::blocking(): resumes on the loop with what `work` returns; what it throws is thrown,
    /// and nothing stops it half-way. The destructor waits for what runs and drops what waits.
    /// Errors: loop.busy (unavailable).
    template <std::invocable Work>
    Task<Result<std::invoke_result_t<Work>>> run(Work work) {
        if (waiting_ == waiting_max) {
            co_return refuse(ErrorKind::unavailable, "loop.busy", "Too much at once. Try later.");
        }
        if (!threads_) threads_.emplace(count_);
        auto outcome = co_await hand_over(std::move(work));
        if (!outcome) std::rethrow_exception(outcome.error());
        co_return *std::move(outcome);
    }

private:
    template <class Work>
    using Outcome = std::expected<std::invoke_result_t<Work>, std::exception_ptr>;

    /// Counts on the loop's thread only, before and after, so that the number needs no lock.
    template <class Work>
    Task<Outcome<Work>> hand_over(Work work) {
        const auto start = [this](auto resume, Work task) {
            ++waiting_;
            asio::post(
                *threads_,
                [this, resume = std::move(resume), task = std::move(task)]() mutable {
                    auto finish =
                        [this, resume = std::move(resume), outcome = outcome_of(task)]() mutable {
                            --waiting_;
                            std::move(resume)(std::move(outcome));
                        };
                    asio::post(loop_, std::move(finish));
                }
            );
        };
        return asio::async_initiate<const asio::use_awaitable_t<Executor>, void(Outcome<Work>)>(
            start, use_task, std::move(work)
        );
    }

    template <class Work>
    static Outcome<Work> outcome_of(Work& work) {
        try {
            return work();
        } catch (...) {
            return std::unexpected(std::current_exception());  // thrown again by run()
        }
    }

    Loop& loop_;
    std::size_t count_;
    std::size_t waiting_ = 0;
    std::optional<asio::thread_pool> threads_;
};

}  // namespace acme
