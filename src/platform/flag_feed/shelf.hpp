#pragma once

/// The newest edition of each environment: one shelf a process, filled by its one feed, read by all
/// threads. The only object of flags that threads share beside the Depot, and the only lock;
/// readers take it when something has changed, see Reader.

#include "platform/flag_feed/edition.hpp"

#include <atomic>
#include <map>
#include <vector>

namespace acme::flag_feed {

/// By the key of the environment.
using Versions = std::map<std::string, std::int64_t, std::less<>>;

class Shelf {
public:
    /// False for what is not newer than what is there: news may come out of order.
    bool put(Shown edition);

    /// Which environments there are, and what was last published to them: 0 for nothing yet, which
    /// then holds until the first edition is put. From then on a name that is not among them is
    /// none.
    void know(Versions versions);

    /// null: none of that environment.
    Shown find(std::string_view environment) const;
    std::vector<Shown> all() const;

    /// nullopt while nobody has said.
    std::optional<Versions> known() const;

    /// Grows with each change.
    std::uint64_t changes() const { return changes_.load(std::memory_order_acquire); }

private:
    mutable std::atomic_flag is_taken_;
    std::map<std::string, Shown, std::less<>> newest_;
    std::optional<Versions> versions_;
    std::atomic<std::uint64_t> changes_ = 0;
};

/// How it stands with an environment.
enum class Standing : std::uint8_t {
    shown,    // it has an edition
    empty,    // nothing was published to it yet
    unknown,  // there is none of that name
    pending,  // it has one, or may have, that is not here yet
};

/// What one thread knows of the shelf: asks it only when that has changed.
class Reader {
public:
    /// The shelf outlives it.
    explicit Reader(const Shelf& shelf) : shelf_(shelf) {}

    /// null: none of that environment. Holds until the next call.
    const Shown& find(std::string_view environment);
    Standing standing_of(std::string_view environment);

private:
    void look();

    const Shelf& shelf_;
    std::uint64_t changes_ = 0;
    std::optional<Versions> versions_;
    std::map<std::string, Shown, std::less<>> known_;
    Shown none_;
};

}  // namespace acme::flag_feed
