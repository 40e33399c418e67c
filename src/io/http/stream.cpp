#include "io/http/stream.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>

#include <poll.h>

namespace acme::http {
namespace {

/// Without a slot of their own: to connect one costs as much as a tenth of a small request.
auto unsignalled() { return asio::bind_cancellation_slot(asio::cancellation_slot(), no_throw); }

}  // namespace

Stream::Stream(Socket socket, std::shared_ptr<tls::Context> context)
    : socket_(std::move(socket)), context_(std::move(context)) {
    boost::system::error_code ignored;  // the peer may have left already
    socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
    if (context_) tls_ = std::make_unique<Tls>(socket_, *context_);
}

Task<bool> Stream::greet() {
    if (!tls_) co_return true;
    const auto [code] = co_await tls_->async_handshake(Tls::server, no_throw);
    co_return !code;
}

Task<Stream::Transfer> Stream::read_some(asio::mutable_buffer into) {
    if (tls_) return tls_->async_read_some(into, unsignalled());
    return socket_.async_read_some(into, unsignalled());
}

Task<Stream::Transfer> Stream::write_some(std::string_view first, std::string_view second) {
    if (first.empty()) std::swap(first, second);
    if (tls_) return tls_->async_write_some(asio::buffer(first), unsignalled());
    if (second.empty()) return socket_.async_write_some(asio::buffer(first), unsignalled());
    const std::array both{asio::buffer(first), asio::buffer(second)};
    return socket_.async_write_some(both, unsignalled());
}

/// Over TLS each is a record, and a packet, of its own.
std::size_t Stream::joined_bytes_max() const { return tls_ ? 16 * 1024 : 4 * 1024; }

Task<> Stream::end_sending() {
    if (tls_) co_await tls_->async_shutdown(no_throw);
    boost::system::error_code ignored;
    socket_.shutdown(Socket::shutdown_send, ignored);
}

void Stream::cancel() {
    boost::system::error_code ignored;
    socket_.cancel(ignored);
}

std::optional<Socket> Stream::release() {
    if (tls_) return std::nullopt;
    return std::move(socket_);
}

bool Stream::has_vanished(bool is_half_enough) {
    pollfd state{.fd = socket_.native_handle(), .events = POLLRDHUP, .revents = 0};
    if (::poll(&state, 1, 0) <= 0) return false;
    const int signs = POLLERR | POLLHUP | (is_half_enough ? POLLRDHUP : 0);
    return (state.revents & signs) != 0;
}

}  // namespace acme::http
