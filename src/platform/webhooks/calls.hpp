#pragma once

/// What the handlers of this room have in common. Private to platform/webhooks.

#include "io/http/client_address.hpp"
#include "io/http/router.hpp"
#include "platform/webhooks/webhooks.hpp"
#include "platform/webhooks/webhooks_http.hpp"

namespace acme::webhooks {

inline constexpr std::size_t body_bytes_max = std::size_t{16} * 1024;

inline audit::Actor actor_of(const Routes& room, const http::Call& call) {
    return {
        .name = call.who().user.str(),
        .org = call.who().org,
        .ip = http::client_address(call.request, room.trusted_proxies),
    };
}

/// The first of the path. Errors: webhooks.not_found.
inline Result<WebhookId> webhook_id_in(const http::Call& call) {
    const auto id = WebhookId::parse(call.params[0]);
    if (id) return *id;
    return no_such_webhook();
}

}  // namespace acme::webhooks
