#pragma once

/// The copies in this thread: of sessions while Redis does not answer, and always of cookies that
/// turned out to be nobody's, so that a flood of forged ones does not reach the database.

#include "base/clock.hpp"
#include "platform/sessions/live.hpp"

#include <list>
#include <optional>
#include <string>
#include <unordered_map>

namespace acme::sessions {

class Nearby {
public:
    static constexpr std::size_t entries_max = 10'000;  // then the one longest unused goes
    static constexpr std::chrono::seconds life{5};
    static constexpr std::chrono::seconds nobody_life{1};

    explicit Nearby(const Clock& clock) : clock_(clock) {}

    struct Found {
        std::optional<Live> live;  // none: the cookie is nobody's
    };
    std::optional<Found> find(const std::string& hash);

    void put(const std::string& hash, std::optional<Live> live);
    void forget(const std::string& hash);
    void forget(UserId user);
    void clear();

private:
    struct Entry {
        std::string hash;
        std::optional<Live> live;
        SteadyTime until;
    };

    const Clock& clock_;
    std::list<Entry> entries_;  // the one used last comes first
    std::unordered_map<std::string, std::list<Entry>::iterator> index_;
};

}  // namespace acme::sessions
