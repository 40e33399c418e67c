#pragma once

/// The connection under a session: plain TCP, or TLS over it. Private to io/http.
///
/// A branch for each read and write, not a template: Session is compiled once, and plain TCP pays
/// no coroutine of its own, for these functions only hand on what Asio returns.

#include "io/loop/loop.hpp"
#include "io/tls/context.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>

#include <array>
#include <optional>
#include <string_view>
#include <tuple>

namespace acme::http {

using Socket = asio::basic_stream_socket<asio::ip::tcp, Executor>;

class Stream {
public:
    using Transfer = std::tuple<boost::system::error_code, std::size_t>;

    /// Plain without a context.
    Stream(Socket socket, std::shared_ptr<tls::Context> context);

    /// False when the peer does not speak TLS as we do. True at once on plain TCP.
    Task<bool> greet();

    /// Ended by cancel(), not by the signal that ends their task.
    Task<Transfer> read_some(asio::mutable_buffer into);
    /// Of `first`, and of `second` behind it; not both empty.
    Task<Transfer> write_some(std::string_view first, std::string_view second);

    /// Texts up to this are better copied behind each other than written as two.
    std::size_t joined_bytes_max() const;

    /// Says that nothing more will come.
    Task<> end_sending();

    /// What waits ends with an error.
    void cancel();

    /// Gives the connection away, for good; nullopt over TLS.
    std::optional<Socket> release();

    /// Whether the peer has vanished (reset, or closed both ways). `is_half_enough`: a peer that
    /// sends no more counts as well.
    bool has_vanished(bool is_half_enough);

    Socket& socket() { return socket_; }

private:
    using Tls = asio::ssl::stream<Socket&>;

    Socket socket_;
    std::shared_ptr<tls::Context> context_;
    std::unique_ptr<Tls> tls_;
};

}  // namespace acme::http
