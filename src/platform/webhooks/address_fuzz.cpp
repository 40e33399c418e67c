// URLs of webhooks, as somebody sets them, and addresses as a name leads to them.
#include "platform/webhooks/address.hpp"

#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(data, data + size);
    const acme::webhooks::Policy strict;
    const bool is_taken = acme::webhooks::problems_of_url(text, strict).empty();
    if (is_taken && text.find_first_of("@# \\") == 0) std::abort();
    if (is_taken && text.substr(0, 8).find("://") == text.npos) std::abort();
    const bool may = acme::webhooks::may_connect(strict, text);
    if (may != acme::webhooks::is_public(text)) std::abort();
    return 0;
}
