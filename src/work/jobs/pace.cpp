// How much a worker asks for, and what it has to know before it does.
#include "work/jobs/worker.hpp"

namespace acme::jobs {
namespace {

constexpr double ahead_seconds = 0.05;
constexpr std::chrono::milliseconds rate_window{20};
constexpr std::chrono::milliseconds queues_period{1'000};

}  // namespace

std::size_t Worker::free_slots() const {
    const std::size_t taken = running_.size() + own_.ready.size() + waiting_.ready.size();
    return options_.slots - std::min(options_.slots, taken);
}

/// Slots that are free, and what those that are not will have done in a moment; asked for when half
/// of it is used up.
std::size_t Worker::room_ahead() {
    const auto ahead = static_cast<std::size_t>(rate_ * ahead_seconds);
    const std::size_t busy = std::min(options_.slots, running_.size() + waiting_.ready.size());
    const std::size_t most = options_.slots - busy + std::min(ahead, options_.ahead_max);
    const std::size_t ready = own_.ready.size();
    if (ready > most / 2) return 0;
    return most - ready;
}

std::size_t Worker::room_for_waiting() const {
    if (waiting_.kinds.empty()) return 0;
    const auto running = static_cast<std::size_t>(
        std::ranges::count_if(running_, [](const Slot& slot) { return slot->waits_for_others; })
    );
    const std::size_t most = slots_for_others(options_.slots);
    return most - std::min(most, running + waiting_.ready.size());
}

void Worker::measure_rate(std::size_t finished) {
    finished_ += finished;
    const SteadyTime now = telemetry_.clock.steady();
    const std::chrono::duration<double> time = now - rated_at_;
    if (time < rate_window) return;
    const double rate = static_cast<double>(finished_) / time.count();
    rate_ = rated_at_ == SteadyTime{} ? 0 : rate_ * 0.5 + rate * 0.5;
    rated_at_ = now;
    finished_ = 0;
}

void Worker::sort_kinds() {
    if (own_.kinds.size() + waiting_.kinds.size() == registry_.kinds().size()) return;
    own_.kinds.clear();
    waiting_.kinds.clear();
    for (const auto& [kind, how] : registry_.kinds()) {
        (how.options.waits_for_others ? waiting_ : own_).kinds.push_back(kind);
    }
}

/// A lease, nothing under it that we do not know, and the queues as people want them.
Task<> Worker::prepare(trace::Context context) {
    sort_kinds();
    if (lease_ == 0) {
        const SteadyTime asked = telemetry_.clock.steady();
        lease_ = co_await table_.open_lease(
            context, options_.lease_time, options_.slots, options_.release
        );
        renewed_at_ = asked;
        has_doubt_ = false;
    }
    if (has_doubt_ && !is_looking_) {
        co_await table_.give_back(context, lease_, held_ids());
        has_doubt_ = false;
    }
    const SteadyTime now = telemetry_.clock.steady();
    if (queues_at_ != SteadyTime{} && now - queues_at_ < queues_period) co_return;
    const auto queues = co_await table_.queues(context);
    queues_at_ = now;
    queues_.clear();
    limited_.clear();
    for (const Queue& queue : queues) {
        attempts_max_[queue.id] = queue.attempts_max;
        if (!queue.is_paused) (queue.is_limited ? limited_ : queues_).push_back(queue.id);
    }
}

}  // namespace acme::jobs
