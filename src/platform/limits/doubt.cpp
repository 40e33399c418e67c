#include "platform/limits/doubt.hpp"

#include <utility>

namespace acme::limits {

void Doubt::begin(SteadyTime now) {
    at_ = now;
    is_open_ = true;
    share_->begin_doubt(own_.key, own_.owed + own_.quota.weight);
    if (org_ && !org_->key.empty()) {
        share_->begin_doubt(org_->key, org_->owed + org_->quota.weight);
    }
    if (has_heard_) hear(std::move(told_));
}

void Doubt::hear(std::optional<Told> told) {
    told_ = std::move(told);
    has_heard_ = true;
    if (!std::exchange(is_open_, false)) return;
    end(own_, own_.key);
    if (!org_) return;
    const std::string& key = org_->key.empty() && told_ ? told_->org_key : org_->key;
    if (!key.empty()) end(*org_, key);
}

void Doubt::end(const Asked& asked, const std::string& key) {
    std::int64_t counted = 0;
    if (told_) counted = asked.owed + (told_->is_allowed ? asked.quota.weight : 0);
    const std::int64_t doubtful = asked.key.empty() ? 0 : asked.owed + asked.quota.weight;
    share_->end_doubt(key, at_, doubtful, counted);
}

}  // namespace acme::limits
