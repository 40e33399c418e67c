// The worker's life beside its jobs: lease, rescue, measuring, drain.
#include "work/jobs/worker.hpp"

namespace acme::jobs {
namespace {

constexpr std::chrono::milliseconds beat_retry_pause{500};

/// What ends within a drain is told so soon.
constexpr std::chrono::milliseconds drain_pause{20};

/// How often handlers are looked for that do not end.
constexpr std::chrono::milliseconds stubborn_period{1'000};

constexpr int release_tries_max = 3;
constexpr std::chrono::milliseconds sweep_period{1'000};

/// Looking through all of the index takes at most a fiftieth of the time.
constexpr std::chrono::milliseconds whole_period{1'000};
constexpr int whole_share = 50;

}  // namespace

/// A lease that cannot be renewed is given up well before it ends, so that no job runs twice at
/// once: whoever takes over waits for its end.
Task<> Worker::beat() {
    auto pause = options_.beat_period;
    while (!is_closed_) {
        co_await beating_.wait(pause);
        pause = options_.beat_period;
        if (is_closed_ || lease_ == 0) continue;
        Untraced own(telemetry_);
        const std::int64_t lease = lease_;
        const SteadyTime asked = telemetry_.clock.steady();
        bool is_ours = true;
        try {
            is_ours =
                co_await table_.renew_lease(own.context, lease, options_.lease_time, abandoned_);
            renewed_at_ = asked;
            co_await look_for_cancels(own.context);
        } catch (const pg::Fault&) {
            pause = beat_retry_pause;
        }
        if (lease != lease_) continue;
        if (!is_ours) fence("the lease has ended");
    }
}

Task<> Worker::look_for_cancels(trace::Context context) {
    if (running_.empty()) co_return;
    for (const std::int64_t id : co_await table_.find_cancels(context, lease_)) {
        for (const Slot& slot : running_) {
            if (slot->job.id != id) continue;
            slot->is_cancel_asked = true;
            slot->work.cancel();
        }
    }
}

/// Beside the beat, which may be waiting for an answer that never comes.
Task<> Worker::watch_lease() {
    while (!is_closed_) {
        const auto left = options_.fence_time - (telemetry_.clock.steady() - renewed_at_);
        const bool is_late = left <= std::chrono::milliseconds(0);
        if (lease_ != 0 && is_late) fence("no beat in time");
        const auto pause = lease_ == 0 || is_late ? options_.fence_time : left;
        co_await beating_.wait(std::chrono::ceil<std::chrono::milliseconds>(pause));
    }
}

void Worker::fence(std::string_view reason) {
    telemetry_.log.error("worker.fenced", {{"reason", reason}, {"running", running_.size()}});
    lease_ = 0;
    cancel_all();
    drop_lost();
    wake_fetcher();
}

void Worker::cancel_all() {
    for (const Slot& slot : running_) slot->work.cancel();
}

/// What stood under a lease that we have no more.
void Worker::drop_lost() {
    const auto is_lost = [this](const Job& job) { return job.lease != lease_; };
    for (Group* group : {&own_, &waiting_}) {
        std::erase_if(group->ready, is_lost);
    }
    for (const Ended& each : ended_) {
        if (is_lost(each.job)) count(each, false);
    }
    std::erase_if(ended_, [&](const Ended& each) { return is_lost(each.job); });
    const auto held = held_ids();
    if (std::ranges::find(held, suspect_) == held.end()) suspect_ = 0;
}

Task<> Worker::keep_house() {
    while (!is_closed_) {
        co_await beating_.wait(options_.rescue_period);
        if (is_closed_) co_return;
        try {
            co_await rescue();
        } catch (const pg::Fault& fault) {
            telemetry_.log.warn("worker.rescue", {{"reason", fault.what()}});
        }
    }
}

Task<> Worker::rescue() {
    Untraced own(telemetry_);
    for (const Rescued& job : co_await table_.rescue(own.context)) {
        series_.rescued(job.queue);
        if (job.is_dead) series_.died(job.queue);
        telemetry_.log.warn(
            "job.rescued", {{"queue", job.queue}, {"outcome", job.is_dead ? "dead" : "due"}}
        );
    }
}

Task<> Worker::sweep_keys() {
    while (!is_closed_) {
        co_await beating_.wait(sweep_period);
        if (is_closed_) co_return;
        try {
            Untraced own(telemetry_);
            co_await table_.sweep_keys(own.context);
        } catch (const pg::Fault& fault) {
            telemetry_.log.warn("worker.keys", {{"reason", fault.what()}});
        }
    }
}

/// What came to stand behind the marks: a commit that was late, a job that was skipped because
/// somebody held its row. Over a session of its own, for it may take long.
Task<> Worker::look_through() {
    auto pause = whole_period;
    while (!is_closed_) {
        co_await beating_.wait(pause);
        if (is_stopping_ || lease_ == 0 || has_doubt_) continue;
        const SteadyTime began = telemetry_.clock.steady();
        is_looking_ = true;
        try {
            co_await claim_whole(own_, std::max<std::size_t>(room_ahead(), 1));
            co_await claim_whole(waiting_, room_for_waiting());
        } catch (const pg::Fault& fault) {
            telemetry_.log.warn("worker.look", {{"reason", fault.what()}});
            has_doubt_ = true;
        }
        is_looking_ = false;
        const auto time = telemetry_.clock.steady() - began;
        pause = std::max(
            whole_period, std::chrono::ceil<std::chrono::milliseconds>(time * whole_share)
        );
    }
}

Task<> Worker::claim_whole(Group& group, std::size_t count) {
    if (count == 0 || group.kinds.empty() || queues_.empty()) co_return;
    Untraced own(telemetry_);
    Ask ask{group.kinds, group.marks.ranges(queues_, Marks::Reach::whole), count};
    Cycle cycle = co_await table_.claim_apart(own.context, lease_, std::move(ask));
    group.marks.note(cycle.claimed);
    put(std::move(cycle.claimed));
}

/// The lane of an abandoned handler ends with it; another one takes its place.
Task<> Worker::give_up_stubborn() {
    const auto pause = std::min(stubborn_period, options_.cancel_time_max);
    while (!is_closed_) {
        co_await beating_.wait(pause);
        const SteadyTime now = telemetry_.clock.steady();
        std::vector<Slot> stubborn;
        for (const Slot& slot : running_) {
            if (!slot->work.is_late() && !slot->work.is_cancelled()) continue;
            if (!slot->ending_since) slot->ending_since = now;
            if (now - *slot->ending_since >= options_.cancel_time_max) stubborn.push_back(slot);
        }
        for (const Slot& slot : stubborn) {
            abandon(slot);
            if (is_stopping_) continue;
            lanes_.spawn(co_await asio::this_coro::executor, "worker.job", lane());
        }
        if (abandoned_ >= options_.slots && !is_stopping_) wear_out();
    }
}

/// What hangs holds sessions, memory and what else its handler took: only the end of the process
/// sets that free.
void Worker::wear_out() {
    telemetry_.log.error("worker.worn_out", {{"abandoned", abandoned_}});
    stop();
    if (options_.worn_out) options_.worn_out();
}

Task<> Worker::measure() {
    while (!is_closed_) {
        try {
            Untraced own(telemetry_);
            series_.show(co_await table_.depths(own.context));
            std::vector<std::string> kinds;
            for (const auto& [kind, how] : registry_.kinds()) kinds.push_back(kind);
            series_.show(co_await table_.find_trouble(own.context, std::move(kinds)));
        } catch (const pg::Fault& fault) {
            telemetry_.log.warn("worker.measure", {{"reason", fault.what()}});
        }
        if (!is_closed_) co_await beating_.wait(options_.depth_period);
    }
}

Task<> Worker::drain() {
    telemetry_.log.info("worker.draining", {{"running", running_.size()}});
    co_await return_ready();
    group_.spawn(co_await asio::this_coro::executor, "worker.drain", limit_drain());
    while (!running_.empty() && !is_given_up_) {
        if (!ended_.empty() && lease_ != 0) co_await turn();
        co_await fetching_.wait(std::exchange(is_fault_, false) ? beat_retry_pause : drain_pause);
    }
    for (int tries = 0; !ended_.empty() && lease_ != 0 && tries < release_tries_max; ++tries) {
        co_await turn();
        if (std::exchange(is_fault_, false)) co_await sleep_for(beat_retry_pause);
    }
    while (is_looking_) co_await sleep_for(drain_pause);
    co_await release();
    is_closed_ = true;
    for (const std::list<Slot> left = running_; const Slot& slot : left) abandon(slot);
    wake_lanes();
    while (!beating_.empty()) beating_.give(true);
    co_await group_.join();
    if (abandoned_ == 0) co_await lanes_.join();
}

Task<> Worker::limit_drain() {
    if (!running_.empty()) co_await draining_.wait(options_.drain_time_max);
    if (!running_.empty()) {
        telemetry_.log.warn("worker.drain_late", {{"running", running_.size()}});
        cancel_all();
        co_await draining_.wait(options_.cancel_time_max);
    }
    is_given_up_ = true;
    wake_fetcher();
}

/// What was fetched ahead and not begun need not wait for what runs. If the database cannot be
/// asked, release() tries again.
Task<> Worker::return_ready() {
    std::vector<std::int64_t> ids;
    for (Group* group : {&own_, &waiting_}) {
        for (const Job& job : group->ready) ids.push_back(job.id);
        group->ready.clear();
    }
    if (ids.empty() || lease_ == 0) co_return;
    Untraced own(telemetry_);
    try {
        co_await table_.return_unstarted(own.context, lease_, std::move(ids));
    } catch (const pg::Fault& fault) {
        telemetry_.log.warn("worker.return", {{"reason", fault.what()}});
    }
}

/// Whatever still stands under our lease may be run by others at once. If the database cannot be
/// asked, they wait for the lease to end.
Task<> Worker::release() {
    for (int tries = 0; lease_ != 0 && tries < release_tries_max; ++tries) {
        Untraced own(telemetry_);
        bool has_failed = false;
        try {
            const int returned = co_await table_.give_back(own.context, lease_, {});
            co_await table_.close_lease(own.context, lease_);
            telemetry_.log.info("worker.drained", {{"returned", returned}});
        } catch (const pg::Fault& fault) {
            telemetry_.log.warn("worker.release", {{"reason", fault.what()}});
            has_failed = true;
        }
        if (!has_failed) break;
        co_await sleep_for(beat_retry_pause);
    }
    lease_ = 0;
}

void Worker::wake_lanes() {
    std::size_t jobs = own_.ready.size() + waiting_.ready.size();
    if (is_closed_) jobs = options_.slots;
    for (; jobs > 0 && !idle_.empty(); --jobs) idle_.resume_first(true);
}

void Worker::wake_fetcher() {
    while (!fetching_.empty()) fetching_.give(true);
}

std::vector<std::int64_t> Worker::held_ids() const {
    std::vector<std::int64_t> ids;
    for (const Slot& slot : running_) ids.push_back(slot->job.id);
    for (const Group* group : {&own_, &waiting_}) {
        for (const Job& job : group->ready) ids.push_back(job.id);
    }
    for (const auto* all : {&ended_, &telling_}) {
        for (const Ended& each : *all) ids.push_back(each.job.id);
    }
    return ids;
}

}  // namespace acme::jobs
