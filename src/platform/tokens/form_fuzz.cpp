// The body of a request for a token, and who it says that it is from.
#include "platform/tokens/form.hpp"

#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace acme::tokens;
    const std::string text(data, data + size);
    if (const auto form = parse_form(text)) {
        std::string again;
        for (const auto& [name, value] : *form) {
            again.append(again.empty() ? "" : "&").append(form_encoded(name));
            again.append("=").append(form_encoded(value));
        }
        if (parse_form(again) != form) std::abort();
    }
    parse_basic(text);
    return 0;
}
