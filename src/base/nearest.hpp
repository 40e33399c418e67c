#pragma once

/// "Did you mean …?": of the words that exist, the one that was most likely meant.

#include <string_view>
#include <vector>

namespace acme {

/// "" when none is near.
std::string_view nearest(std::string_view text, const std::vector<std::string_view>& words);

}  // namespace acme
