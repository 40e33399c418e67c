#pragma once

/// The client of bench/deploy: open-loop HTTP over kept connections, strict. A request begins when
/// it is due, however the others fare. Nothing is sent twice: what breaks has failed. An idle
/// connection that the other side has closed is not used again.

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace acme::bench {

struct LoadOptions {
    std::string address = "127.0.0.1";
    std::uint16_t port = 0;
    std::string cookie;      // of a session; "" for none
    std::string read_path;   // asked by GET
    std::string write_path;  // gets a POST of 1 KiB
    int per_second = 1'000;
    int writes_percent = 10;
    double slow_percent = 1;  // of all: POST whose body takes slow_time to send
    std::chrono::milliseconds slow_time{300};
    std::chrono::seconds time{60};
};

/// Prints a line for each request when it has ended: due (microseconds of the steady clock),
/// "read", "write" or "slow", status (0: no whole answer), microseconds, release, and why it
/// failed. The time of a slow one counts from the last byte of its body, of the others from when it
/// was due.
class Load {
public:
    static constexpr std::size_t in_flight_max = 2'000;
    static constexpr std::chrono::seconds answer_time_max{30};

    explicit Load(LoadOptions options);

    /// Returns when all that was begun has ended. SIGTERM and SIGINT end it early.
    void run();

private:
    using Socket = boost::asio::
        basic_stream_socket<boost::asio::ip::tcp, boost::asio::io_context::executor_type>;
    using Steady = std::chrono::steady_clock::time_point;
    template <class T = void>
    using Await = boost::asio::awaitable<T, boost::asio::io_context::executor_type>;

    enum class Kind : std::uint8_t { read, write, slow };

    struct Connection {
        explicit Connection(boost::asio::io_context& loop) : socket(loop.get_executor()) {}
        Socket socket;
        boost::beast::flat_buffer buffer;
    };

    struct Answer {
        int status = 0;
        Steady began;
        std::string release = "none";
        std::string fault = "-";
    };

    Await<> begin_all();
    Await<> one(Kind kind, Steady due);
    Await<Answer> exchange(Kind kind, Steady due);
    Await<> exchange(Kind kind, Answer& answer);
    Await<> send_slowly(Connection& connection);
    std::size_t slow_pieces() const;
    Await<std::unique_ptr<Connection>> connection();
    Kind kind_of(std::int64_t number) const;
    std::string request_of(Kind kind) const;
    static void print(Kind kind, Steady due, Answer answer);

    LoadOptions options_;
    boost::asio::io_context loop_{1};
    std::vector<std::unique_ptr<Connection>> idle_;
    std::size_t in_flight_ = 0;
    bool is_ending_ = false;
};

}  // namespace acme::bench
