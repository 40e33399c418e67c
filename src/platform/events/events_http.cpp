#include "platform/events/events_http.hpp"

namespace acme::events {

void add_routes(http::Router& router, Hub& hub) {
    router.add({
        .method = http::Method::get,
        .pattern = "/v1/events",
        .access = http::Access::signed_in(),
        .body_bytes_max = http::no_body,
        .doc =
            {.summary = "Streams what happens as server-sent events, from Last-Event-ID on.",
             .query = {"topics"},
             .errors = {"events.topics", "events.too_many"},
             .response_type = "text/event-stream"},
        .handler = [&hub](const http::Call& call) { return hub.open(call); },
        .is_stream = true,
    });
}

}  // namespace acme::events
