#include "io/socket/ask.hpp"

#include "io/socket/limit.hpp"

#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

namespace acme::socket {

Task<std::string> ask(
    std::string path, std::string line, std::chrono::milliseconds time_max, std::size_t bytes_max
) {
    using Endpoint = asio::local::stream_protocol::endpoint;
    if (path.size() >= Endpoint().capacity()) throw Fault("the path of the socket is too long");
    const Executor executor = co_await asio::this_coro::executor;
    const auto stream = std::make_shared<Stream>(executor);
    const Limit limit(executor, stream, time_max);
    const auto [absent] = co_await stream->async_connect(Endpoint(path), no_throw);
    if (absent) throw Fault("nobody answers at " + path + ": " + absent.message());
    line.push_back('\n');
    co_await asio::async_write(*stream, asio::buffer(line), no_throw);
    std::string answer;
    const auto [cut, bytes] = co_await asio::async_read_until(
        *stream, asio::dynamic_buffer(answer, bytes_max), '\n', no_throw
    );
    if (cut) throw Fault("the answer did not come: " + cut.message());
    answer.resize(bytes - 1);
    co_return answer;
}

}  // namespace acme::socket
