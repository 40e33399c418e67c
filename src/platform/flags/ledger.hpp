#pragma once

/// What all threads of the process have counted, added up when somebody asks. For depot.cpp.

#include "base/clock.hpp"
#include "platform/flags/depot.hpp"

#include <array>
#include <map>
#include <optional>
#include <set>

namespace acme::flags {

/// Not safe for threads: whoever holds it locks.
class Ledger {
public:
    /// Counted from now on, until nobody but this holds it.
    void add(std::shared_ptr<Tally> tally) { tallies_.push_back(std::move(tally)); }

    /// What is no longer there begins to leave, what came back stays.
    void replace(const Snapshot* old, const Snapshot& fresh, SteadyTime now);

    /// All that are there, or were within the time that removed flags stay.
    std::vector<Count> counts(SteadyTime now);

    /// Of a fault, all flags together.
    std::uint64_t faults(Fault fault) const;

    /// As `counts`, with only so many flags by their name and the rest as "_other".
    std::map<std::pair<std::string, std::string>, std::uint64_t> series(SteadyTime now);

private:
    struct Key {
        std::string environment;
        std::string flag;
        auto operator<=>(const Key&) const = default;
    };
    struct Outcome {
        std::string variant;
        std::string result;
        auto operator<=>(const Outcome&) const = default;
    };
    struct Line {
        std::map<Outcome, std::uint64_t> totals;
        std::optional<SteadyTime> removed_at;
    };
    using Lines = std::map<Key, Line>;

    static void add_up(const Tally& tally, Lines& lines);
    void take_in_what_ended();

    std::vector<std::shared_ptr<Tally>> tallies_;
    Lines lines_;  // of tallies that have ended; those that live are added when somebody asks
    std::array<std::uint64_t, 4> faults_{};
    std::set<std::string> named_;  // flags that have series of their own
};

}  // namespace acme::flags
