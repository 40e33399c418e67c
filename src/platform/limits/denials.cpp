#include "platform/limits/denials.hpp"

namespace acme::limits {

void Denials::put(const std::string& mark, Denial denial, std::int64_t weight) {
    forget(mark);
    entries_.push_front({mark, denial, weight});
    index_[mark] = entries_.begin();
    if (entries_.size() > entries_max_) forget(std::string(entries_.back().mark));
}

std::optional<Denials::Denial> Denials::find(
    const std::string& mark, SteadyTime now, std::int64_t weight
) {
    const auto found = index_.find(mark);
    if (found == index_.end()) return std::nullopt;
    if (found->second->denial.until <= now) {
        forget(mark);
        return std::nullopt;
    }
    if (weight < found->second->weight) return std::nullopt;
    entries_.splice(entries_.begin(), entries_, found->second);
    return found->second->denial;
}

void Denials::forget(const std::string& mark) {
    const auto found = index_.find(mark);
    if (found == index_.end()) return;
    entries_.erase(found->second);
    index_.erase(found);
}

}  // namespace acme::limits
