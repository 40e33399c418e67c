#include "io/haproxy/runtime.hpp"

#include "base/text.hpp"

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>

#include <map>

namespace acme::haproxy {
namespace {

using Socket = asio::basic_stream_socket<asio::local::stream_protocol, Executor>;

std::vector<std::string_view> split(std::string_view text, char at) {
    std::vector<std::string_view> parts;
    while (true) {
        const auto end = text.find(at);
        parts.push_back(text.substr(0, end));
        if (end == text.npos) return parts;
        text.remove_prefix(end + 1);
    }
}

/// The columns of a table by name, so that a later HAProxy may add some.
class Row {
public:
    Row(const std::map<std::string_view, std::size_t>& columns, std::string_view line)
        : columns_(columns), cells_(split(line, ',')) {}

    std::string_view text(std::string_view column) const {
        const auto found = columns_.find(column);
        if (found == columns_.end()) throw Fault("show stat has no column " + std::string(column));
        return found->second < cells_.size() ? cells_[found->second] : std::string_view();
    }

    std::int64_t number(std::string_view column) const {
        return parse_number<std::int64_t>(text(column)).value_or(0);
    }

private:
    const std::map<std::string_view, std::size_t>& columns_;
    std::vector<std::string_view> cells_;
};

/// Closes the socket when the deadline passes, which ends whatever waits on it.
class Deadline {
public:
    Deadline(
        const Executor& executor, std::shared_ptr<Socket> socket, std::chrono::milliseconds time
    )
        : timer_(executor, time) {
        timer_.async_wait([socket = std::move(socket)](const boost::system::error_code& error) {
            boost::system::error_code ignored;
            if (!error) socket->close(ignored);
        });
    }

private:
    asio::basic_waitable_timer<
        std::chrono::steady_clock,
        asio::wait_traits<std::chrono::steady_clock>,
        Executor>
        timer_;
};

}  // namespace

std::vector<ServerStat> parse_stats(std::string_view csv) {
    const auto lines = split(csv, '\n');
    if (!lines[0].starts_with("# ")) throw Fault("show stat answered something else");
    std::map<std::string_view, std::size_t> columns;
    const auto names = split(lines[0].substr(2), ',');
    for (std::size_t i = 0; i < names.size(); ++i) columns.emplace(names[i], i);
    std::vector<ServerStat> servers;
    for (std::size_t i = 1; i < lines.size(); ++i) {
        if (lines[i].empty()) continue;
        const Row row(columns, lines[i]);
        const std::string_view server = row.text("svname");
        if (server == "FRONTEND" || server == "BACKEND") continue;
        servers.push_back({
            .backend = std::string(row.text("pxname")),
            .server = std::string(server),
            .status = std::string(row.text("status")),
            .weight = row.number("weight"),
            .sessions = row.number("scur"),
            .requests = row.number("stot"),
            .answers_5xx = row.number("hrsp_5xx"),
            .check = std::string(row.text("check_status")),
            .check_status = row.number("check_code"),
        });
    }
    return servers;
}

Task<std::string> Runtime::ask(std::string command) {
    const Executor executor = co_await asio::this_coro::executor;
    const auto socket = std::make_shared<Socket>(executor);
    const Deadline limit(executor, socket, deadline);
    const auto [refused] =
        co_await socket->async_connect(asio::local::stream_protocol::endpoint(socket_), no_throw);
    if (refused) throw Fault("HAProxy does not answer at its socket: " + refused.message());
    command.push_back('\n');
    co_await asio::async_write(*socket, asio::buffer(command), no_throw);
    std::string answer;
    const auto [end, bytes] = co_await asio::async_read(
        *socket, asio::dynamic_buffer(answer, answer_bytes_max), no_throw
    );
    if (end != asio::error::eof) throw Fault("HAProxy did not finish its answer: " + end.message());
    co_return answer;
}

Task<std::vector<ServerStat>> Runtime::servers() {
    const std::string csv = co_await ask("show stat");
    co_return parse_stats(csv);
}

}  // namespace acme::haproxy
