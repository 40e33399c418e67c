#pragma once

/// Opening a port. Private to io/http.

#include "io/http/stream.hpp"

#include <boost/asio/basic_socket_acceptor.hpp>

#include <string>

namespace acme::http {

using Acceptor = asio::basic_socket_acceptor<asio::ip::tcp, Executor>;

/// As Server::listen() says. SO_REUSEPORT alone would let a second process of the same user take
/// half of the connections in silence; so the first socket of a process is bound without it, which
/// fails if anybody is there, and allows others beside itself only afterwards.
Acceptor open_port(const Executor& executor, const std::string& address, std::uint16_t port);

}  // namespace acme::http
