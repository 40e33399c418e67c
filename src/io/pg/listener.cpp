// Source: libpq, "Asynchronous Notification".
#include "io/pg/listener.hpp"

#include "io/pg/connect.hpp"
#include "io/pg/fault.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <libpq-fe.h>

namespace acme::pg {
namespace {

using Descriptor = asio::posix::basic_stream_descriptor<Executor>;

}  // namespace

struct Listener::Session {
    explicit Session(std::shared_ptr<pg_conn> connection, const Executor& executor)
        : conn(std::move(connection)), socket(executor, PQsocket(conn.get())) {}
    ~Session() {
        if (socket.is_open()) socket.release();  // it is libpq's
    }
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    void close() {
        if (socket.is_open()) socket.cancel();
        is_over = true;
    }

    std::shared_ptr<pg_conn> conn;
    Descriptor socket;
    Line<bool> ending;
    bool is_over = false;
    bool is_asked = false;
};

Listener::Listener(
    ConnectionOptions options, const char* channel, Heard heard, Telemetry& telemetry
)
    : options_(std::move(options)),
      channel_(channel),
      heard_(std::move(heard)),
      telemetry_(telemetry) {}

Listener::~Listener() = default;

void Listener::stop() {
    is_stopping_ = true;
    if (session_) session_->close();
    while (!pausing_.empty()) pausing_.give(true);
}

Task<> Listener::run() {
    while (!is_stopping_) {
        try {
            co_await listen();
        } catch (const Fault& fault) {
            telemetry_.log.warn("pg.listen", {{"reason", fault.what()}});
        }
        session_.reset();
        is_on_ = false;
        if (!is_stopping_) co_await pausing_.wait(pause);
    }
}

/// Over one session, to its end.
Task<> Listener::listen() {
    const Executor executor = co_await asio::this_coro::executor;
    const auto session = std::make_shared<Session>(co_await connect(options_), executor);
    session_ = session;
    PGconn* const conn = session->conn.get();
    if (is_stopping_) co_return;
    const std::string listen = "LISTEN " + channel_;
    if (PQexitPipelineMode(conn) != 1 || PQsendQuery(conn, listen.c_str()) != 1) {
        throw_fault("pg.listen", conn);
    }
    PQflush(conn);
    session->is_asked = true;
    asio::co_spawn(executor, look_after(session), [](const std::exception_ptr&) {});
    while (!session->is_over) {
        const auto [error] = co_await session->socket.async_wait(Descriptor::wait_read, no_throw);
        if (error || PQconsumeInput(conn) != 1) break;
        while (PQisBusy(conn) == 0) {
            const std::unique_ptr<PGresult, decltype(&PQclear)> result(PQgetResult(conn), PQclear);
            if (result == nullptr) break;
            if (PQresultStatus(result.get()) == PGRES_FATAL_ERROR) throw_fault("pg.listen", conn);
            session->is_asked = false;
            is_on_ = true;
        }
        while (PGnotify* const news = PQnotifies(conn)) {
            const std::unique_ptr<PGnotify, decltype(&PQfreemem)> owner(news, PQfreemem);
            if (!is_stopping_) heard_(news->extra);
        }
    }
    session->close();
    while (!session->ending.empty()) session->ending.give(true);
}

/// A server that says nothing although it was asked has gone.
Task<> Listener::look_after(std::shared_ptr<Session> session) {
    while (!session->is_over) {
        co_await session->ending.wait(session->is_asked ? answer_time_max : ask_period);
        if (session->is_over) co_return;
        if (session->is_asked || PQsendQuery(session->conn.get(), "SELECT") != 1) {
            session->close();
            co_return;
        }
        session->is_asked = true;
        PQflush(session->conn.get());
    }
}

}  // namespace acme::pg
