// A form from anywhere, in pieces of any length.
#include "io/loop/cancellable.hpp"
#include "platform/files/multipart.hpp"
#include "platform/files/name.hpp"

#include <cstdint>
#include <cstdlib>

namespace acme::files {
namespace {

class Pieces final : public http::Body {
public:
    Pieces(std::string_view text, std::size_t step) : rest_(text), step_(step) {}

    Result<> limit(std::size_t) override { return {}; }

    Task<Result<std::string_view>> read() override {
        const std::string_view piece = rest_.substr(0, std::min(rest_.size(), step_));
        rest_.remove_prefix(piece.size());
        co_return piece;
    }

private:
    std::string_view rest_;
    std::size_t step_;
};

Task<> read(std::string_view text, std::size_t step) {
    Pieces pieces(text, step);
    FilePart part(pieces, "b");
    if (!co_await part.begin()) co_return;
    std::ignore = checked_name(name_in_disposition(part.disposition()));
    std::size_t bytes = 0;
    while (true) {
        const auto piece = co_await part.read();
        if (!piece || piece->empty()) break;
        bytes += piece->size();
    }
    if (bytes > text.size()) std::abort();  // more came out than went in
}

}  // namespace
}  // namespace acme::files

/// The first byte says how long the pieces are.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string text(data + 1, data + size);
    std::ignore = acme::files::boundary_of(text);
    acme::Loop loop;
    acme::asio::co_spawn(
        loop,
        acme::files::read(text, data[0] + std::size_t{1}),
        [](const std::exception_ptr& fault) {
            if (fault) std::abort();
        }
    );
    loop.run();
    return 0;
}
