#include "work/schedule/schedule.hpp"

#include "app/lists.hpp"
#include "operate/deploy/deploy_jobs.hpp"
#include "operate/drift/drift_jobs.hpp"
#include "platform/audit/audit_jobs.hpp"
#include "platform/files/files_jobs.hpp"
#include "platform/flag_settings/settings_jobs.hpp"
#include "platform/uploads/uploads_jobs.hpp"
#include "platform/webhooks/webhooks_jobs.hpp"

namespace acme::app {

void add_schedule(schedule::Schedule& schedule) {
    using std::chrono::hours;
    schedule.every("jobs.keep_house", hours(1), "jobs.keep_house");
    audit::add_schedule(schedule);
    schedule.every("sessions.sweep", hours(1), "sessions.sweep");
    schedule.every("accounts.sweep_links", hours(1), "accounts.sweep_links");
    schedule.every("factors.sweep", hours(1), "factors.sweep");
    schedule.every("keys.sweep", hours(1), "keys.sweep");
    schedule.every("tokens.keep_keys", hours(1), "tokens.keep_keys");
    schedule.every("tokens.sweep", hours(1), "tokens.sweep");
    schedule.every("organizations.sweep", hours(1), "organizations.sweep");
    schedule.every("mail.sweep", hours(1), "mail.sweep");
    files::add_schedule(schedule);
    uploads::add_schedule(schedule);
    webhooks::add_schedule(schedule);
    flag_settings::add_schedule(schedule);
    deploy::add_schedule(schedule);
    drift::add_schedule(schedule);
    schedule.every("events.sweep", hours(1), "events.sweep");
    schedule.every("idempotency.sweep", hours(1), "idempotency.sweep");
}

}  // namespace acme::app
