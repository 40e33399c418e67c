#include "platform/queues/pull_news.hpp"

#include "base/text.hpp"
#include "work/jobs/programs.hpp"

#include <algorithm>

namespace acme::queues {

PullNews::PullNews(pg::ConnectionOptions options, Telemetry& telemetry)
    : options_(std::move(options)), telemetry_(telemetry), group_(telemetry.log) {}

PullNews::~PullNews() = default;

Task<> PullNews::close() {
    is_closed_ = true;
    if (listener_) listener_->stop();
    co_await group_.join();
}

void PullNews::listen(const Executor& executor) {
    if (listener_ || is_closed_) return;
    listener_.emplace(
        std::move(options_),
        jobs::programs_channel,
        [this](std::string_view queue) { hear(queue); },
        telemetry_
    );
    group_.spawn(executor, "pull.listen", listener_->run());
}

void PullNews::hear(std::string_view queue) {
    const auto number = parse_number<std::int64_t>(queue);
    if (!number) return;
    for (Watch* const watch : watches_) {
        if (std::ranges::count(watch->queues_, *number) > 0) watch->wake();
    }
}

PullNews::Watch::Watch(PullNews& news)
    : news_(news), place_(news.watches_.insert(news.watches_.end(), this)) {}

PullNews::Watch::~Watch() { news_.watches_.erase(place_); }

Task<> PullNews::Watch::wait(std::chrono::milliseconds time_max) {
    news_.listen(co_await asio::this_coro::executor);
    if (!is_woken_) co_await waiting_.wait(time_max);
    is_woken_ = false;
}

void PullNews::Watch::wake() {
    is_woken_ = true;
    while (!waiting_.empty()) waiting_.give(true);
}

}  // namespace acme::queues
