#pragma once

/// For the little that threads share: held for some hundred nanoseconds, and never across an await.

#include <atomic>

namespace acme {

/// Waits until `flag` is its own, and sets it free when it ends. A mutex of the standard library
/// would do as well; the house keeps those out of rooms.
class [[nodiscard]] Gate {
public:
    explicit Gate(std::atomic_flag& flag) : flag_(flag) {
        while (flag_.test_and_set(std::memory_order_acquire)) flag_.wait(true);
    }
    ~Gate() {
        flag_.clear(std::memory_order_release);
        flag_.notify_one();
    }
    Gate(const Gate&) = delete;
    Gate& operator=(const Gate&) = delete;

private:
    std::atomic_flag& flag_;
};

}  // namespace acme
