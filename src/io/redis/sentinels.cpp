#include "io/redis/sentinels.hpp"

#include "base/text.hpp"

#include <boost/asio/co_spawn.hpp>

namespace acme::redis {

Sentinels::Sentinels(Place place, std::shared_ptr<tls::Context> security, Telemetry& telemetry)
    : place_(std::move(place)), security_(std::move(security)), telemetry_(telemetry) {}

Task<std::shared_ptr<const Address>> Sentinels::find_master(std::shared_ptr<Sentinels> self) {
    const std::size_t count = self->place_.sentinels.size();
    for (std::size_t i = 0; i < count; ++i) {
        const Address& sentinel = self->place_.sentinels[self->first_];
        auto master = co_await self->ask(std::make_shared<const Address>(sentinel.clone()));
        if (master) co_return master;
        self->first_ = (self->first_ + 1) % count;
    }
    co_return nullptr;
}

Task<std::shared_ptr<const Address>> Sentinels::ask(std::shared_ptr<const Address> sentinel) {
    const auto executor = co_await asio::this_coro::executor;
    const auto line = std::make_shared<Line>(executor, security_, answer_time_max, telemetry_);
    asio::co_spawn(executor, Line::run(line, std::move(sentinel)), [](const std::exception_ptr&) {
    });
    std::string bytes;
    const std::array<std::string, 3> words{"SENTINEL", "GET-MASTER-ADDR-BY-NAME", place_.service};
    append_command(bytes, words);
    const Outcome outcome = co_await Line::call(line, std::move(bytes));
    line->close();
    const auto* const list = outcome ? outcome->list() : nullptr;
    if (list == nullptr || list->size() != 2) co_return nullptr;
    const std::string* const host = list->at(0).text();
    const std::string* const port = list->at(1).text();
    if (host == nullptr || port == nullptr) co_return nullptr;
    const auto number = parse_number<std::uint16_t>(*port);
    if (!number) co_return nullptr;
    Address master = place_.server.clone();
    master.host = *host;
    master.port = *number;
    co_return std::make_shared<const Address>(std::move(master));
}

}  // namespace acme::redis
