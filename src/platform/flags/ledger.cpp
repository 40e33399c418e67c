#include "platform/flags/ledger.hpp"

#include <algorithm>

namespace acme::flags {
namespace {

constexpr std::string_view other = "_other";

}  // namespace

void Ledger::replace(const Snapshot* old, const Snapshot& fresh, SteadyTime now) {
    const std::string environment(fresh.environment());
    for (std::uint32_t i = 0; old != nullptr && i < old->size(); ++i) {
        if (fresh.find(old->key_of(i))) continue;
        lines_[{environment, std::string(old->key_of(i))}].removed_at = now;
    }
    for (auto& [key, line] : lines_) {
        if (key.environment == environment && fresh.find(key.flag)) line.removed_at.reset();
    }
}

void Ledger::add_up(const Tally& tally, Lines& lines) {
    const Snapshot& snapshot = *tally.snapshot();
    for (std::uint32_t flag = 0; flag < snapshot.size(); ++flag) {
        Line* line = nullptr;
        const std::size_t variants = snapshot.variants_of(flag);
        const auto add = [&](std::size_t outcome, std::string_view variant, std::string_view result
                         ) {
            const std::uint64_t count = tally.of(flag, outcome);
            if (count == 0) return;
            if (line == nullptr) {
                line = &lines[{
                    std::string(snapshot.environment()), std::string(snapshot.key_of(flag))
                }];
            }
            line->totals[{std::string(variant), std::string(result)}] += count;
        };
        for (std::size_t i = 0; i < variants; ++i) {
            const Value& value = snapshot.value_of(flag, static_cast<std::uint16_t>(i));
            add(i, value.key, value.label);
        }
        add(variants, "", "disabled");  // with an off value
        add(variants + 1, "", "disabled");
        add(variants + 2, "", "default");
        add(variants + 3, "", "error");
    }
}

void Ledger::take_in_what_ended() {
    std::erase_if(tallies_, [this](const std::shared_ptr<Tally>& tally) {
        if (tally.use_count() > 1) return false;
        // What the last thread that let go of it wrote before is seen from here.
        std::atomic_thread_fence(std::memory_order_acquire);
        add_up(*tally, lines_);
        for (std::size_t i = 0; i < faults_.size(); ++i) {
            faults_.at(i) += tally->faults(static_cast<Fault>(i));
        }
        return true;
    });
}

std::vector<Count> Ledger::counts(SteadyTime now) {
    take_in_what_ended();
    Lines lines = lines_;
    for (const auto& tally : tallies_) add_up(*tally, lines);
    std::vector<Count> counts;
    for (const auto& [key, line] : lines) {
        if (line.removed_at && now - *line.removed_at >= Depot::removed_flags_stay) {
            named_.erase(key.flag);
            // A thread that has not looked since may hold more of it; then it stays, unseen.
            const auto kept = lines_.find(key);
            if (kept != lines_.end() && kept->second.totals == line.totals) lines_.erase(kept);
            continue;
        }
        for (const auto& [outcome, count] : line.totals) {
            counts.push_back({key.environment, key.flag, outcome.variant, outcome.result, count});
        }
    }
    return counts;
}

std::uint64_t Ledger::faults(Fault fault) const {
    std::uint64_t sum = faults_.at(static_cast<std::size_t>(fault));
    for (const auto& tally : tallies_) sum += tally->faults(fault);
    return sum;
}

std::map<std::pair<std::string, std::string>, std::uint64_t> Ledger::series(SteadyTime now) {
    std::map<std::pair<std::string, std::string>, std::uint64_t> series;
    for (const Count& count : counts(now)) {
        const bool has_room = named_.size() < Depot::metric_flags_max;
        const bool is_named = named_.contains(count.flag) || has_room;
        if (is_named) {
            named_.insert(count.flag);
            series[{count.flag, count.result}] += count.count;
        } else {
            // Variants of flags that share nothing but this line mean nothing here.
            const bool is_variant = count.result == count.variant;
            series[{std::string(other), is_variant ? std::string(other) : count.result}] +=
                count.count;
        }
    }
    return series;
}

}  // namespace acme::flags
