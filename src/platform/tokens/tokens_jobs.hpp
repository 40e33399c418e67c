#pragma once

namespace acme::jobs {
class Registry;
}

namespace acme::tokens {

class DeviceLogins;
class SigningKeys;
class Tokens;

/// "tokens.keep_keys", which makes the next signing key in time, and "tokens.sweep"; to be run
/// every hour.
void add_jobs(jobs::Registry& jobs, Tokens& tokens, SigningKeys& keys, DeviceLogins& logins);

}  // namespace acme::tokens
