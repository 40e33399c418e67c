#pragma once

/// The words of what is mailed about webhooks.

#include "io/smtp/smtp.hpp"
#include "platform/webhooks/webhooks.hpp"

#include <string>

namespace acme::webhooks {

/// Of the URL only the host stands in it: a path may be a secret.
smtp::Letter disabled_letter(
    const std::string& to, const Webhook& webhook, const std::string& base_url
);

}  // namespace acme::webhooks
