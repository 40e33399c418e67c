#pragma once

/// Evaluated answers in Redis, `ff:{<environment>}:eval:<version>:<digest of who asked>`, for 30
/// seconds (FLAG-5). Nobody waits for a write, and only a node that has no rule set it can evaluate
/// reads: evaluating costs a thousandth of asking Redis.
///
/// Belongs to a thread.

#include "io/loop/task_group.hpp"
#include "io/redis/client.hpp"
#include "io/telemetry/telemetry.hpp"

#include <optional>
#include <string>
#include <unordered_map>

namespace acme::ofrep {

/// What was asked: the parts of it that an answer hangs on.
struct Question {
    std::string environment;
    std::string text;  // the body, and who sent it
};

class Evaluated {
public:
    static constexpr std::chrono::seconds rewrite_after{20};
    static constexpr int writes_per_second_max = 50;  // and as many on their way

    Evaluated(redis::Client& redis, Telemetry& telemetry)
        : redis_(redis), telemetry_(telemetry), tasks_(telemetry.log) {}

    /// Whether an answer is to be kept: not if that was done a moment ago, by the mark of its
    /// question and version, or if there is too much of it. Who is told so does it.
    bool wants(std::size_t mark);

    /// Writes it beside the caller.
    void keep(const Executor& executor, std::uint64_t version, Question question, std::string body);

    /// What another node has answered, by the rule set whose copy lies in Redis.
    Task<std::optional<std::string>> find(trace::Context context, Question question);

    /// Waits for what is being written.
    Task<> close() { return tasks_.join(); }

private:
    Task<> write(std::uint64_t version, Question question, std::string body);

    redis::Client& redis_;
    Telemetry& telemetry_;
    std::unordered_map<std::size_t, SteadyTime> written_;
    SteadyTime second_{};  // when this second of writing began
    int writes_ = 0;
    TaskGroup tasks_;
};

}  // namespace acme::ofrep
