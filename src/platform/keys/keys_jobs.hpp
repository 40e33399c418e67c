#pragma once

namespace acme::jobs {
class Registry;
}

namespace acme::keys {

class Keys;

/// "keys.sweep", to be run every hour.
void add_jobs(jobs::Registry& jobs, Keys& keys);

}  // namespace acme::keys
