#pragma once

namespace acme::accounts {
class Links;
class Proofs;
}  // namespace acme::accounts

namespace acme::jobs {
class Registry;
}

namespace acme::sessions {

class Sessions;

/// "sessions.sweep" and "accounts.sweep_links", to be run every hour; the latter sweeps proofs too.
void add_jobs(
    jobs::Registry& jobs, Sessions& sessions, accounts::Links& links, accounts::Proofs& proofs
);

}  // namespace acme::sessions
