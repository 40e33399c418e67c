#include "operate/judge/windows.hpp"

#include <algorithm>
#include <cmath>

namespace acme::judge {
namespace {

std::int64_t whole_number(double value) { return static_cast<std::int64_t>(std::llround(value)); }

/// What a counter grew by; one that fell began anew.
double grown(double now, double before) { return now >= before ? now - before : now; }

std::int64_t grown(std::int64_t now, std::int64_t before) {
    return now >= before ? now - before : now;
}

}  // namespace

Totals& Totals::operator+=(const Totals& more) {
    node += more.node;
    balancer += more.balancer;
    probes.counts += more.probes.counts;
    probes.answers_4xx += more.probes.answers_4xx;
    node_4xx += more.node_4xx;
    balancer_4xx += more.balancer_4xx;
    latency.add(more.latency);
    cpu_seconds += more.cpu_seconds;
    pool_sum += more.pool_sum;
    samples += more.samples;
    restarts += more.restarts;
    return *this;
}

Totals operator-(Totals late, const Totals& early) {
    const auto less = [](Counts& from, Counts by) {
        from.requests -= by.requests;
        from.errors -= by.errors;
    };
    less(late.node, early.node);
    less(late.balancer, early.balancer);
    less(late.probes.counts, early.probes.counts);
    late.probes.answers_4xx -= early.probes.answers_4xx;
    late.node_4xx -= early.node_4xx;
    late.balancer_4xx -= early.balancer_4xx;
    for (std::size_t i = 0; i < late.latency.buckets.size(); ++i) {
        late.latency.buckets[i] -= early.latency.buckets[i];
    }
    late.cpu_seconds -= early.cpu_seconds;
    late.pool_sum -= early.pool_sum;
    late.samples -= early.samples;
    late.restarts -= early.restarts;
    return late;
}

/// The first sight of a process tells nothing: what it counted before was not seen.
void History::take(const NodeCounters& now) {
    memory_bytes_ = now.memory_bytes;
    memory_limit_ = now.memory_limit;
    release_ = now.release;
    totals_.pool_sum += now.pool_share;
    ++totals_.samples;
    if (node_) {
        const bool is_new = std::abs(now.start_seconds - node_->start_seconds) > 1;
        const NodeCounters before = is_new ? NodeCounters() : *node_;
        totals_.restarts += is_new ? 1 : 0;
        totals_.node.requests += whole_number(grown(now.requests, before.requests));
        totals_.node.errors += whole_number(grown(now.errors, before.errors));
        totals_.node_4xx += whole_number(grown(now.answers_4xx, before.answers_4xx));
        for (std::size_t i = 0; i < now.latency.buckets.size(); ++i) {
            totals_.latency.buckets[i] += grown(now.latency.buckets[i], before.latency.buckets[i]);
        }
        totals_.cpu_seconds += grown(now.cpu_seconds, before.cpu_seconds);
    }
    node_ = now;
}

void History::take(const balancer::ServerNow& now) {
    if (balancer_) {
        // A reload sets all of them to zero at once.
        const bool is_new = now.requests < balancer_->requests;
        const balancer::ServerNow before = is_new ? balancer::ServerNow() : *balancer_;
        totals_.balancer.requests += grown(now.requests, before.requests);
        totals_.balancer.errors += grown(now.answers_5xx, before.answers_5xx);
        totals_.balancer.errors += grown(now.failures, before.failures);
        totals_.balancer_4xx += grown(now.answers_4xx, before.answers_4xx);
    }
    balancer_ = now;
}

void History::add(
    SteadyTime now,
    const std::optional<NodeCounters>& node,
    const std::optional<balancer::ServerNow>& balancer,
    Asked probes
) {
    totals_.probes.counts += probes.counts;
    totals_.probes.answers_4xx += probes.answers_4xx;
    answers_ = node.has_value();
    if (node) take(*node);
    if (balancer) take(*balancer);
    samples_.push_back({now, totals_});
    // One that is older than what is kept stays as its beginning.
    while (samples_.size() > 2 && now - samples_[1].at >= kept) samples_.pop_front();
    if (!mark_) mark_ = samples_.back();
    if (node) {
        const std::chrono::duration<double> since = now - mark_->at;
        if (memory_.size() == memory_points_max) memory_.erase(memory_.begin());
        memory_.push_back({since.count(), node->memory_bytes});
    }
}

void History::mark() {
    memory_.clear();
    if (samples_.empty()) {
        mark_.reset();
    } else {
        mark_ = samples_.back();
    }
}

const History::Sample& History::begin_of(std::chrono::seconds time) const {
    const SteadyTime end = samples_.back().at;
    const Sample* begin = &samples_.front();
    for (const Sample& sample : samples_) {
        if (end - sample.at >= time) begin = &sample;
    }
    return begin->at < mark_->at ? *mark_ : *begin;
}

Totals History::since(std::chrono::seconds time) const {
    if (samples_.empty() || !mark_) return {};
    return samples_.back().totals - begin_of(time).totals;
}

double History::seconds(std::chrono::seconds time) const {
    if (samples_.empty() || !mark_) return 0;
    return std::chrono::duration<double>(samples_.back().at - begin_of(time).at).count();
}

Totals History::whole() const {
    if (samples_.empty() || !mark_) return {};
    return samples_.back().totals - mark_->totals;
}

double History::whole_seconds() const {
    if (samples_.empty() || !mark_) return 0;
    return std::chrono::duration<double>(samples_.back().at - mark_->at).count();
}

void Merge::add(const Totals& totals, double seconds, const History& history) {
    sum_ += totals;
    ++window_.nodes;
    window_.seconds = std::max(window_.seconds, seconds);
    const auto share = [](double bytes, double limit) { return limit > 0 ? bytes / limit : 0; };
    const bool is_fuller = share(history.memory_bytes(), history.memory_limit()) >=
                           share(window_.memory_bytes, window_.memory_limit);
    if (is_fuller) {
        window_.memory_bytes = history.memory_bytes();
        window_.memory_limit = history.memory_limit();
    }
    if (totals.samples > 0) {
        window_.pool_share =
            std::max(window_.pool_share, totals.pool_sum / static_cast<double>(totals.samples));
    }
}

Window Merge::finish() const {
    Window window = window_;
    const Counts& probes = sum_.probes.counts;
    const Counts of_users{
        .requests = std::max<std::int64_t>(sum_.node.requests - probes.requests, 0),
        .errors = std::max<std::int64_t>(sum_.node.errors - probes.errors, 0),
    };
    window.users = worse(of_users, sum_.balancer);
    window.answers_4xx = std::max(sum_.node_4xx - sum_.probes.answers_4xx, sum_.balancer_4xx);
    window.latency = sum_.latency;
    window.cpu_seconds = sum_.cpu_seconds;
    window.restarts = sum_.restarts;
    return window;
}

}  // namespace acme::judge
