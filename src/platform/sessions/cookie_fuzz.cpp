// The header Cookie, from anywhere.
#include "platform/sessions/cookie.hpp"

#include <cstdint>
#include <cstdlib>

namespace {

class NoBody final : public acme::http::Body {
public:
    acme::Result<> limit(std::size_t) override { return {}; }
    acme::Task<acme::Result<std::string_view>> read() override { co_return ""; }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace acme;
    const std::string text(data, data + size);
    const std::vector<http::Header> headers{{"Cookie", text}};
    NoBody body;
    const http::Request request{.target = "/", .headers = headers, .body = body};
    for (const bool is_secure : {false, true}) {
        const sessions::Cookie cookie(is_secure);
        const auto presented = cookie.read(request);
        if (!presented) continue;
        // Of the right shape is only what has our name, our version and the id that it says.
        const std::string begin = std::string(cookie.name()) + "=v1." + presented->user.str() + ".";
        if (!text.contains(begin) || presented->hash.size() != 43) std::abort();
    }
    return 0;
}
