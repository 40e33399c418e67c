#pragma once

/// A person at a terminal, who can be asked.

#include "io/loop/loop.hpp"

#include <string>

namespace acme::process {

/// Somebody sees what is printed and can answer: input and output are both terminals.
bool is_somebody_there();

/// What is typed next, without its line break; "" at the end of the input. At most line_bytes_max.
/// Throws boost::system::system_error when it is cancelled.
inline constexpr std::size_t line_bytes_max = 4'096;
Task<std::string> read_line();

}  // namespace acme::process
