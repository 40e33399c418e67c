#include "io/process/terminal.hpp"

#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <boost/asio/read_until.hpp>

#include <cerrno>
#include <system_error>
#include <unistd.h>

namespace acme::process {

bool is_somebody_there() { return ::isatty(STDIN_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1; }

Task<std::string> read_line() {
    const int input = ::dup(STDIN_FILENO);  // the descriptor closes what it is given
    if (input < 0) throw std::system_error(errno, std::generic_category(), "standard input");
    asio::posix::basic_stream_descriptor<Executor> terminal(
        co_await asio::this_coro::executor, input
    );
    std::string line;
    const auto [error, bytes] = co_await asio::async_read_until(
        terminal, asio::dynamic_buffer(line, line_bytes_max), '\n', no_throw
    );
    if (error == asio::error::operation_aborted) throw boost::system::system_error(error);
    line.resize(std::min(line.find('\n'), error ? line.size() : bytes));
    co_return line;
}

}  // namespace acme::process
