#include "operate/pings/pings_jobs.hpp"

#include "base/text.hpp"
#include "work/jobs/run.hpp"

namespace acme::pings {
namespace {

constexpr std::string_view answer_kind = "pings.answer";

/// The arguments are one JSON text: the id.
Task<Result<>> answer(Pings& pings, jobs::Run& run) {
    const std::string_view text(run.args());
    const auto id = PingId::parse(text.size() < 2 ? "" : text.substr(1, text.size() - 2));
    if (!id) co_return refuse(ErrorKind::invalid, "pings.args", "No id.");
    co_await pings.answer(run, *id);
    co_return done;
}

}  // namespace

void add_jobs(jobs::Registry& jobs, Pings& pings) {
    jobs.handle(answer_kind, [&pings](jobs::Run& run) { return answer(pings, run); });
}

Task<> enqueue_answer(
    pg::Transaction& transaction, trace::Context context, const Clock& clock, PingId id
) {
    std::string args;
    append_json_string(args, id.str());
    return jobs::enqueue(transaction, context, clock, answer_kind, std::move(args));
}

}  // namespace acme::pings
