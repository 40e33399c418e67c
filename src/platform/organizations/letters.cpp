#include "platform/organizations/letters.hpp"

namespace acme::organizations {

smtp::Letter invitation_letter(const Words& words, const std::string& base_url) {
    return {
        .to = words.to,
        .subject = "You are invited to an organization",
        .text =
            words.inviter + " invites you to their organization at\n" + base_url +
            "\n\nTo see which it is, and to accept, open this link:\n\n" + base_url +
            "/invite#token=" + words.token + "\n\nOr open " + base_url +
            "/invite and type your address and the code where you are asked: " + words.code +
            "\n\nEither works once, within 7 days. If you do not know who that is, do nothing.\n",
    };
}

}  // namespace acme::organizations
