#pragma once

/// One connection with Redis, shared by many tasks at once. Private to io/redis.
///
/// Calls go out in the order in which they are asked for, and replies come back in the same order.
/// A caller that has waited long enough goes, but its place in the line stays, so that the late
/// reply falls to nobody instead of to the next caller.

#include "io/loop/loop.hpp"
#include "io/redis/resp.hpp"
#include "io/redis/url.hpp"
#include "io/telemetry/telemetry.hpp"
#include "io/tls/context.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>

#include <array>
#include <deque>
#include <functional>
#include <memory>

namespace acme::redis {

/// Why a call has no reply.
struct Lack {
    Failure why;
    std::string error = "";  // what the server said, when it refused
};

using Outcome = std::expected<Reply, Lack>;

class Line : public std::enable_shared_from_this<Line> {
public:
    /// Time passes in ticks, not by a clock: a thread that was held up for a while counts one tick,
    /// and reads the replies that have come meanwhile instead of giving all of them up.
    static constexpr int ticks_per_deadline = 5;

    static constexpr std::chrono::milliseconds connect_time_max{1000};

    /// Then the connection is taken for lost, although nobody has closed it.
    static constexpr std::chrono::milliseconds silence_max{2000};

    static constexpr std::size_t calls_max = 10'000;  // that wait; more are refused at once

    /// What was published, on a line that has subscribed.
    using Heard = std::function<void(std::string_view message)>;

    /// `security` is for servers with TLS, whose certificate has to be theirs.
    Line(
        const Executor& executor,
        std::shared_ptr<tls::Context> security,
        std::chrono::milliseconds deadline,
        Telemetry& telemetry,
        Heard heard = nullptr
    );

    /// Connects, then reads until the end. Whoever spawns it need not join it: close() ends it.
    static Task<> run(std::shared_ptr<Line> self, std::shared_ptr<const Address> address);

    /// What becomes of a call whose caller has gone: its reply, or that none will come.
    using Late = std::move_only_function<void(Outcome)>;

    /// `bytes` is one command. Resumes after the deadline at the latest. `late` is called at most
    /// once, and only after that.
    static Task<Outcome> call(std::shared_ptr<Line> self, std::string bytes, Late late = nullptr);

    /// Greeted: calls have been let through.
    bool is_ready() const { return is_ready_; }
    bool is_broken() const { return is_broken_; }

    /// Everything that still waits fails.
    void close();

private:
    struct Place {
        /// The caller has gone where `resume` is empty, and where `late` is too, nobody asks.
        void end(Outcome outcome) {
            auto& hear = resume ? resume : late;
            if (hear) hear(std::move(outcome));
        }

        std::move_only_function<void(Outcome)> resume;
        std::uint64_t since;  // in ticks
        Late late = nullptr;
    };

    using Transfer = std::tuple<boost::system::error_code, std::size_t>;
    using Socket = asio::basic_stream_socket<asio::ip::tcp, Executor>;

    Task<bool> connect(std::shared_ptr<const Address> address);
    Task<bool> shake_hands(std::string host);
    Task<bool> greet(std::shared_ptr<const Address> address);
    Task<Transfer> read_some(asio::mutable_buffer into);
    Task<Transfer> send(asio::const_buffer bytes);
    Task<> receive();
    void let_through();
    void deliver(Outcome outcome);
    void stand_in_line(
        std::move_only_function<void(Outcome)> resume, std::string_view bytes, Late late
    );
    void expire();
    static Task<> tick(std::shared_ptr<Line> self);
    static Task<> write(std::shared_ptr<Line> self);

    Executor executor_;
    std::shared_ptr<tls::Context> security_;
    std::chrono::milliseconds tick_time_;
    Telemetry& telemetry_;
    Heard heard_;
    Socket socket_;
    std::unique_ptr<asio::ssl::stream<Socket&>> tls_;
    ReplyReader reader_;
    std::array<char, std::size_t{16} * 1024> in_;
    std::string out_;       // to be sent next
    std::string sending_;   // being sent
    std::string held_out_;  // until the server has greeted us
    std::deque<Place> places_;
    std::deque<Place> held_places_;
    std::uint64_t ticks_ = 0;
    bool is_ready_ = false;
    bool is_broken_ = false;
    bool is_writing_ = false;
    bool is_ticking_ = false;
};

}  // namespace acme::redis
