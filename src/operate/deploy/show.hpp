#pragma once

/// Deployments in words, for a terminal.

#include "operate/deploy/deployments.hpp"

#include <string>
#include <vector>

namespace acme::deploy {

/// A line or more for each record; "" for one that a person need not see. A step that fails shows
/// all of its evidence.
std::string words_of(const Record& record);

/// The steps with what takes them back, how long, and the digest.
std::vector<std::string> words_of(const Plan& plan);

/// A table: name, role, release, track, state, weight.
std::vector<std::string> words_of(const std::vector<NodeNow>& nodes);

/// One line.
std::string words_of(const Deployment& deployment);

/// "12:03:04" of a time.
std::string clock_of(WallTime time);

/// "9 min 20 s".
std::string duration_of(std::chrono::milliseconds time);

/// The first 12 characters of a commit; a "dev-…" whole.
std::string short_of(std::string_view release);

}  // namespace acme::deploy
