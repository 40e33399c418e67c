#pragma once

namespace acme::accounts {
class Links;
}

namespace acme::jobs {
class Registry;
}

namespace acme::sessions {

class Sessions;

/// "sessions.sweep" and "accounts.sweep_links", to be run every hour.
void add_jobs(jobs::Registry& jobs, Sessions& sessions, accounts::Links& links);

}  // namespace acme::sessions
