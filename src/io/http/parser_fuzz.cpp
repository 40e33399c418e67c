// Bytes from anywhere, in pieces of any length, as Session feeds them to the parser.
#include "io/http/fields.hpp"
#include "io/http/json.hpp"
#include "io/http/parser.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/error.hpp>

#include <cstdint>
#include <cstdlib>
#include <vector>

namespace acme::http {
namespace {

class NoBody final : public Body {
public:
    Result<> limit(std::size_t) override { return {}; }
    Task<Result<std::string_view>> read() override { co_return ""; }
};

void use(const Request& request) {
    std::size_t bytes = request.path().size() + request.cookie("session").size();
    for (const Header& header : request.headers) bytes += header.name.size() + header.value.size();
    bytes += request.query("cursor").value_or("").size();
    if (bytes > 1U << 20) std::abort();  // views that point outside of a small input
}

/// The first byte says how long the pieces are.
void parse(const std::uint8_t* data, std::size_t size) {
    const std::size_t step = size > 0 ? data[0] + std::size_t{1} : 1;
    std::vector<char> bytes(data, data + size);
    Parser::Headers headers;
    Parser parser(headers);
    parser.header_limit(1024);
    parser.body_limit(4096);
    std::size_t used = size > 0 ? 1 : 0;
    for (std::size_t have = used; used < size && !parser.is_done();) {
        boost::beast::error_code code;
        const std::size_t taken = parser.put({bytes.data() + used, have - used}, code);
        if (taken > have - used) std::abort();
        used += taken;
        if (parser.take_piece().size() > size) std::abort();
        if (code && code != boost::beast::http::error::need_more) return;
        if (taken == 0 && have == size) return;
        have = std::min(size, have + step);
    }
    NoBody body;
    if (parser.is_header_done()) use(parser.request(body));
}

void read_json(std::string_view text) {
    auto object = parse_object(text);
    if (!object) return;
    Fields fields(std::move(*object));
    fields.text("a", {1, 10});
    fields.optional_integer("b", {0, 10});
    const auto finished = fields.finish();
    if (!finished && finished.error().fields.empty()) std::abort();
}

}  // namespace
}  // namespace acme::http

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    acme::http::parse(data, size);
    acme::http::read_json(std::string(data, data + size));
    return 0;
}
