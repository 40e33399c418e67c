#pragma once

/// A long list of members as it was published, which rule sets name by its id. Immutable, so that
/// all editions that name it share one: a change of a flag moves no list.

#include "base/result.hpp"
#include "platform/flags/members.hpp"

#include <memory>
#include <string>

namespace acme::flag_feed {

struct List {
    std::string id;    // the first 32 hex digits of SHA-256 of what is packed
    std::string gzip;  // {"key", "users", "orgs"}
    std::shared_ptr<const flags::MemberList> members;
};

using Held = std::shared_ptr<const List>;

/// Takes a second for a million members, so beside the loop. Error: flags.payload (invalid) for
/// what is not the list of that id.
Result<Held> open_list(std::string id, std::string gzip);

}  // namespace acme::flag_feed
