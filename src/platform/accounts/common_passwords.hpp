#pragma once

#include <string_view>

namespace acme::accounts {

/// Whether `password`, in lower case, is one of those that everybody tries first, or one character
/// again and again. A short list: of those people choose, few of the usual ones have ten
/// characters.
bool is_common_password(std::string_view password);

}  // namespace acme::accounts
