#pragma once

/// What a controller asks of the engine, and what it is answered.

#include "operate/deploy/driver.hpp"

#include <string>

namespace acme::local {

/// One line of EngineClient to one line for it. `line` may be anything, and nothing is thrown: a
/// line that says nothing is engine.malformed, a disk that is full engine.failed. `driver` outlives
/// the task.
Task<std::string> answer(deploy::Driver& driver, std::string line);

}  // namespace acme::local
