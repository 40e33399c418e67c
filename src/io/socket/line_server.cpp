#include "io/socket/line_server.hpp"

#include "io/socket/limit.hpp"

#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

#include <cerrno>
#include <sys/socket.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace acme::socket {
namespace {

constexpr std::chrono::milliseconds breath{50};  // when there are no descriptors

/// Source: unix(7), SO_PEERCRED.
bool is_ours(int descriptor) {
    ucred peer{};
    socklen_t size = sizeof(peer);
    return ::getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
           peer.uid == ::geteuid();
}

}  // namespace

LineServer::LineServer(const Executor& executor, Log& log, std::string path)
    : path_(std::move(path)), connections_(log), acceptor_(executor) {
    if (path_.size() >= Protocol::endpoint().capacity()) {
        throw std::system_error(ENAMETOOLONG, std::generic_category(), path_);
    }
    ::unlink(path_.c_str());
    acceptor_.open();
    acceptor_.bind(Protocol::endpoint(path_));
    // Nobody can connect before listen().
    if (::chmod(path_.c_str(), 0600) != 0) {
        throw std::system_error(errno, std::generic_category(), path_);
    }
    acceptor_.listen();
}

LineServer::~LineServer() { close(); }

void LineServer::close() {
    if (!acceptor_.is_open()) return;
    boost::system::error_code ignored;
    acceptor_.close(ignored);
    ::unlink(path_.c_str());
}

Task<> LineServer::run(Answer answer) {
    const Executor executor = co_await asio::this_coro::executor;
    while (acceptor_.is_open()) {
        auto stream = std::make_shared<Stream>(executor);
        const auto [error] = co_await acceptor_.async_accept(*stream, no_throw);
        if (error) {
            if (acceptor_.is_open()) co_await sleep_for(breath);
            continue;
        }
        if (!is_ours(stream->native_handle()) || connections_.size() >= connections_max) continue;
        connections_.spawn(executor, "line", serve(std::move(stream), answer));
    }
    co_await connections_.join();
}

Task<> LineServer::serve(std::shared_ptr<Stream> stream, const Answer& answer) {
    const Executor executor = co_await asio::this_coro::executor;
    std::string line;
    {
        const Limit limit(executor, stream, line_time_max);
        const auto [error, bytes] = co_await asio::async_read_until(
            *stream, asio::dynamic_buffer(line, line_bytes_max), '\n', no_throw
        );
        if (error) co_return;
        line.resize(bytes - 1);
    }
    std::string text = co_await answer(std::move(line));
    text.push_back('\n');
    const Limit limit(executor, stream, write_time_max);
    co_await asio::async_write(*stream, asio::buffer(text), no_throw);
}

}  // namespace acme::socket
