#include "io/http/takeover.hpp"

#include <array>
#include <charconv>

namespace acme::http {
namespace {

std::string chunk_of(std::string_view text) {
    std::array<char, 16> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), text.size(), 16);
    return std::string(digits.data(), end.ptr).append("\r\n").append(text).append("\r\n");
}

}  // namespace

Held::Held(Socket socket, bool is_chunked) : socket_(std::move(socket)), is_chunked_(is_chunked) {
    boost::system::error_code ignored;  // then sending fails, or nothing is left to wait for
    socket_.non_blocking(true, ignored);
}

bool Held::send(std::string_view text) {
    const std::string framed = is_chunked_ ? chunk_of(text) : std::string(text);
    boost::system::error_code error;
    const std::size_t sent = socket_.write_some(asio::buffer(framed), error);
    return !error && sent == framed.size();
}

void Held::watch(std::function<void()> gone) {
    gone_ = std::move(gone);
    wait();
}

/// What the peer says meanwhile is nothing to us.
void Held::wait() {
    socket_.async_wait(
        Socket::wait_read,
        [weak = weak_from_this()](boost::system::error_code error) {
            const auto self = weak.lock();
            if (!self) return;
            std::array<char, 512> said{};
            if (!error) self->socket_.read_some(asio::buffer(said), error);
            const bool is_there = !error || error == asio::error::would_block;
            if (is_there) return self->wait();
            const auto tell = std::move(self->gone_);
            tell();
        }
    );
}

}  // namespace acme::http
