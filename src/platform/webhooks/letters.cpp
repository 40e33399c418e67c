#include "platform/webhooks/letters.hpp"

#include <boost/url/parse.hpp>

namespace acme::webhooks {
namespace {

std::string host_of(const std::string& url) {
    const auto parsed = boost::urls::parse_uri(url);
    return parsed ? std::string(parsed->encoded_host_and_port()) : "";
}

}  // namespace

smtp::Letter disabled_letter(
    const std::string& to, const Webhook& webhook, const std::string& base_url
) {
    const bool is_gone = webhook.disabled == "gone";
    const std::string why = is_gone ? "because it answered 410 Gone, which asks for that."
                                    : "because every attempt to reach it failed for three days.";
    return {
        .to = to,
        .subject = "A webhook was disabled",
        .text =
            "The webhook of your organization to " + host_of(webhook.url) + " was disabled,\n" +
            why +
            "\n\nNothing is sent to it until somebody enables it again. What failed can be sent "
            "once\nmore from its page, for 30 days:\n\n" +
            base_url + "/webhooks/" + webhook.id.str() + "\n",
    };
}

}  // namespace acme::webhooks
