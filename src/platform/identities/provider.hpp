#pragma once

/// A provider as an operator describes it.

#include "base/secret.hpp"

#include <string>

namespace acme::identities {

struct Provider {
    std::string name;    // "google": in addresses and rows
    std::string title;   // "Google": on buttons
    std::string issuer;  // to the letter as its tokens name it
    std::string client_id;
    Secret client_secret;
};

}  // namespace acme::identities
