// Cursors that we did not give out. The first byte says how many of the rest are the scope.
#include "io/http/page.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace acme;
    static const http::Cursors cursors = [] {
        std::vector<Secret> keys;
        keys.emplace_back(std::string(32, 'k'));
        return http::Cursors(std::move(keys));
    }();
    if (size == 0) return 0;
    const std::size_t scope_bytes = std::min<std::size_t>(data[0], size - 1);
    const std::string scope(data + 1, data + 1 + scope_bytes);
    const std::string text(data + 1 + scope_bytes, data + size);
    // Nobody guesses a signature of 16 bytes or more.
    if (cursors.read(scope, text)) std::abort();
    const std::string place = text.substr(0, std::min<std::size_t>(text.size(), 64));
    const std::string cursor = cursors.sign(scope, place);
    const auto read = cursors.read(scope, cursor);
    if (!place.empty() && (!read || *read != place)) std::abort();
    if (cursors.read(scope + "x", cursor)) std::abort();
    return 0;
}
