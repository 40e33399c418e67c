#include "app/deploy_parts.hpp"
#include "app/lists.hpp"
#include "app/platform.hpp"
#include "io/http/openapi.hpp"
#include "operate/changes/freezes_http.hpp"
#include "operate/deploy/deploy_http.hpp"
#include "operate/drift/drift_http.hpp"
#include "operate/drills/drills_http.hpp"
#include "operate/log_level/log_level_http.hpp"
#include "operate/nodes/nodes_http.hpp"
#include "operate/pings/pings_http.hpp"
#include "platform/audit/audit_http.hpp"
#include "platform/events/events_http.hpp"
#include "platform/factors/factors_http.hpp"
#include "platform/factors/passkeys_http.hpp"
#include "platform/files/files_http.hpp"
#include "platform/files/links_http.hpp"
#include "platform/flag_settings/settings_http.hpp"
#include "platform/identities/identities_http.hpp"
#include "platform/keys/keys_http.hpp"
#include "platform/keys/scopes.hpp"
#include "platform/mail/mail_http.hpp"
#include "platform/ofrep/ofrep_http.hpp"
#include "platform/organizations/organizations_http.hpp"
#include "platform/queues/queues_http.hpp"
#include "platform/schedules/schedules_http.hpp"
#include "platform/tokens/oauth_http.hpp"
#include "platform/unleash/unleash_http.hpp"
#include "platform/uploads/direct_http.hpp"
#include "platform/uploads/tus_http.hpp"
#include "platform/webhooks/webhooks_http.hpp"

namespace acme::app {

void add_routes(http::Router& router, Platform& platform) {
    accounts::add_routes(router, platform.accounts, platform.trusted_proxies);
    accounts::add_admin_routes(router, platform.administration);
    sessions::add_auth_routes(router, platform.auth, platform.metrics);
    sessions::add_mfa_routes(router, platform.auth, platform.metrics);
    sessions::add_webauthn_routes(router, platform.auth, platform.metrics);
    sessions::add_sign_up_routes(router, platform.entrance);
    const factors::Routes own_factors{
        platform.factors,
        platform.accounts,
        [&](trace::Context context, Identity who) {
            return platform.sessions.check_recent(context, std::move(who));
        },
        platform.trusted_proxies
    };
    factors::add_routes(router, own_factors);
    factors::add_passkey_routes(router, own_factors, platform.passkeys);
    mail::add_routes(router, platform.mail, platform.cursors);
    sessions::add_routes(router, platform.sessions, platform.cursors);
    keys::add_routes(router, {platform.keys, platform.cursors, platform.trusted_proxies});
    tokens::add_routes(
        router,
        {platform.tokens,
         platform.service_accounts,
         platform.signing_keys,
         platform.keys,
         {platform.device_logins, platform.tokens.url(), platform.trusted_proxies},
         platform.trusted_proxies}
    );
    tokens::add_service_account_routes(router, platform.machines);
    tokens::add_signing_key_routes(router, platform.signing_keys, platform.trusted_proxies);
    identities::add_routes(router, platform.elsewhere);
    organizations::add_routes(router, platform.organizations);
    files::add_routes(router, platform.files, platform.idempotency, platform.cursors);
    uploads::add_routes(router, platform.uploads, platform.idempotency);
    uploads::add_direct_routes(
        router, {platform.directs, platform.idempotency, platform.trusted_proxies}
    );
    files::add_link_routes(router, platform.files, platform.file_links);
    webhooks::add_routes(
        router,
        {platform.db,
         platform.webhooks,
         platform.deliveries,
         platform.idempotency,
         platform.cursors,
         platform.trusted_proxies}
    );
    queues::add_routes(
        router,
        {platform.db,
         platform.telemetry,
         platform.idempotency,
         platform.cursors,
         platform.trusted_proxies,
         platform.pull_news}
    );
    schedules::add_routes(
        router,
        {platform.schedules,
         platform.telemetry,
         platform.idempotency,
         platform.cursors,
         platform.trusted_proxies}
    );
    ofrep::add_routes(
        router,
        {platform.ofrep, platform.flag_streams, platform.flag_rulesets, platform.flag_exposures}
    );
    flag_settings::add_routes(
        router,
        {platform.flag_settings,
         platform.idempotency,
         platform.cursors,
         platform.trusted_proxies,
         platform.config.enable_feature_flags}
    );
    if (platform.config.unleash_api) {
        unleash::add_routes(
            router, {platform.flag_ground, platform.flags, platform.clock, platform.trusted_proxies}
        );
    }
    events::add_routes(router, platform.hub);
    nodes::add_routes(router, platform.nodes);
    nodes::add_live(platform.hub, platform.nodes);
    pings::add_routes(router, platform.pings);
    log_level::add_routes(router, platform.log_levels, platform.trusted_proxies);
    changes::add_routes(
        router,
        {platform.db,
         platform.clock,
         platform.freezes,
         platform.idempotency,
         platform.cursors,
         platform.trusted_proxies,
         platform.config.environment}
    );
    deploy::add_routes(
        router,
        {platform.db,
         platform.telemetry,
         platform.fetch,
         platform.freezes,
         platform.idempotency,
         platform.cursors,
         platform.trusted_proxies,
         deploy_parts(platform).find_ground,
         platform.config.environment}
    );
    drift::add_routes(router, platform.db, platform.config.environment);
    drills::add_routes(router, platform.db, platform.clock, platform.config.environment);
    audit::add_routes(router, platform.db, platform.cursors);
    http::add_openapi(router, platform.config.release, keys::scope_of);
}

}  // namespace acme::app
