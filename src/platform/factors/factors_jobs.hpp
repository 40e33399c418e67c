#pragma once

namespace acme::jobs {
class Registry;
}

namespace acme::factors {

class Factors;
class Passkeys;

/// "factors.sweep", to be run every hour.
void add_jobs(jobs::Registry& jobs, Factors& factors, Passkeys& passkeys);

}  // namespace acme::factors
