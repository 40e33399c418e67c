#pragma once

/// What a process can be: `acme serve`, `acme worker`, `acme scheduler`.

#include "app/config.hpp"

#include <optional>
#include <string_view>

namespace acme::app {

enum class RoleName : std::uint8_t { serve, worker, scheduler };

/// nullopt for a word that names no role.
std::optional<RoleName> role_of(std::string_view word);
std::string_view name_of(RoleName role);

/// Starts one thread for each loop and blocks until a SIGTERM or SIGINT has ended them all, with
/// what was at hand finished. Returns the exit code.
int run_role(RoleName role, const Config& config);

}  // namespace acme::app
