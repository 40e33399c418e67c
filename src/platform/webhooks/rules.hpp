#pragma once

/// What a webhook may be. Private to platform/webhooks.

#include "platform/webhooks/webhooks.hpp"

namespace acme::webhooks {

/// webhooks.type_unknown for those that are none, and for a list without any; pointers below
/// "/event_types".
void add_type_problems(const std::vector<std::string>& types, std::vector<FieldError>& problems);

/// webhooks.description_malformed.
void add_description_problems(std::string_view text, std::vector<FieldError>& problems);

/// As they are kept: each once, in order, with blanks between; "*" alone when it is among them.
std::string joined(std::vector<std::string> types);

/// The other way.
std::vector<std::string> apart(std::string_view types);

/// webhooks.invalid with these problems.
std::unexpected<Error> invalid(std::vector<FieldError> problems);

}  // namespace acme::webhooks
