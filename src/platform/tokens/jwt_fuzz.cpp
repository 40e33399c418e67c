// What somebody presents as a token, an assertion, or the public half of a key.
#include "platform/tokens/jwt.hpp"

#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace acme::tokens;
    const std::string text(data, data + size);
    if (const auto parts = take_apart(text)) {
        // What was signed and the signature are the text itself: nothing is taken out or put in.
        const std::string whole = with_signature(parts->text, parts->signature);
        if (text.size() > token_bytes_max || !text.starts_with(parts->text + ".")) std::abort();
        if (!take_apart(whole)) std::abort();
    }
    if (const auto key = parse_jwk(text)) {
        const auto again = parse_jwk(to_jwk(*key));
        if (!again || again->thumbprint() != key->thumbprint()) std::abort();
    }
    if (const auto key = RsaKey::of_public_pem(text)) {
        if (key->has_signed("text", text)) std::abort();
    }
    return 0;
}
