#pragma once

/// One thread of a role: its Platform, and what it serves. Private to app/.

#include "app/platform.hpp"
#include "app/roles.hpp"

#include <chrono>
#include <memory>

namespace acme::app {

class Role {
public:
    virtual ~Role() = default;

    /// Opens the ports; throws when one is taken. Comes before run(), on the thread that starts
    /// the others, so that a process that cannot serve ends before it began.
    virtual void listen() = 0;

    /// Blocks until stop() has brought all to its end.
    virtual void run() = 0;

    /// From any thread, once. A role that takes requests goes on taking them for `delay`: so long
    /// a balancer may need to see that it ends.
    virtual void stop(std::chrono::milliseconds delay) = 0;

    /// From any thread: somebody has just said that the balancer sends nothing here any more.
    virtual bool is_drained() const = 0;

    /// After run(): handlers go on that nothing can end. The process ends as it is, and nothing of
    /// it is destroyed.
    virtual bool is_hung() const { return false; }

    /// After run(): whether it ended because a dependency cannot be used at all.
    virtual bool is_unusable() const = 0;
};

/// `index` is the thread's: the first one also serves the operations port.
std::unique_ptr<Role> make_serve(Platform& platform, std::size_t index);
std::unique_ptr<Role> make_worker(Platform& platform, std::size_t index);
std::unique_ptr<Role> make_scheduler(Platform& platform, std::size_t index);

}  // namespace acme::app
