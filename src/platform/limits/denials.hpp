#pragma once

/// Who is refused until when, as Redis said. Until then nobody else can let them pass either, so
/// this node need not ask: whoever goes on asking costs one look here.

#include "base/clock.hpp"
#include "platform/limits/standing.hpp"

#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <unordered_map>

namespace acme::limits {

class Denials {
public:
    /// Beyond `entries_max` whoever asked longest ago is forgotten, and Redis asked again.
    explicit Denials(std::size_t entries_max) : entries_max_(entries_max) {}

    struct Denial {
        SteadyTime until;
        Policy policy;  // by which quota
    };

    /// Requests of `weight` and more.
    void put(const std::string& mark, Denial denial, std::int64_t weight);

    /// By what and until when a request of that weight would be refused; nullopt when that is not
    /// known.
    std::optional<Denial> find(const std::string& mark, SteadyTime now, std::int64_t weight);

    std::size_t size() const { return entries_.size(); }

private:
    struct Entry {
        std::string mark;
        Denial denial;
        std::int64_t weight;
    };

    void forget(const std::string& mark);

    std::size_t entries_max_;
    std::list<Entry> entries_;  // who asked last comes first
    std::unordered_map<std::string, std::list<Entry>::iterator> index_;
};

}  // namespace acme::limits
