#include "platform/happenings/happenings.hpp"

#include "io/pg/database.hpp"
#include "platform/happenings/types.hpp"

#include <algorithm>
#include <stdexcept>

namespace acme::happenings {
namespace {

constexpr pg::Query insert_happening{"happenings.tell", R"sql(
    INSERT INTO happenings (id, org_id, type, data, at, traceparent, request_id, subject)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
)sql"};

constexpr pg::Query lock_taking{"happenings.lock_taking", R"sql(
    SELECT pg_try_advisory_xact_lock(7106)
)sql"};

// Every organization's: each row carries whose it is.
constexpr pg::Query take_happenings{"happenings.take", R"sql(
    DELETE FROM happenings WHERE id = ANY(ARRAY(
        SELECT id FROM happenings ORDER BY seq NULLS FIRST, id LIMIT $1::bigint FOR UPDATE SKIP LOCKED
    ))
    RETURNING id, org_id, subject, seq, type, data, at, traceparent, request_id
)sql"};

}  // namespace

Task<> tell(
    pg::Transaction& transaction, trace::Context context, Telemetry& telemetry, Happening happening
) {
    if (find_type(happening.type) == nullptr) {
        throw std::logic_error("nothing is told of " + std::string(happening.type));
    }
    const WallTime now = telemetry.clock.now();
    co_await transaction.run(
        context,
        insert_happening,
        EventId::make(now, telemetry.random),
        happening.org,
        happening.type,
        happening.data,
        now,
        context.traceparent(),
        context.trace->request_id,
        happening.subject
    );
}

Task<std::vector<Told>> take(pg::Transaction& transaction, trace::Context context, int count) {
    const auto locked = co_await transaction.run(context, lock_taking);
    if (!locked[0].boolean()) co_return std::vector<Told>{};
    const auto rows = co_await transaction.run(context, take_happenings, count);
    std::vector<Told> taken;
    for (int i = 0; i < rows.size(); ++i) {
        pg::Row row = rows[i];
        // A braced list is read from left to right, as the row is.
        taken.push_back({
            .id = row.id<EventId>(),
            .org = row.id<OrgId>(),
            .subject = row.text_or_null(),
            .seq = row.integer_or_null().value_or(0),
            .type = row.text(),
            .data = row.text(),
            .at = row.time(),
            .traceparent = row.text(),
            .request_id = row.text(),
        });
    }
    std::ranges::sort(taken, {}, [](const Told& one) { return std::pair(one.seq, one.id); });
    co_return taken;
}

}  // namespace acme::happenings
