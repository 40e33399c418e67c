#include "platform/events/events.hpp"

#include "io/pg/database.hpp"

namespace acme::events {
namespace {

constexpr pg::Query insert_event{"events.publish", R"sql(
    INSERT INTO events (topic, subject, verb, org_id, data) VALUES ($1, $2, $3, $4, $5)
)sql"};

}  // namespace

Task<> publish(pg::Transaction& transaction, trace::Context context, Event event) {
    co_await transaction.run(
        context, insert_event, event.topic, event.id, event.verb, event.org, event.data
    );
}

}  // namespace acme::events
