#include "platform/webhooks/signature.hpp"

#include "base/base64.hpp"
#include "base/hash.hpp"

#include <stdexcept>

namespace acme::webhooks {
namespace {

std::string key_of(const Secret& secret) {
    const std::string_view text = secret.reveal();
    if (!text.starts_with(secret_prefix)) throw std::invalid_argument("no secret of a webhook");
    auto key = parse_base64(std::string(text.substr(secret_prefix.size())));
    if (!key) throw std::invalid_argument("no secret of a webhook");
    return *std::move(key);
}

}  // namespace

Secret make_secret(Random& random) {
    std::string bytes(secret_bytes, '\0');
    random.fill(std::as_writable_bytes(std::span(bytes)));
    Secret secret(std::string(secret_prefix) + to_base64(bytes));
    wipe(bytes);
    return secret;
}

std::string timestamp_of(WallTime at) {
    return std::to_string(std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count());
}

std::string signature_of(
    const Secret& secret, std::string_view id, WallTime at, std::string_view body
) {
    std::string signed_text(id);
    signed_text.append(".").append(timestamp_of(at)).append(".").append(body);
    std::string key = key_of(secret);
    std::string signature = "v1," + to_base64(hmac_sha256(key, signed_text));
    wipe(key);
    return signature;
}

}  // namespace acme::webhooks
