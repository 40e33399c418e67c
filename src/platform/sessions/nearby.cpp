#include "platform/sessions/nearby.hpp"

namespace acme::sessions {

std::optional<Nearby::Found> Nearby::find(const std::string& hash) {
    const auto found = index_.find(hash);
    if (found == index_.end()) return std::nullopt;
    if (found->second->until <= clock_.steady()) {
        forget(hash);
        return std::nullopt;
    }
    entries_.splice(entries_.begin(), entries_, found->second);
    return Found{found->second->live};
}

void Nearby::put(const std::string& hash, std::optional<Live> live) {
    forget(hash);
    const auto until = clock_.steady() + (live ? life : nobody_life);
    entries_.push_front({hash, std::move(live), until});
    index_[hash] = entries_.begin();
    if (entries_.size() > entries_max) {
        index_.erase(entries_.back().hash);
        entries_.pop_back();
    }
}

void Nearby::forget(const std::string& hash) {
    const auto found = index_.find(hash);
    if (found == index_.end()) return;
    entries_.erase(found->second);
    index_.erase(found);
}

void Nearby::forget(UserId user) {
    for (auto entry = entries_.begin(); entry != entries_.end();) {
        const bool is_theirs = entry->live && entry->live->user == user;
        if (is_theirs) index_.erase(entry->hash);
        entry = is_theirs ? entries_.erase(entry) : std::next(entry);
    }
}

void Nearby::clear() {
    entries_.clear();
    index_.clear();
}

}  // namespace acme::sessions
