#pragma once

#include "platform/mail/mail.hpp"
#include "work/jobs/jobs.hpp"

namespace acme::mail {

void add_jobs(jobs::Registry& jobs, Mail& mail);

/// Has mail.deliver() called, until it has done what it can.
Task<> enqueue_delivery(
    pg::Transaction& transaction, trace::Context context, const Clock& clock, MailId id
);

}  // namespace acme::mail
