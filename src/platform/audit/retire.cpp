#include "platform/audit/retire.hpp"

#include "io/pg/database.hpp"

namespace acme::audit {
namespace {

constexpr pg::Query retire_oldest{"audit.retire", R"sql(
    SELECT audit_retire($1, $2)
)sql"};

}  // namespace

Task<std::int64_t> retire(
    pg::Database& db, trace::Context context, std::optional<WallTime> now, int batch
) {
    const auto rows = co_await db.run(context, retire_oldest, now, batch);
    co_return rows[0].integer();
}

}  // namespace acme::audit
