#include "platform/queues/queues_http.hpp"

#include "base/moment.hpp"
#include "platform/queues/calls.hpp"
#include "platform/queues/queues_json.hpp"

#include <cmath>

namespace acme::queues {

std::optional<double> optional_number(
    http::Fields& fields, std::string_view key, double least, double most
) {
    const boost::json::value* const value = fields.any(key);
    if (value == nullptr || value->is_null()) return std::nullopt;
    if (value->is_number()) {
        const double number = value->to_number<double>();
        if (std::isfinite(number) && number >= least && number <= most) return number;
    }
    fields.complain(
        key,
        "queues.number",
        "must be a number from " + std::to_string(least) + " to " + std::to_string(most)
    );
    return std::nullopt;
}

std::optional<WallTime> optional_time(http::Fields& fields, std::string_view key) {
    if (!fields.has(key)) return std::nullopt;
    const auto text = fields.optional_text(key, {1, 40});
    if (!text) return std::nullopt;
    const auto time = parse_time(*text);
    if (!time) {
        fields.complain(key, "queues.time", "must be a time such as 2026-11-24T18:00:00Z");
    }
    return time;
}

void add_routes(http::Router& router, Routes room) {
    for (const http::Schema& schema : schemas()) router.add_schema(schema);
    for (const http::Schema& schema : pull_schemas()) router.add_schema(schema);
    for (const Side side : sides) {
        add_job_routes(router, room, side);
        add_adding_routes(router, room, side);
        add_acting_routes(router, room, side);
        add_queue_routes(router, room, side);
    }
    add_pull_routes(router, room);
}

}  // namespace acme::queues
