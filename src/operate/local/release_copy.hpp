#pragma once

/// How the files of a release come under <home>/releases. Private to Releases.

#include "base/result.hpp"

#include <string>

namespace acme::local {

/// Copies a program as `stage`/acme, or a whole folder as `stage`, and waits for the disk. Links
/// stay links. What is there already as `stage` is removed first. Errors: see Releases::add().
Result<> copy_release(const std::string& source, const std::string& stage, std::size_t entries_max);

}  // namespace acme::local
