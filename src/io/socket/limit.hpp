#pragma once

/// Private to io/socket: a socket whose time is limited.

#include "io/loop/loop.hpp"

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>

#include <memory>

namespace acme::socket {

using Stream = asio::basic_stream_socket<asio::local::stream_protocol, Executor>;

/// Closes the socket when the time is up, which ends whatever waits on it.
class Limit {
public:
    Limit(const Executor& executor, std::shared_ptr<Stream> stream, std::chrono::milliseconds time)
        : timer_(executor, time) {
        timer_.async_wait([stream = std::move(stream)](const boost::system::error_code& error) {
            boost::system::error_code ignored;
            if (!error) stream->close(ignored);
        });
    }

private:
    asio::steady_timer timer_;
};

}  // namespace acme::socket
