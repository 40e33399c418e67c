#include "io/haproxy/runtime.hpp"

#include "base/text.hpp"

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>

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

/// How HAProxy ends what it says to a `set server addr` that succeeded.
constexpr std::string_view told_address = "by 'stats socket command'";

/// "* L7OK" while the next check is under way.
std::string_view check_of(std::string_view status) {
    constexpr std::string_view under_way = "* ";
    return status.starts_with(under_way) ? status.substr(under_way.size()) : status;
}

/// As split(), but a cell in quotes may hold commas, as what a node said to a check does.
std::vector<std::string_view> split_csv(std::string_view line) {
    std::vector<std::string_view> cells;
    std::size_t begin = 0;
    bool is_quoted = false;
    for (std::size_t i = 0; i < line.size(); ++i) {
        if (line[i] == '"') is_quoted = !is_quoted;
        if (line[i] != ',' || is_quoted) continue;
        cells.push_back(line.substr(begin, i - begin));
        begin = i + 1;
    }
    cells.push_back(line.substr(begin));
    return cells;
}

/// The columns of a table by name, so that a later HAProxy may add some.
class Row {
public:
    Row(const std::map<std::string_view, std::size_t>& columns, std::vector<std::string_view> cells)
        : columns_(columns), cells_(std::move(cells)) {}

    std::string_view text(std::string_view column) const {
        const auto found = columns_.find(column);
        if (found == columns_.end()) throw Fault("HAProxy shows no column " + std::string(column));
        return found->second < cells_.size() ? cells_[found->second] : std::string_view();
    }

    std::int64_t number(std::string_view column) const {
        return parse_number<std::int64_t>(text(column)).value_or(0);
    }

    /// Throws Fault when it is no such number.
    template <std::integral T>
    T is(std::string_view column) const {
        const auto number = parse_number<T>(text(column));
        if (!number) throw Fault("HAProxy shows no number in " + std::string(column));
        return *number;
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

/// The number behind "Pid: "; 0 when there is none.
int pid_in(std::string_view info) {
    for (const std::string_view line : split(info, '\n')) {
        if (line.starts_with("Pid: ")) return parse_number<int>(line.substr(5)).value_or(0);
    }
    return 0;
}

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
        const Row row(columns, split_csv(lines[i]));
        const std::string_view server = row.text("svname");
        if (server == "FRONTEND" || server == "BACKEND") continue;
        servers.push_back({
            .backend = std::string(row.text("pxname")),
            .server = std::string(server),
            .status = std::string(row.text("status")),
            .weight = row.number("weight"),
            .sessions = row.number("scur"),
            .requests = row.number("stot"),
            .answers_4xx = row.number("hrsp_4xx"),
            .answers_5xx = row.number("hrsp_5xx"),
            .connection_errors = row.number("econ"),
            .response_errors = row.number("eresp"),
            .retries = row.number("wretr"),
            .redispatches = row.number("wredis"),
            .answer_ms = row.number("rtime"),
            .total_ms = row.number("ttime"),
            .check = std::string(check_of(row.text("check_status"))),
            .check_status = row.number("check_code"),
        });
    }
    return servers;
}

/// The first line is the format's version; the second names the columns behind "# ".
std::vector<ServerState> parse_states(std::string_view text) {
    const auto lines = split(text, '\n');
    if (lines.size() < 2 || lines[0] != "1" || !lines[1].starts_with("# ")) {
        throw Fault("show servers state answered something else");
    }
    std::map<std::string_view, std::size_t> columns;
    const auto names = split(lines[1].substr(2), ' ');
    for (std::size_t i = 0; i < names.size(); ++i) columns.emplace(names[i], i);
    std::vector<ServerState> states;
    for (std::size_t i = 2; i < lines.size(); ++i) {
        if (lines[i].empty()) continue;
        const Row row(columns, split(lines[i], ' '));
        const std::string_view address = row.text("srv_addr");
        states.push_back({
            .backend = std::string(row.text("be_name")),
            .server = std::string(row.text("srv_name")),
            .address = address == "-" ? "" : std::string(address),
            .port = row.is<std::uint16_t>("srv_port"),
            .weight = row.is<int>("srv_uweight"),
            .admin = row.is<int>("srv_admin_state"),
            .is_up = row.is<int>("srv_op_state") != 0,
        });
    }
    return states;
}

std::optional<std::map<std::string, std::string>> parse_map(std::string_view text) {
    if (text.starts_with("Unknown map identifier")) return std::nullopt;
    std::map<std::string, std::string> entries;
    for (const std::string_view line : split(text, '\n')) {
        if (line.empty()) continue;
        const auto words = split(line, ' ');  // "0x55c2a5a0b020 key value"
        if (words.size() != 3 || !words[0].starts_with("0x")) {
            throw Fault("HAProxy shows something else than a map");
        }
        entries.emplace(words[1], words[2]);
    }
    return entries;
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

Task<std::vector<ServerState>> Runtime::states() {
    const std::string text = co_await state();
    co_return parse_states(text);
}

Task<std::optional<std::map<std::string, std::string>>> Runtime::map(std::string file) {
    const std::string text = co_await ask("show map " + file);
    co_return parse_map(text);
}

Task<> Runtime::tell(std::vector<std::string> commands) {
    std::string line;
    for (const std::string& command : commands) line.append(line.empty() ? "" : ";") += command;
    const std::string said = co_await ask(line);
    for (const std::string_view answer : split(said, '\n')) {
        if (answer.empty() || answer.ends_with(told_address)) continue;
        throw Fault("HAProxy says to '" + line + "': " + std::string(answer));
    }
}

Task<int> Runtime::worker() {
    const std::string info = co_await ask("show info");
    const int pid = pid_in(info);
    if (pid <= 0) throw Fault("show info answered something else");
    co_return pid;
}

}  // namespace acme::haproxy
