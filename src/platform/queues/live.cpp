#include "platform/queues/live.hpp"

#include "platform/queues/queues_json.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

namespace acme::queues {
namespace {

using live::Look;

constexpr std::chrono::milliseconds job_period{500};
constexpr std::chrono::milliseconds queues_period{1'000};
constexpr ErrorCode too_many_streams = "queues.too_many_streams";

/// A job that is gone, with the history its queue does not keep, has ended all the same.
Task<Look> see_job(Routes room, Owner owner, JobId id, trace::Context context) {
    const auto details = co_await find(room.db, context, room.telemetry.clock, owner, id);
    if (!details) {
        co_return Look{
            .json =
                boost::json::serialize(boost::json::object{{"id", id.str()}, {"state", "gone"}}),
            .is_last = true,
        };
    }
    co_return Look{
        .json = boost::json::serialize(to_json(*details)),
        .is_last = has_ended(details->job.state),
    };
}

Task<Look> see_queues(Routes room, Owner owner, trace::Context context) {
    boost::json::array data;
    for (const QueueState& state : co_await list(room.db, context, room.telemetry.clock, owner)) {
        data.push_back(to_json(state));
    }
    co_return Look{
        .json = boost::json::serialize(boost::json::object{{"data", std::move(data)}}),
    };
}

}  // namespace

live::Watch look_at_job(Routes room, Owner owner, JobId id) {
    return {
        .event = "job",
        .period = job_period,
        .look = [room, owner, id](trace::Context context
                ) { return see_job(room, owner, id, context); },
        .too_many = too_many_streams,
    };
}

live::Watch look_at_queues(Routes room, Owner owner) {
    return {
        .event = "queues",
        .period = queues_period,
        .look = [room, owner](trace::Context context) { return see_queues(room, owner, context); },
        .too_many = too_many_streams,
    };
}

}  // namespace acme::queues
