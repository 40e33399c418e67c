#pragma once

/// Where in the index of jobs a worker goes on looking. Inside this room only.
///
/// The entries of jobs that are gone stay in the index until vacuum removes them, which an old
/// snapshot forbids; so a claim does not begin at the beginning. What comes to stand behind the
/// mark (a commit that was late, a job that was given back) is found by a wider look.

#include "work/jobs/table.hpp"

namespace acme::jobs {

class Marks {
public:
    enum class Reach : std::uint8_t {
        exact,  // behind what was claimed last: while there is more than can be taken
        near,   // from a moment before that, or before all was taken: what was committed late
        whole
    };

    static constexpr std::chrono::seconds near_time{1};

    /// Priority by priority, and in each the queues in turn.
    std::vector<Range> ranges(const std::vector<std::int64_t>& queues, Reach reach);

    /// Moves on behind these.
    void note(const std::vector<Job>& claimed);

    /// What was due then and within reach was claimed, by us or by others.
    void note_empty(const std::vector<std::int64_t>& queues, WallTime then);

private:
    struct Place {
        WallTime due_at = WallTime::min();
        std::int64_t id = 0;

        auto operator<=>(const Place&) const = default;
    };
    struct Mark {
        Place claimed = {};
        WallTime empty_at = WallTime::min();
    };
    struct Part {
        std::int64_t queue_id;
        int priority;

        auto operator<=>(const Part&) const = default;
    };

    static Place place(const Mark& mark, Reach reach);

    std::map<Part, Mark> marks_;
    std::size_t turn_ = 0;
};

}  // namespace acme::jobs
