#pragma once

/// The words of an invitation. Of what people typed only an address stands in them, which is the
/// inviter's: the name of an organization could be anything that somebody wants mailed by us.

#include "io/smtp/smtp.hpp"

#include <string>

namespace acme::organizations {

struct Words {
    std::string to;
    std::string inviter;  // address
    std::string token;
    std::string code;
};

smtp::Letter invitation_letter(const Words& words, const std::string& base_url);

}  // namespace acme::organizations
