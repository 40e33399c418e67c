#include "platform/flag_feed/shelf.hpp"

#include "base/gate.hpp"

namespace acme::flag_feed {

bool Shelf::put(Shown edition) {
    const Gate gate(is_taken_);
    Shown& newest = newest_[edition->environment];
    if (newest && newest->version >= edition->version) return false;
    newest = std::move(edition);
    changes_.fetch_add(1, std::memory_order_release);
    return true;
}

Shown Shelf::find(std::string_view environment) const {
    const Gate gate(is_taken_);
    const auto found = newest_.find(environment);
    return found == newest_.end() ? nullptr : found->second;
}

std::vector<Shown> Shelf::all() const {
    const Gate gate(is_taken_);
    std::vector<Shown> editions;
    editions.reserve(newest_.size());
    for (const auto& [environment, edition] : newest_) editions.push_back(edition);
    return editions;
}

void Shelf::know(Versions versions) {
    const Gate gate(is_taken_);
    // Until the first edition is here, nothing stands there as an older one would: it is no outage.
    for (auto& [environment, version] : versions) {
        if (!versions_) break;
        const auto before = versions_->find(environment);
        if (before != versions_->end() && before->second == 0) version = 0;
    }
    if (versions_ == versions) return;
    versions_ = std::move(versions);
    changes_.fetch_add(1, std::memory_order_release);
}

std::optional<Versions> Shelf::known() const {
    const Gate gate(is_taken_);
    return versions_;
}

void Reader::look() {
    // Read before the shelf is: what comes between is looked for again with the next call.
    const std::uint64_t changes = shelf_.changes();
    if (changes == changes_) return;
    known_.clear();
    for (Shown& edition : shelf_.all()) {
        std::string name = edition->environment;
        known_.emplace(std::move(name), std::move(edition));
    }
    versions_ = shelf_.known();
    changes_ = changes;
}

Standing Reader::standing_of(std::string_view environment) {
    if (find(environment)) return Standing::shown;
    if (!versions_) return Standing::pending;
    const auto found = versions_->find(environment);
    if (found == versions_->end()) return Standing::unknown;
    return found->second == 0 ? Standing::empty : Standing::pending;
}

const Shown& Reader::find(std::string_view environment) {
    look();
    const auto found = known_.find(environment);
    return found == known_.end() ? none_ : found->second;
}

}  // namespace acme::flag_feed
