#pragma once

/// The flags that this program asks for itself.

namespace acme::jobs {
class Registry;
}

namespace acme::app {

struct Platform;

/// "flags.make_own" makes those that are not there, switched off. Twice: they are there, and stay
/// as people have set them; one that was archived does too.
void add_own_flags(jobs::Registry& jobs, Platform& platform);

}  // namespace acme::app
