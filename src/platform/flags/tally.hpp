#pragma once

/// What one thread counts of one snapshot: an array with a place for each flag and outcome, written
/// by that thread alone and read by whoever scrapes.

#include "platform/flags/evaluate.hpp"

#include <array>
#include <atomic>
#include <memory>

namespace acme::flags {

class Tally {
public:
    explicit Tally(std::shared_ptr<const Snapshot> snapshot);

    /// Which of a flag's places counts an outcome; `variants` is how many it has.
    static std::uint32_t place_of(std::uint32_t variants, const Evaluation& evaluation) {
        const std::uint32_t place = evaluation.value;
        if (place <= variants) return place;
        const bool is_off = evaluation.reason == Reason::disabled;
        const bool is_wrong = evaluation.reason == Reason::error;
        return variants + (is_off ? 1U : is_wrong ? 3U : 2U);
    }

    /// Only on its thread: a load and a store, which no other thread interleaves. `first` is the
    /// flag's first place; Flags::count() knows it.
    void count(
        std::uint32_t first,
        std::uint32_t variants,
        const Evaluation& evaluation,
        std::uint64_t times = 1
    ) {
        count_at(first + place_of(variants, evaluation), times);
        if (evaluation.fault != Fault::none) {
            add(faults_[static_cast<std::size_t>(evaluation.fault)], times);
        }
    }

    /// The same, of an outcome without a fault whose place is known.
    void count_at(std::uint32_t place, std::uint64_t times = 1) { add(places_[place], times); }

    /// Any thread. `outcome` is a value's index, or variants_of() + 1, 2, 3: disabled without an
    /// off value, default, error.
    std::uint64_t of(std::uint32_t flag, std::size_t outcome) const;
    std::uint64_t faults(Fault fault) const {
        return faults_[static_cast<std::size_t>(fault)].load(std::memory_order_relaxed);
    }

    const std::shared_ptr<const Snapshot>& snapshot() const { return snapshot_; }

private:
    using Place = std::atomic<std::uint64_t>;

    static void add(Place& place, std::uint64_t times) {
        place.store(place.load(std::memory_order_relaxed) + times, std::memory_order_relaxed);
    }

    std::shared_ptr<const Snapshot> snapshot_;
    std::unique_ptr<Place[]> places_;
    std::array<Place, 4> faults_{};
};

}  // namespace acme::flags
