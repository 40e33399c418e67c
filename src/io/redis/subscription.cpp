#include "io/redis/subscription.hpp"

#include "io/redis/reach.hpp"

namespace acme::redis {

Subscription::Subscription(
    const Options& options, std::string channel, Heard heard, Telemetry& telemetry
)
    : reach_(std::make_unique<Reach>(options, telemetry)),
      channel_(std::move(channel)),
      heard_(std::move(heard)) {}

Subscription::~Subscription() { stop(); }

void Subscription::stop() {
    is_stopping_ = true;
    if (line_) line_->close();
    while (!pausing_.empty()) pausing_.give(true);
}

Task<> Subscription::run() {
    while (!is_stopping_) {
        co_await listen();
        if (!is_stopping_) co_await pausing_.wait(pause);
    }
}

/// Over one connection, to its end.
Task<> Subscription::listen() {
    const auto hear = [this](std::string_view message) {
        if (!is_stopping_) heard_(message);
    };
    line_ = reach_->connect(co_await asio::this_coro::executor, answer_time_max, hear);
    is_on_ = co_await ask({"SUBSCRIBE", channel_});
    while (is_on_ && !is_stopping_) {
        co_await pausing_.wait(ping_period);
        if (!is_stopping_) is_on_ = co_await ask({"PING"});
    }
    is_on_ = false;
    line_->close();
}

Task<bool> Subscription::ask(std::vector<std::string> words) {
    std::string bytes;
    append_command(bytes, words);
    const Outcome outcome = co_await Line::call(line_, std::move(bytes));
    co_return outcome.has_value();
}

}  // namespace acme::redis
