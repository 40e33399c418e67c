#pragma once

/// Tells a request that brings bytes when a newer one has taken its upload over, on whichever node:
/// it would hold its memory until its connection is found dead. Correctness does not rest on it:
/// each commit compares lock_epoch.

#include "base/ids.hpp"
#include "io/loop/task_group.hpp"
#include "io/pg/database.hpp"
#include "io/telemetry/telemetry.hpp"

#include <functional>
#include <set>

namespace prometheus {
class Gauge;
}

namespace acme::uploads {

class Fences {
public:
    static constexpr std::chrono::milliseconds look_every{500};

    /// A request, while it lives.
    class Place {
    public:
        /// `fenced` is called at most once. The fences outlive it.
        Place(Fences& fences, Uuid upload, std::int64_t epoch, std::function<void()> fenced);
        ~Place();
        Place(const Place&) = delete;
        Place& operator=(const Place&) = delete;

    private:
        friend class Fences;

        Fences& fences_;
        Uuid upload_;
        std::int64_t epoch_;
        std::function<void()> fenced_;
    };

    /// Everything outlives it.
    Fences(pg::Database& db, Telemetry& telemetry);

    /// Sees to it that somebody looks, as long as there are places.
    Task<> watch();

    /// Waits until nobody looks any more.
    Task<> close();

private:
    Task<> look_on();
    Task<> look();

    pg::Database& db_;
    Telemetry& telemetry_;
    prometheus::Gauge& active_;
    std::set<Place*> places_;
    bool is_watching_ = false;
    bool is_closing_ = false;
    TaskGroup tasks_;
};

}  // namespace acme::uploads
