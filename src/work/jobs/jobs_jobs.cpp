#include "work/jobs/jobs_jobs.hpp"

#include "work/jobs/table.hpp"

namespace acme::jobs {
namespace {

/// So that the job ends within its time; what is left, the next one finds.
constexpr int pieces_max = 100;

Task<Result<>> keep_house(pg::Database& db, const Clock& clock, trace::Context context) {
    Table table(db, clock);
    for (int i = 0; i < pieces_max && co_await table.keep_house(context); ++i) {
    }
    co_return done;
}

}  // namespace

void add_jobs(Registry& registry, pg::Database& db, const Clock& clock) {
    registry.add("jobs.keep_house", [&db, &clock](trace::Context context, std::string) {
        return keep_house(db, clock, context);
    });
}

}  // namespace acme::jobs
