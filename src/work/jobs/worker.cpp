// The loop that finishes and claims, and what it goes by.
#include "work/jobs/worker.hpp"

#include <algorithm>
#include <tuple>

namespace acme::jobs {
namespace {

using std::chrono::milliseconds;

/// After a fault of the database, until it is asked again.
constexpr milliseconds fault_pause{500};

/// So many jobs that have ended are told to the database at once; fewer after flush_pause, or when
/// there is room for others.
constexpr std::size_t flush_min = 500;
constexpr std::size_t flush_max = 2'000;
constexpr std::size_t settle_max = 500;
constexpr milliseconds flush_pause{5};

/// What was fetched ahead and not begun is given back then.
constexpr milliseconds stale_time{1'000};

/// Who has just found a job, or was told of one, looks often: who enqueues does not tell of each.
constexpr milliseconds attentive_time{20};
constexpr milliseconds attentive_pause{2};

}  // namespace

Worker::Worker(
    const Registry& registry, pg::Database& db, Telemetry& telemetry, WorkerOptions options
)
    : registry_(registry),
      telemetry_(telemetry),
      options_(std::move(options)),
      table_(db, telemetry.clock, options_.name, options_.release),
      series_(telemetry.metrics, options_.slots),
      group_(telemetry.log),
      lanes_(telemetry.log) {}

Worker::~Worker() = default;

void Worker::stop() {
    is_stopping_ = true;
    wake_fetcher();
}

void Worker::hear(std::string_view message) {
    const SteadyTime now = telemetry_.clock.steady();
    if (message == "cancel") {
        while (!beating_.empty()) beating_.give(true);
        return;
    }
    if (message == "queues") queues_at_ = {};
    attentive_until_ = now + attentive_time;
    poll_at_ = now;
    wake_fetcher();
}

Task<> Worker::run() {
    const Executor executor = co_await asio::this_coro::executor;
    group_.spawn(executor, "worker.beat", beat());
    group_.spawn(executor, "worker.fence", watch_lease());
    group_.spawn(executor, "worker.rescue", keep_house());
    group_.spawn(executor, "worker.keys", sweep_keys());
    group_.spawn(executor, "worker.whole", look_through());
    group_.spawn(executor, "worker.stubborn", give_up_stubborn());
    group_.spawn(executor, "worker.measure", measure());
    for (std::size_t i = 0; i < options_.slots; ++i) lanes_.spawn(executor, "worker.job", lane());
    while (!is_stopping_) {
        if (has_to_turn()) {
            co_await turn();
        } else {
            const bool is_flush = !ended_.empty();
            const auto woken = co_await fetching_.wait(pause());
            if (woken) continue;
            is_flush_due_ = is_flush;
            poll_at_ = {};
        }
    }
    co_await drain();
}

/// A slot: one job after the other.
Task<> Worker::lane() {
    trace::Trace trace(telemetry_.clock, telemetry_.random);
    while (!is_closed_) {
        if (auto job = next()) {
            const Slot slot = occupy(std::move(*job));
            co_await execute(slot, trace);
            if (slot->is_abandoned) co_return;  // another lane stands in its place
        } else {
            co_await idle_.wait();
        }
    }
}

/// In turns, so that neither kind of job keeps the other from the last free slot.
std::optional<Job> Worker::next() {
    if (is_stopping_) return std::nullopt;
    const auto waiting = static_cast<std::size_t>(
        std::ranges::count_if(running_, [](const Slot& slot) { return slot->waits_for_others; })
    );
    const bool may_wait = !waiting_.ready.empty() && waiting < slots_for_others(options_.slots);
    is_waiting_first_ = !is_waiting_first_;
    if (own_.ready.empty() && !may_wait) return std::nullopt;
    Group& group = may_wait && (is_waiting_first_ || own_.ready.empty()) ? waiting_ : own_;
    Job job = std::move(group.ready.front());
    group.ready.pop_front();
    return job;
}

Task<bool> Worker::run_one() {
    Untraced own(telemetry_);
    try {
        const bool had_lease = lease_ != 0;
        if (had_lease && !co_await table_.renew_lease(own.context, lease_, options_.lease_time)) {
            lease_ = 0;  // nobody beats between calls
        }
        queues_at_ = {};
        co_await prepare(own.context);
        for (const bool is_waiting : {!is_waiting_first_, is_waiting_first_}) {
            Group& group = is_waiting ? waiting_ : own_;
            if (group.kinds.empty() || !own_.ready.empty() || !waiting_.ready.empty()) continue;
            const auto ranges = group.marks.ranges(queues_, Marks::Reach::whole);
            put((co_await table_.cycle(own.context, lease_, {group.kinds, ranges, 1})).claimed);
        }
        if (own_.ready.empty() && waiting_.ready.empty()) co_await claim_limited(own.context);
        if (own_.ready.empty() && waiting_.ready.empty()) co_await claim_suspect(own.context);
        if (options_.at_work) std::exchange(options_.at_work, nullptr)();
    } catch (const pg::Fault& fault) {
        telemetry_.log.warn("worker.fetch", {{"reason", fault.what()}});
        has_doubt_ = true;
    }
    auto job = next();
    if (!job) co_return false;
    trace::Trace trace(telemetry_.clock, telemetry_.random);
    co_await execute(occupy(std::move(*job)), trace);
    tells_only_ = true;
    while ((!ended_.empty() || !freed_.empty()) && lease_ != 0) {
        co_await turn();
        if (std::exchange(is_fault_, false)) co_await sleep_for(fault_pause);
    }
    tells_only_ = false;
    co_return true;
}

/// Whether there is something to tell or to ask for.
bool Worker::has_to_turn() {
    const SteadyTime now = telemetry_.clock.steady();
    if (is_fault_) return false;
    if (!freed_.empty() || ended_.size() >= flush_min) return true;
    if (!ended_.empty() && (own_.ready.empty() || is_flush_due_)) return true;
    const bool has_room = room_ahead() > 0 || room_for_waiting() > 0;
    return has_room && (own_.was_full || waiting_.was_full || now >= poll_at_);
}

milliseconds Worker::pause() {
    if (std::exchange(is_fault_, false)) return fault_pause;
    if (!ended_.empty()) return flush_pause;
    const SteadyTime now = telemetry_.clock.steady();
    if (room_ahead() == 0 && room_for_waiting() == 0) return options_.poll_period;
    const auto left = std::chrono::ceil<milliseconds>(poll_at_ - now);
    return std::clamp(left, milliseconds(1), options_.poll_period);
}

/// Tells what has ended, and claims what there is room for.
Task<> Worker::turn() {
    Untraced own(telemetry_);
    is_flush_due_ = false;
    try {
        co_await turn_once(own.context);
        if (options_.at_work) std::exchange(options_.at_work, nullptr)();
    } catch (const pg::Fault& fault) {
        telemetry_.log.warn("worker.turn", {{"reason", fault.what()}});
        is_fault_ = true;
        has_doubt_ = true;  // it may have been claimed all the same
        for (Ended& each : telling_) {
            each.may_have_happened = true;
            ended_.push_back(std::move(each));
        }
        telling_.clear();
    }
    drop_lost();
}

Task<> Worker::turn_once(trace::Context context) {
    co_await prepare(context);
    co_await finish_and_claim(context);
    co_await settle(context);
    co_await free_keys(context);
    if (is_stopping_ || tells_only_) co_return;
    co_await claim_others(context);
    const SteadyTime now = telemetry_.clock.steady();
    const bool is_attentive = now < attentive_until_;
    poll_at_ = now + (is_attentive ? attentive_pause : options_.poll_period);
}

/// Those that ran well, said nothing more, and have the same attempt: as a rule all of them.
std::vector<Ended> Worker::take_alike() {
    std::vector<Ended> alike;
    std::vector<Ended> rest;
    for (Ended& each : ended_) {
        const bool is_plain = each.outcome == Outcome::done && each.output.empty();
        const bool is_alike = alike.empty() || alike.front().job.attempt == each.job.attempt;
        const bool fits = is_plain && is_alike && alike.size() < flush_max;
        (fits ? alike : rest).push_back(std::move(each));
    }
    ended_ = std::move(rest);
    return alike;
}

Task<> Worker::finish_and_claim(trace::Context context) {
    telling_ = take_alike();
    const std::size_t room = is_stopping_ || tells_only_ ? 0 : room_ahead();
    const bool is_ask = room > 0 && !own_.kinds.empty();
    if (telling_.empty() && !is_ask) co_return;
    std::vector<std::int64_t> ids;
    ids.reserve(telling_.size());
    for (const Ended& each : telling_) ids.push_back(each.job.id);
    const int attempt = telling_.empty() ? 1 : telling_.front().job.attempt;
    const auto reach = own_.was_full ? Marks::Reach::exact : Marks::Reach::near;
    Ask ask{.kinds = own_.kinds, .ranges = {}, .count = room};
    if (is_ask) ask.ranges = own_.marks.ranges(queues_, reach);

    Cycle cycle = co_await table_.cycle(context, lease_, std::move(ask), std::move(ids), attempt);
    if (is_ask) note(own_, cycle, room, reach);
    measure_rate(telling_.size());
    for (Ended& each : telling_) {
        const bool is_lost = std::ranges::find(cycle.lost, each.job.id) != cycle.lost.end();
        count(each, !is_lost || each.may_have_happened);
        if (!each.job.key.empty()) freed_.push_back({each.job.queue_id, each.job.key});
    }
    telling_.clear();
    put(std::move(cycle.claimed));
}

/// The rest, one statement for all of them.
Task<> Worker::settle(trace::Context context) {
    std::vector<Ended> plain;
    for (Ended& each : ended_) {
        const bool is_plain = each.outcome == Outcome::done && each.output.empty();
        const bool fits = !is_plain && telling_.size() < settle_max;
        (fits ? telling_ : plain).push_back(std::move(each));
    }
    ended_ = std::move(plain);
    if (telling_.empty()) co_return;
    const auto ours = co_await table_.settle(context, lease_, telling_);
    for (Ended& each : telling_) {
        const bool is_ours = std::ranges::find(ours, each.job.id) != ours.end();
        count(each, is_ours || each.may_have_happened);
        if (!each.job.key.empty()) freed_.push_back({each.job.queue_id, each.job.key});
    }
    telling_.clear();
}

Task<> Worker::free_keys(trace::Context context) {
    if (freed_.empty()) co_return;
    co_await table_.free_keys(context, std::exchange(freed_, {}));
    poll_at_ = {};
}

Task<> Worker::claim_others(trace::Context context) {
    co_await return_stale(context);
    co_await claim_waiting(context);
    if (!limited_.empty() && free_slots() > 0) co_await claim_limited(context);
    const SteadyTime now = telemetry_.clock.steady();
    if (suspect_ != 0 || free_slots() == 0 || now < suspect_at_) co_return;
    suspect_at_ = now + options_.poll_period;
    co_await claim_suspect(context);
}

Task<> Worker::claim_waiting(trace::Context context) {
    const std::size_t room = queues_.empty() ? 0 : room_for_waiting();
    if (room == 0) waiting_.was_full = false;
    if (room == 0) co_return;
    const auto reach = waiting_.was_full ? Marks::Reach::exact : Marks::Reach::near;
    Ask ask{waiting_.kinds, waiting_.marks.ranges(queues_, reach), room};
    Cycle cycle = co_await table_.cycle(context, lease_, std::move(ask));
    note(waiting_, cycle, room, reach);
    put(std::move(cycle.claimed));
}

void Worker::note(Group& group, const Cycle& cycle, std::size_t asked, Marks::Reach reach) {
    group.was_full = cycle.claimed.size() == asked;
    group.marks.note(cycle.claimed);
    if (!group.was_full && reach != Marks::Reach::exact) {
        group.marks.note_empty(queues_, cycle.now);
    }
}

Task<> Worker::claim_limited(trace::Context context) {
    for (const std::int64_t queue : limited_) {
        for (Group* group : {&own_, &waiting_}) {
            const std::size_t free =
                group == &own_ ? free_slots() : std::min(free_slots(), room_for_waiting());
            if (free == 0 || group->kinds.empty()) continue;
            Marks whole;
            const auto ranges = whole.ranges({queue}, Marks::Reach::whole);
            Ask ask{group->kinds, ranges, free};
            const bool may_be_suspect = suspect_ == 0;
            put(co_await table_.claim_limited(context, lease_, std::move(ask), may_be_suspect));
        }
    }
}

/// What may have taken its worker with it runs alone among its like: it does not make others of
/// them suspect that stand beside it.
Task<> Worker::claim_suspect(trace::Context context) {
    std::vector<std::string> kinds = own_.kinds;
    if (room_for_waiting() > 0) {
        kinds.insert(kinds.end(), waiting_.kinds.begin(), waiting_.kinds.end());
    }
    auto jobs = co_await table_.claim_suspect(context, lease_, std::move(kinds), queues_);
    put(std::move(jobs));
}

/// Slots that took longer than was thought must not keep what others could run.
Task<> Worker::return_stale(trace::Context context) {
    const bool is_stale = telemetry_.clock.steady() - claimed_at_ > stale_time;
    if (!is_stale || own_.ready.size() <= options_.slots) co_return;
    std::vector<std::int64_t> ids;
    while (own_.ready.size() > options_.slots) {
        ids.push_back(own_.ready.back().id);
        own_.ready.pop_back();
    }
    rate_ = 0;
    co_await table_.return_unstarted(context, lease_, std::move(ids));
}

void Worker::put(std::vector<Job> jobs) {
    if (jobs.empty()) return;
    claimed_at_ = telemetry_.clock.steady();
    attentive_until_ = claimed_at_ + attentive_time;
    // They come in the order of the table.
    std::ranges::sort(jobs, {}, [](const Job& job) {
        return std::tuple(job.priority, job.due_at, job.id);
    });
    for (Job& job : jobs) {
        if (job.lease != lease_) continue;
        if (job.rescues > 0) suspect_ = job.id;
        const bool is_waiting = std::ranges::count(waiting_.kinds, job.kind) > 0;
        (is_waiting ? waiting_ : own_).ready.push_back(std::move(job));
    }
    wake_lanes();
}

}  // namespace acme::jobs
