#pragma once

namespace acme::jobs {
class Registry;
}

namespace acme::organizations {

class Invitations;

/// "organizations.sweep", to be run every hour. Twice: there is nothing left.
void add_jobs(jobs::Registry& jobs, Invitations& invitations);

}  // namespace acme::organizations
