#include "platform/flags/tally.hpp"

#include "platform/flags/compiled.hpp"

namespace acme::flags {

Tally::Tally(std::shared_ptr<const Snapshot> snapshot)
    : snapshot_(std::move(snapshot)),
      places_(std::make_unique<Place[]>(snapshot_->compiled().places)) {}

std::uint64_t Tally::of(std::uint32_t flag, std::size_t outcome) const {
    const std::uint32_t first = snapshot_->compiled().flags[flag].places;
    return places_[first + outcome].load(std::memory_order_relaxed);
}

}  // namespace acme::flags
