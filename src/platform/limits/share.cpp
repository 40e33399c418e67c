#include "platform/limits/share.hpp"

#include <algorithm>
#include <utility>

namespace acme::limits {
namespace {

Window::Time at(SteadyTime time) {
    return std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch());
}

}  // namespace

void Share::set_nodes(SteadyTime now, std::int64_t nodes) {
    nodes = std::max<std::int64_t>(nodes, 1);
    if (nodes < nodes_ && now - nodes_at_ <= window_) return;
    nodes_ = nodes;
    nodes_at_ = now;
}

/// Two seconds less than a window: this clock's seconds begin at another moment than Redis'.
std::int64_t Share::recent(const std::string& key, SteadyTime now) const {
    const auto found = index_.find(key);
    if (found == index_.end()) return 0;
    return found->second->passed.used(at(now), window_ - std::chrono::seconds(2));
}

Verdict Share::take(const std::string& key, SteadyTime now, Quota quota) {
    quota.limit = of(quota.limit);
    const Verdict verdict = entry_of(key).passed.take(at(now), quota);
    if (verdict.is_allowed) give_back(key, now, quota.weight);
    return verdict;
}

Verdict Share::look(const std::string& key, SteadyTime now, Quota quota) {
    quota.limit = of(quota.limit);
    return entry_of(key).passed.look(at(now), quota);
}

std::int64_t Share::take_owed(const std::string& key, SteadyTime now) {
    const auto found = index_.find(key);
    if (found == index_.end()) return 0;
    Entry& entry = *found->second;
    if (now - entry.owed_at > window_) entry.owed = 0;
    const std::int64_t certain = std::max<std::int64_t>(entry.owed - entry.doubtful, 0);
    entry.owed -= certain;
    return certain;
}

void Share::begin_doubt(const std::string& key, std::int64_t doubtful) {
    entry_of(key).doubtful += doubtful;
}

void Share::end_doubt(
    const std::string& key, SteadyTime now, std::int64_t doubtful, std::int64_t counted
) {
    Entry& entry = entry_of(key);
    // It may have been forgotten meanwhile.
    entry.doubtful = std::max<std::int64_t>(entry.doubtful - doubtful, 0);
    give_back(key, now, -counted);
}

void Share::give_back(const std::string& key, SteadyTime now, std::int64_t owed) {
    if (owed == 0) return;
    Entry& entry = entry_of(key);
    entry.owed += owed;
    entry.owed_at = now;
}

Verdict Share::confirm(
    const std::string& key, SteadyTime now, Quota quota, std::int64_t known, std::int64_t counted
) {
    Entry& entry = entry_of(key);
    if (counted < known) entry.wary_until = now + window_ + std::chrono::seconds(1);
    if (now < entry.wary_until) {
        quota.limit = of(quota.limit);
        return entry.passed.take(at(now), quota);
    }
    entry.passed.add(at(now), quota);
    return {.is_allowed = true, .used = counted};
}

Share::Entry& Share::entry_of(const std::string& key) {
    const auto found = index_.find(key);
    if (found != index_.end()) {
        entries_.splice(entries_.begin(), entries_, found->second);
        return entries_.front();
    }
    if (entries_.size() >= keys_max_) {
        index_.erase(entries_.back().key);
        entries_.pop_back();
    }
    entries_.push_front({.key = key});
    index_[key] = entries_.begin();
    return entries_.front();
}

}  // namespace acme::limits
