#include "io/redis/reach.hpp"

#include <boost/asio/co_spawn.hpp>

#include <stdexcept>

namespace acme::redis {
namespace {

Place place_of(const Secret& url) {
    auto place = parse_url(url.reveal());
    if (!place) throw std::invalid_argument("REDIS_URL: " + place.error().message);
    return *std::move(place);
}

/// Owns what it needs: whoever asked may be gone before it ends.
Task<> run_watched(std::shared_ptr<Line> line, std::shared_ptr<Sentinels> sentinels) {
    auto master = co_await Sentinels::find_master(std::move(sentinels));
    if (!master) co_return line->close();
    co_await Line::run(std::move(line), std::move(master));
}

}  // namespace

Reach::Reach(const Options& options, Telemetry& telemetry) : telemetry_(telemetry) {
    Place place = place_of(options.url);
    if (place.server.has_tls) security_ = tls::make_client_context(options.authorities);
    if (place.sentinels.empty()) {
        address_ = std::make_shared<const Address>(std::move(place.server));
    } else {
        sentinels_ = std::make_shared<Sentinels>(std::move(place), security_, telemetry);
    }
}

std::shared_ptr<Line> Reach::connect(
    const Executor& executor, std::chrono::milliseconds deadline, Line::Heard heard
) const {
    auto line = std::make_shared<Line>(executor, security_, deadline, telemetry_, std::move(heard));
    auto running = sentinels_ ? run_watched(line, sentinels_) : Line::run(line, address_);
    asio::co_spawn(executor, std::move(running), [](const std::exception_ptr&) {});
    return line;
}

}  // namespace acme::redis
