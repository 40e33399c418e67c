#include "work/jobs/programs.hpp"

namespace acme::jobs {
namespace {

constexpr pg::Query tell{"jobs.tell_programs", R"sql(
    SELECT pg_notify('acme_pull', queue.id::text) FROM job_queues AS queue
    WHERE org_id = $1 AND (cardinality($2::text[]) = 0 OR name = ANY($2::text[])) AND EXISTS (
        SELECT FROM job_leases
        WHERE job_leases.org_id = $1 AND job_leases.kind = 'pull' AND queue.name = ANY(queues)
    )
)sql"};

}  // namespace

Task<> tell_programs(
    pg::Transaction& transaction,
    trace::Context context,
    std::string org,
    std::vector<std::string> queues
) {
    co_await transaction.run(context, tell, org, queues);
}

}  // namespace acme::jobs
