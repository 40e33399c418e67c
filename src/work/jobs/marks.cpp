#include "work/jobs/marks.hpp"

namespace acme::jobs {

std::vector<Range> Marks::ranges(const std::vector<std::int64_t>& queues, Reach reach) {
    std::vector<Range> all;
    if (queues.empty()) return all;
    all.reserve(queues.size() * (priority_max + 1));
    ++turn_;
    for (int priority = 0; priority <= priority_max; ++priority) {
        for (std::size_t i = 0; i < queues.size(); ++i) {
            const std::int64_t queue = queues[(turn_ + i) % queues.size()];
            const auto found = marks_.find({queue, priority});
            const Place place =
                found == marks_.end() ? Place() : Marks::place(found->second, reach);
            all.push_back({queue, priority, place.due_at, place.id});
        }
    }
    return all;
}

Marks::Place Marks::place(const Mark& mark, Reach reach) {
    const WallTime last = std::max(mark.claimed.due_at, mark.empty_at);
    if (reach == Reach::whole || last == WallTime::min()) return {};
    if (reach == Reach::exact && mark.claimed.id != 0) return mark.claimed;
    return {last - near_time, 0};
}

void Marks::note(const std::vector<Job>& claimed) {
    for (const Job& job : claimed) {
        Place& place = marks_[{job.queue_id, job.priority}].claimed;
        place = std::max(place, Place{job.due_at, job.id});
    }
}

void Marks::note_empty(const std::vector<std::int64_t>& queues, WallTime then) {
    for (const std::int64_t queue : queues) {
        for (int priority = 0; priority <= priority_max; ++priority) {
            WallTime& empty_at = marks_[{queue, priority}].empty_at;
            empty_at = std::max(empty_at, then);
        }
    }
}

}  // namespace acme::jobs
