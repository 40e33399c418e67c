#pragma once

#include "base/identity.hpp"

#include <string_view>
#include <vector>

namespace acme::accounts {

/// What the roles allow, by name: what the dashboard mirrors, so that a button says why it is off.
/// The routes decide; this only tells. In alphabetical order.
std::vector<std::string_view> permissions_of(const Identity& who);

}  // namespace acme::accounts
