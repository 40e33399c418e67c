#pragma once

/// Answers programs of the same user over a UNIX socket.

#include "io/loop/task_group.hpp"

#include <boost/asio/local/stream_protocol.hpp>

#include <functional>
#include <string>

namespace acme::socket {

class LineServer {
public:
    /// One line to one line, both without their ends. Must not throw; `line` may be anything.
    using Answer = std::function<Task<std::string>(std::string line)>;

    static constexpr std::size_t line_bytes_max = std::size_t{64} * 1024;
    static constexpr std::size_t connections_max = 64;  // further ones are closed at once
    static constexpr std::chrono::milliseconds line_time_max{2'000};  // until the line is there
    static constexpr std::chrono::milliseconds write_time_max{5'000};

    /// Makes the socket with mode 0600 in place of one that a dead process left: the caller sees
    /// to it that no living one has it. `log` outlives the loop. Throws std::system_error.
    LineServer(const Executor& executor, Log& log, std::string path);
    ~LineServer();
    LineServer(const LineServer&) = delete;
    LineServer& operator=(const LineServer&) = delete;

    /// Until close() and the end of the last answer. Whoever goes away before his answer does not
    /// end what he has asked for. Spawn it once.
    Task<> run(Answer answer);

    /// Takes nothing new, and removes the socket.
    void close();

private:
    using Protocol = asio::local::stream_protocol;
    using Stream = asio::basic_stream_socket<Protocol, Executor>;

    static Task<> serve(std::shared_ptr<Stream> stream, const Answer& answer);

    std::string path_;
    TaskGroup connections_;
    asio::basic_socket_acceptor<Protocol, Executor> acceptor_;
};

}  // namespace acme::socket
