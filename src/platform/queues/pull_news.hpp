#pragma once

/// Wakes the calls of this node that wait for jobs, when something is said of their queues
/// (work/jobs/programs.hpp). One session for all of them, from the first one on.

#include "io/loop/line.hpp"
#include "io/loop/task_group.hpp"
#include "io/pg/listener.hpp"

#include <list>
#include <optional>
#include <vector>

namespace acme::queues {

class PullNews {
public:
    PullNews(pg::ConnectionOptions options, Telemetry& telemetry);
    ~PullNews();
    PullNews(const PullNews&) = delete;
    PullNews& operator=(const PullNews&) = delete;

    /// Whether it hears at the moment. Until it does, who waits has to look more often.
    bool is_on() const { return listener_ && listener_->is_on(); }

    /// Nothing is heard after it.
    Task<> close();

    /// One call that waits. What is said from when its queues are known wakes it, also if it does
    /// not wait just then. The news outlive it.
    class Watch {
    public:
        explicit Watch(PullNews& news);
        ~Watch();
        Watch(const Watch&) = delete;
        Watch& operator=(const Watch&) = delete;

        void look_for(std::vector<std::int64_t> queues) { queues_ = std::move(queues); }
        const std::vector<std::int64_t>& queues() const { return queues_; }

        /// Until there are news, at most `time_max`.
        Task<> wait(std::chrono::milliseconds time_max);

        void wake();

    private:
        friend class PullNews;

        PullNews& news_;
        std::list<Watch*>::iterator place_;
        std::vector<std::int64_t> queues_;
        Line<bool> waiting_;
        bool is_woken_ = false;
    };

private:
    void hear(std::string_view queue);
    void listen(const Executor& executor);

    pg::ConnectionOptions options_;
    Telemetry& telemetry_;
    TaskGroup group_;
    std::list<Watch*> watches_;
    std::optional<pg::Listener> listener_;
    bool is_closed_ = false;
};

}  // namespace acme::queues
