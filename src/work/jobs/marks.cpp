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
            const auto found = places_.find({queue, priority});
            Place place;
            if (reach != Reach::whole && found != places_.end()) place = found->second;
            if (reach == Reach::near && place.id != 0) place = {place.due_at - near_time, 0};
            all.push_back({queue, priority, place.due_at, place.id});
        }
    }
    return all;
}

void Marks::note(const std::vector<Job>& claimed) {
    for (const Job& job : claimed) {
        Place& place = places_[{job.queue_id, job.priority}];
        place = std::max(place, Place{job.due_at, job.id});
    }
}

}  // namespace acme::jobs
