#include "load.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http.hpp>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <sys/socket.h>

namespace acme::bench {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using std::chrono::microseconds;
using std::chrono::steady_clock;

constexpr asio::use_awaitable_t<asio::io_context::executor_type> use_task{};
constexpr std::size_t body_bytes = 1'024;
constexpr std::chrono::milliseconds piece_time{250};
constexpr std::int64_t cycle = 1'000;  // the kinds come back after so many requests

using Timer = asio::basic_waitable_timer<
    steady_clock,
    asio::wait_traits<steady_clock>,
    asio::io_context::executor_type>;

long long count(steady_clock::duration time) {
    return std::chrono::duration_cast<microseconds>(time).count();
}

/// Of a problem document; "-" where there is none.
std::string code_in(std::string_view body) {
    constexpr std::string_view before = R"("code":")";
    const auto begin = body.find(before);
    if (begin == body.npos) return "-";
    body.remove_prefix(begin + before.size());
    return std::string(body.substr(0, body.find('"')));
}

/// Of an idle connection: the balancer hangs up on one that was idle for a minute, and says so.
bool is_open(int socket) {
    char byte = 0;
    return recv(socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN;
}

}  // namespace

Load::Load(LoadOptions options) : options_(std::move(options)) {}

void Load::run() {
    asio::signal_set signals(loop_, SIGTERM, SIGINT);
    signals.async_wait([this](boost::system::error_code error, int) {
        if (!error) is_ending_ = true;
    });
    asio::co_spawn(loop_, begin_all(), [&signals](const std::exception_ptr& fault) {
        signals.cancel();
        if (fault) std::rethrow_exception(fault);
    });
    loop_.run();
    std::fflush(stdout);
}

Load::Await<> Load::begin_all() {
    Timer timer(loop_);
    const auto began = steady_clock::now();
    const std::int64_t planned = options_.per_second * options_.time.count();
    for (std::int64_t next = 0; next < planned && !is_ending_; ++next) {
        const Steady due =
            began + std::chrono::nanoseconds(next * 1'000'000'000 / options_.per_second);
        if (due > steady_clock::now()) {
            timer.expires_at(due);
            co_await timer.async_wait(use_task);
        }
        const Kind kind = kind_of(next);
        if (in_flight_ >= in_flight_max) {
            print(kind, due, {.began = due, .fault = "not-sent"});
            continue;
        }
        ++in_flight_;
        asio::co_spawn(loop_, one(kind, due), asio::detached);
    }
    while (in_flight_ > 0) {
        timer.expires_after(std::chrono::milliseconds(10));
        co_await timer.async_wait(use_task);
    }
    idle_.clear();
}

Load::Kind Load::kind_of(std::int64_t number) const {
    // Spread evenly: a stride that shares no factor with the cycle visits each place once.
    const double place = static_cast<double>(number * 381 % cycle) * 100 / cycle;
    if (place < options_.slow_percent) return Kind::slow;
    return place < options_.writes_percent ? Kind::write : Kind::read;
}

std::string Load::request_of(Kind kind) const {
    const bool reads = kind == Kind::read;
    std::string text = reads ? "GET " + options_.read_path : "POST " + options_.write_path;
    text += " HTTP/1.1\r\nHost: " + options_.address + ":" + std::to_string(options_.port) + "\r\n";
    if (!options_.cookie.empty()) text += "Cookie: " + options_.cookie + "\r\n";
    if (!reads) {
        const std::size_t pieces = kind == Kind::slow ? 1 + slow_pieces() : 1;
        text +=
            "Content-Type: text/plain\r\nContent-Length: " + std::to_string(body_bytes * pieces) +
            "\r\n";
    }
    text += "\r\n";
    if (!reads) text.append(body_bytes, 'x');
    return text;
}

Load::Await<std::unique_ptr<Load::Connection>> Load::connection() {
    while (!idle_.empty()) {
        auto kept = std::move(idle_.back());
        idle_.pop_back();
        if (is_open(kept->socket.native_handle())) co_return kept;
    }
    auto made = std::make_unique<Connection>(loop_);
    const asio::ip::tcp::endpoint place(asio::ip::make_address(options_.address), options_.port);
    co_await made->socket.async_connect(place, use_task);
    made->socket.set_option(asio::ip::tcp::no_delay(true));
    co_return made;
}

/// So fast that no node takes it for somebody who only wants to keep it busy.
Load::Await<> Load::send_slowly(Connection& connection) {
    const std::string piece(body_bytes, 'x');
    const std::size_t pieces = slow_pieces();
    Timer timer(loop_);
    for (std::size_t i = 0; i < pieces; ++i) {
        timer.expires_after(options_.slow_time / pieces);
        co_await timer.async_wait(use_task);
        co_await asio::async_write(connection.socket, asio::buffer(piece), use_task);
    }
}

std::size_t Load::slow_pieces() const {
    return static_cast<std::size_t>(std::max<std::int64_t>(1, options_.slow_time / piece_time));
}

/// What breaks is in the answer: of two that are awaited with `||`, one that throws ends nothing.
Load::Await<Load::Answer> Load::exchange(Kind kind, Steady due) {
    Answer answer{.began = due};
    try {
        co_await exchange(kind, answer);
    } catch (const std::exception& fault) {
        answer.fault = fault.what();
    }
    co_return answer;
}

Load::Await<> Load::exchange(Kind kind, Answer& answer) {
    auto connection = co_await this->connection();
    const std::string request = request_of(kind);
    co_await asio::async_write(connection->socket, asio::buffer(request), use_task);
    if (kind == Kind::slow) {
        co_await send_slowly(*connection);
        answer.began = steady_clock::now();
    }
    http::response<http::string_body> response;
    co_await http::async_read(connection->socket, connection->buffer, response, use_task);
    answer.status = static_cast<int>(response.result_int());
    const auto release = response.find("X-Acme-Release");
    if (release != response.end()) answer.release = std::string(release->value());
    if (answer.status >= 500) answer.fault = code_in(response.body());
    if (response.keep_alive()) idle_.push_back(std::move(connection));
}

Load::Await<> Load::one(Kind kind, Steady due) {
    using namespace asio::experimental::awaitable_operators;
    const auto slow = kind == Kind::slow ? options_.slow_time : std::chrono::milliseconds(0);
    Timer deadline(loop_, answer_time_max + slow);
    auto first = co_await (exchange(kind, due) || deadline.async_wait(use_task));
    Answer answer{.began = due, .fault = "no-answer-in-time"};
    if (first.index() == 0) answer = std::get<0>(std::move(first));
    --in_flight_;
    print(kind, due, std::move(answer));
}

void Load::print(Kind kind, Steady due, Answer answer) {
    static constexpr const char* names[] = {"read", "write", "slow"};
    for (char& c : answer.fault) {
        if (c == ' ') c = '_';
    }
    std::printf(
        "%lld %s %d %lld %s %s\n",
        count(due.time_since_epoch()),
        names[static_cast<int>(kind)],
        answer.status,
        count(steady_clock::now() - answer.began),
        answer.release.c_str(),
        answer.fault.c_str()
    );
}

}  // namespace acme::bench
