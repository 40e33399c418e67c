#include "io/redis/line.hpp"

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>

namespace acme::redis {
namespace {

using Tcp = asio::ip::tcp;
using Resolver = asio::ip::basic_resolver<Tcp, Executor>;

/// A Line's own tasks end with it and catch what can be caught; nobody is left to tell.
void unheard(const std::exception_ptr& /*fault*/) {}

std::string greeting(const Address& address, int& replies) {
    std::string bytes;
    if (!address.password.empty()) {
        std::vector<std::string> words{"AUTH"};
        if (!address.user.empty()) words.push_back(address.user);
        words.emplace_back(address.password.reveal());
        append_command(bytes, words);
        wipe(words.back());
        ++replies;
    }
    if (address.db != 0) {
        const std::array<std::string, 2> words{"SELECT", std::to_string(address.db)};
        append_command(bytes, words);
        ++replies;
    }
    if (address.is_master) {
        const std::array<std::string, 1> words{"ROLE"};
        append_command(bytes, words);
        ++replies;
    }
    return bytes;
}

/// The answer to ROLE is the only list among those to a greeting.
bool is_of_replica(const Outcome& outcome) {
    const auto* const list = outcome ? outcome->list() : nullptr;
    if (list == nullptr || list->empty()) return false;
    const std::string* const role = list->front().text();
    return role == nullptr || *role != "master";
}

/// Of ["message", channel, text], which answers no question.
const std::string* message_in(const Reply& reply) {
    const auto* const list = reply.list();
    if (list == nullptr || list->size() != 3) return nullptr;
    const std::string* const kind = list->front().text();
    return kind != nullptr && *kind == "message" ? list->back().text() : nullptr;
}

std::uint64_t ticks_in(std::chrono::milliseconds time, std::chrono::milliseconds tick) {
    return static_cast<std::uint64_t>(time / tick);
}

}  // namespace

Line::Line(
    const Executor& executor,
    std::shared_ptr<tls::Context> security,
    std::chrono::milliseconds deadline,
    Telemetry& telemetry,
    Heard heard
)
    : executor_(executor),
      security_(std::move(security)),
      tick_time_(std::max(deadline / ticks_per_deadline, std::chrono::milliseconds(1))),
      telemetry_(telemetry),
      heard_(std::move(heard)),
      socket_(executor) {}

Task<> Line::run(std::shared_ptr<Line> self, std::shared_ptr<const Address> address) {
    if (co_await self->connect(address) && co_await self->greet(address)) {
        self->let_through();
        while (!self->is_broken_) co_await self->receive();
    }
    self->close();
}

Task<bool> Line::connect(std::shared_ptr<const Address> address) {
    if (is_broken_) co_return false;
    boost::system::error_code not_numeric;
    const auto numeric = asio::ip::make_address(address->host, not_numeric);
    boost::system::error_code error;
    if (not_numeric) {
        Resolver resolver(executor_);
        const auto [unknown, found] =
            co_await resolver.async_resolve(address->host, std::to_string(address->port), no_throw);
        if (unknown || is_broken_) co_return false;
        std::tie(error, std::ignore) = co_await asio::async_connect(socket_, found, no_throw);
    } else {
        const Tcp::endpoint endpoint(numeric, address->port);
        std::tie(error) = co_await socket_.async_connect(endpoint, no_throw);
    }
    if (error || is_broken_) co_return false;
    socket_.set_option(Tcp::no_delay(true), error);
    if (error) co_return false;
    if (!address->has_tls) co_return true;
    co_return co_await shake_hands(address->host);
}

/// The certificate has to be that of `host`, be it a name or an address.
Task<bool> Line::shake_hands(std::string host) {
    tls_ = std::make_unique<asio::ssl::stream<Socket&>>(socket_, *security_);
    boost::system::error_code not_numeric;
    asio::ip::make_address(host, not_numeric);
    if (not_numeric) {  // RFC 6066: an address is no server name
        SSL_set_tlsext_host_name(tls_->native_handle(), host.c_str());
    }
    tls_->set_verify_callback(asio::ssl::host_name_verification(host));
    const auto [error] = co_await tls_->async_handshake(asio::ssl::stream_base::client, no_throw);
    if (error && !is_broken_) {
        telemetry_.log.error("redis.tls_failed", {{"reason", error.message()}});
    }
    co_return !error && !is_broken_;
}

Task<Line::Transfer> Line::read_some(asio::mutable_buffer into) {
    if (tls_) return tls_->async_read_some(into, no_throw);
    return socket_.async_read_some(into, no_throw);
}

Task<Line::Transfer> Line::send(asio::const_buffer bytes) {
    if (tls_) return asio::async_write(*tls_, bytes, no_throw);
    return asio::async_write(socket_, bytes, no_throw);
}

/// Nobody's call is sent before AUTH and SELECT are known to have worked: it might reach another
/// database, or a replica.
Task<bool> Line::greet(std::shared_ptr<const Address> address) {
    int replies = 0;
    std::string bytes = greeting(*address, replies);
    if (replies == 0) co_return true;
    int refusals = 0;
    bool is_replica = false;
    for (int i = 0; i < replies; ++i) {
        const auto count = [&](const Outcome& outcome) {
            if (!outcome) ++refusals;
            if (is_of_replica(outcome)) is_replica = true;
            --replies;
        };
        places_.push_back({count, ticks_});
    }
    const auto [error, sent] = co_await send(asio::buffer(bytes));
    wipe(bytes);
    while (!error && replies > 0 && !is_broken_) co_await receive();
    places_.clear();
    if (refusals > 0 && replies == 0) {
        telemetry_.log.error("redis.greeting_refused", {{"reason", "AUTH, SELECT or ROLE"}});
    }
    co_return !error && refusals == 0 && !is_replica && !is_broken_;
}

void Line::let_through() {
    is_ready_ = true;
    places_ = std::move(held_places_);
    out_ = std::move(held_out_);
    if (out_.empty() || is_writing_) return;
    is_writing_ = true;
    asio::co_spawn(executor_, write(shared_from_this()), unheard);
}

Task<> Line::receive() {
    const auto [error, size] = co_await read_some(asio::buffer(in_));
    if (error || !reader_.feed({in_.data(), size})) {
        close();
        co_return;
    }
    while (auto spoken = reader_.next()) {
        if (*spoken) {
            deliver(*std::move(*spoken));
        } else {
            deliver(std::unexpected(Lack{Failure::refused, std::move(spoken->error())}));
        }
    }
    if (reader_.is_broken()) close();
}

void Line::deliver(Outcome outcome) {
    if (heard_ && outcome) {
        if (const auto* const message = message_in(*outcome)) return heard_(*message);
    }
    if (places_.empty()) return close();  // an answer to no question: the order is lost
    Place place = std::move(places_.front());
    places_.pop_front();
    place.end(std::move(outcome));
}

void Line::stand_in_line(
    std::move_only_function<void(Outcome)> resume, std::string_view bytes, Late late
) {
    auto& places = is_ready_ ? places_ : held_places_;
    places.push_back({.resume = std::move(resume), .since = ticks_, .late = std::move(late)});
    (is_ready_ ? out_ : held_out_) += bytes;
    if (!is_ticking_) {
        is_ticking_ = true;
        asio::co_spawn(executor_, tick(shared_from_this()), unheard);
    }
    // Spawned tasks begin in a later turn of the loop: what is asked for until then goes along.
    if (is_ready_ && !is_writing_) {
        is_writing_ = true;
        asio::co_spawn(executor_, write(shared_from_this()), unheard);
    }
}

Task<Outcome> Line::call(std::shared_ptr<Line> self, std::string bytes, Late late) {
    if (self->is_broken_) co_return std::unexpected(Lack{Failure::unreachable});
    if (self->places_.size() + self->held_places_.size() >= calls_max) {
        co_return std::unexpected(Lack{Failure::late});
    }
    const auto start = [&self, &bytes, &late](auto handler) {
        // Resumed in a later turn of the loop, not in the midst of a change to the line.
        auto resume = [handler = std::move(handler)](Outcome outcome) mutable {
            const auto executor = asio::get_associated_executor(handler);
            asio::post(
                executor,
                [handler = std::move(handler), outcome = std::move(outcome)]() mutable {
                    std::move(handler)(std::move(outcome));
                }
            );
        };
        self->stand_in_line(std::move(resume), bytes, std::move(late));
    };
    co_return co_await asio::async_initiate<const asio::use_awaitable_t<Executor>, void(Outcome)>(
        start, use_task
    );
}

/// Runs while anybody waits, and so does not wake an idle process.
Task<> Line::tick(std::shared_ptr<Line> self) {
    asio::steady_timer timer(self->executor_);
    const auto is_needed = [&line = *self] {
        const bool waits = !line.places_.empty() || !line.held_places_.empty();
        return !line.is_broken_ && (waits || !line.is_ready_);
    };
    while (is_needed()) {
        timer.expires_after(self->tick_time_);
        co_await timer.async_wait(no_throw);
        ++self->ticks_;
        self->expire();
    }
    self->is_ticking_ = false;
}

void Line::expire() {
    for (auto* places : {&places_, &held_places_}) {
        for (Place& place : *places) {
            if (ticks_ - place.since <= ticks_per_deadline) break;
            auto resume = std::exchange(place.resume, nullptr);
            if (resume) resume(std::unexpected(Lack{Failure::late}));
        }
    }
    const bool is_silent =
        !places_.empty() && ticks_ - places_.front().since > ticks_in(silence_max, tick_time_);
    const bool is_slow = !is_ready_ && ticks_ > ticks_in(connect_time_max, tick_time_);
    if (is_silent || is_slow) close();
}

Task<> Line::write(std::shared_ptr<Line> self) {
    while (!self->out_.empty() && !self->is_broken_) {
        std::swap(self->out_, self->sending_);
        const auto buffer = asio::buffer(self->sending_);
        const auto [error, sent] = co_await self->send(buffer);
        self->sending_.clear();
        if (error) self->close();
    }
    self->is_writing_ = false;
}

void Line::close() {
    if (std::exchange(is_broken_, true)) return;
    boost::system::error_code ignored;
    socket_.close(ignored);
    for (auto* places : {&places_, &held_places_}) {
        for (Place& place : *places) {
            place.end(std::unexpected(Lack{Failure::unreachable}));
        }
        places->clear();
    }
}

}  // namespace acme::redis
