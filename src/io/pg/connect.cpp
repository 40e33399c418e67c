// Source: libpq, "Database Connection Control Functions".
#include "io/pg/connect.hpp"

#include "io/pg/fault.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <libpq-fe.h>

namespace acme::pg {
namespace {

using Descriptor = asio::posix::basic_stream_descriptor<Executor>;
using Resolver = asio::ip::basic_resolver<asio::ip::tcp, Executor>;
using Words = std::map<std::string, std::string>;

/// Ends whatever the task waits for when the time is up.
class Deadline {
public:
    Deadline(const Executor& executor, std::chrono::milliseconds time_max)
        : timer_(executor, time_max) {
        timer_.async_wait([state = state_](const boost::system::error_code& error) {
            if (error) return;
            state->is_over = true;
            if (state->stop) state->stop();
        });
    }

    /// `stop` is called when the time is up, until release().
    void guard(std::function<void()> stop) { state_->stop = std::move(stop); }
    void release() { state_->stop = nullptr; }
    bool is_over() const { return state_->is_over; }

private:
    struct State {
        bool is_over = false;
        std::function<void()> stop;
    };

    std::shared_ptr<State> state_ = std::make_shared<State>();
    asio::steady_timer timer_;
};

[[noreturn]] void throw_late() { throw Unreachable("connect: no answer in time"); }

/// Where the connection string leads. Its other words, the password among them, stay in it.
Words where(const Secret& conninfo) {
    const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options(
        PQconninfoParse(conninfo.c_str(), nullptr), PQconninfoFree
    );
    // libpq's own complaint would show the password.
    if (options == nullptr) throw Fault("the connection string is malformed");
    Words words;
    for (const auto* option = options.get(); option->keyword != nullptr; ++option) {
        const std::string_view keyword = option->keyword;
        const bool is_wanted = keyword == "host" || keyword == "hostaddr";
        if (is_wanted && option->val != nullptr) words.emplace(keyword, option->val);
    }
    return words;
}

/// Adds the addresses of the host's name. A list of hosts and a socket's folder stay as they are.
Task<> resolve(Words& words, Deadline& deadline) {
    const std::string host = words["host"];
    const bool is_name = !host.empty() && host.find_first_of("/,:") == std::string::npos;
    if (!is_name || words.contains("hostaddr")) co_return;
    Resolver resolver(co_await asio::this_coro::executor);
    deadline.guard([&] { resolver.cancel(); });
    const auto [error, found] = co_await resolver.async_resolve(host, "", no_throw);
    deadline.release();
    if (deadline.is_over()) throw_late();
    if (error) throw Unreachable("connect: the server's name has no address");
    std::string hosts;
    std::string addresses;
    for (const auto& entry : found) {
        const char* const comma = hosts.empty() ? "" : ",";
        hosts.append(comma).append(host);
        addresses.append(comma).append(entry.endpoint().address().to_string());
    }
    words["host"] = hosts;
    words["hostaddr"] = addresses;
}

/// "dbname" is read as a whole connection string; what comes behind it counts more.
std::shared_ptr<PGconn> start(const ConnectionOptions& options, const Words& words) {
    std::vector<const char*> keys{"dbname", "fallback_application_name"};
    std::vector<const char*> values{options.conninfo.c_str(), options.application_name.c_str()};
    for (const auto& [key, value] : words) {
        if (value.empty()) continue;
        keys.push_back(key.c_str());
        values.push_back(value.c_str());
    }
    keys.push_back(nullptr);
    values.push_back(nullptr);
    std::shared_ptr<PGconn> conn(PQconnectStartParams(keys.data(), values.data(), 1), PQfinish);
    if (conn == nullptr) throw Unreachable("connect: out of memory");
    // libpq would print what the server remarks; what matters comes as an error.
    PQsetNoticeProcessor(conn.get(), [](void*, const char*) {}, nullptr);
    return conn;
}

/// libpq owns the socket, and may replace it while it connects, so the descriptor is made afresh
/// each time and let go on every path: closing it twice would close another's.
Task<> wait_once(PGconn* conn, Descriptor::wait_type what, Deadline& deadline) {
    Descriptor socket(co_await asio::this_coro::executor, PQsocket(conn));
    deadline.guard([&] { socket.cancel(); });
    const auto [error] = co_await socket.async_wait(what, no_throw);
    deadline.release();
    socket.release();
    if (deadline.is_over()) throw_late();
    if (error) throw Unreachable("connect: " + error.message());
}

}  // namespace

Task<std::shared_ptr<pg_conn>> connect(const ConnectionOptions& options) {
    Deadline deadline(co_await asio::this_coro::executor, options.connect_time_max);
    Words words = where(options.conninfo);
    co_await resolve(words, deadline);

    auto conn = start(options, words);
    auto state =
        PQstatus(conn.get()) == CONNECTION_BAD ? PGRES_POLLING_FAILED : PGRES_POLLING_WRITING;
    while (state != PGRES_POLLING_OK) {
        if (state == PGRES_POLLING_FAILED) throw_fault("connect", conn.get());
        const bool reads = state == PGRES_POLLING_READING;
        const auto what = reads ? Descriptor::wait_read : Descriptor::wait_write;
        co_await wait_once(conn.get(), what, deadline);
        state = PQconnectPoll(conn.get());
    }
    expect_server_version(PQserverVersion(conn.get()));
    if (PQsetnonblocking(conn.get(), 1) != 0 || PQenterPipelineMode(conn.get()) != 1) {
        throw_fault("connect", conn.get());
    }
    co_return conn;
}

void expect_server_version(int number) {
    constexpr int least = 150000;
    if (number >= least) return;
    throw ServerTooOld(
        "PostgreSQL " + std::to_string(number / 10000) + "." + std::to_string(number % 10000) +
        " found, 15 or later needed"
    );
}

}  // namespace acme::pg
