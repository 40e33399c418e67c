#pragma once

/// Names of queues as one text. Private to work/pull.

#include "work/pull/pull.hpp"

namespace acme::queues::pull {

/// Names of queues have no blanks in them.
std::vector<std::string> words_in(std::string_view text);

}  // namespace acme::queues::pull
