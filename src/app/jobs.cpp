#include "app/deploy_parts.hpp"
#include "app/lists.hpp"
#include "app/platform.hpp"
#include "operate/deploy/deploy_jobs.hpp"
#include "operate/drift/drift_jobs.hpp"
#include "operate/pings/pings_jobs.hpp"
#include "platform/audit/audit_jobs.hpp"
#include "platform/events/events_jobs.hpp"
#include "platform/factors/factors_jobs.hpp"
#include "platform/files/files_jobs.hpp"
#include "platform/flag_settings/settings_jobs.hpp"
#include "platform/idempotency/idempotency_jobs.hpp"
#include "platform/keys/keys_jobs.hpp"
#include "platform/mail/mail_jobs.hpp"
#include "platform/organizations/organizations_jobs.hpp"
#include "platform/sessions/sessions_jobs.hpp"
#include "platform/tokens/tokens_jobs.hpp"
#include "platform/uploads/direct_jobs.hpp"
#include "platform/uploads/uploads_jobs.hpp"
#include "platform/webhooks/webhooks_jobs.hpp"
#include "work/jobs/jobs_jobs.hpp"

namespace acme::app {

void add_jobs(jobs::Registry& jobs, Platform& platform) {
    jobs::add_jobs(jobs, platform.db, platform.clock);
    audit::add_jobs(jobs, platform.db, *platform.store, platform.clock);
    sessions::add_jobs(jobs, platform.sessions, platform.links, platform.proofs);
    factors::add_jobs(jobs, platform.factors, platform.passkeys);
    keys::add_jobs(jobs, platform.keys);
    tokens::add_jobs(jobs, platform.tokens, platform.signing_keys, platform.device_logins);
    organizations::add_jobs(jobs, platform.invitations);
    mail::add_jobs(jobs, platform.mail);
    events::add_jobs(jobs, platform.db);
    idempotency::add_jobs(jobs, platform.idempotency);
    files::add_jobs(jobs, platform.files, platform.clock);
    uploads::add_jobs(jobs, platform.uploads);
    uploads::add_direct_jobs(jobs, platform.directs);
    webhooks::add_jobs(jobs, platform.deliveries);
    deploy::add_jobs(jobs, platform.db, platform.telemetry.clock);
    drift::add_jobs(jobs, deploy_parts(platform));
    flag_settings::add_jobs(jobs, platform.db, platform.clock);
    pings::add_jobs(jobs, platform.pings);
}

}  // namespace acme::app
