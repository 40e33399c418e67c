#include "testing/server_bench.hpp"

#include <stdexcept>

namespace acme::testing {

std::string head(std::string_view method, std::string_view path, std::string_view version) {
    std::string text(method);
    return text.append(" ").append(path).append(" HTTP/").append(version).append(
        "\r\nHost: x\r\n\r\n"
    );
}

ServerBench::ServerBench(http::Limits limits, std::size_t in_flight_max)
    : log(clock,
          LogLevel::debug,
          [this](std::string_view line) {
              const std::lock_guard lock(guard_);
              lines_.emplace_back(line);
          }),
      service(
          router,
          telemetry,
          [](trace::Trace&) {},
          {.keep_share = 0, .in_flight_max = in_flight_max, .release = "r1"}
      ),
      server(service, telemetry, limits) {}

ServerBench::~ServerBench() { drain(); }

void ServerBench::add(
    http::Method method,
    std::string_view pattern,
    std::size_t body_bytes_max,
    http::Handler handler,
    std::chrono::milliseconds time_max
) {
    router.add({
        .method = method,
        .pattern = pattern,
        .access = http::Access::anyone(),
        .body_bytes_max = body_bytes_max,
        .doc = {.summary = "Is a test."},
        .handler = std::move(handler),
        .time_max = time_max,
    });
}

void ServerBench::serve() {
    port = server.listen(loop.get_executor(), 0);
    tasks.spawn(loop.get_executor(), "serve", server.serve());
    thread_ = std::jthread([this] { loop.run(); });
}

void ServerBench::drain() {
    asio::post(loop, [this] {
        if (!std::exchange(is_draining_, true)) {
            tasks.spawn(loop.get_executor(), "drain", server.drain(std::chrono::seconds(5)));
        }
    });
}

void ServerBench::drain_and_join() {
    drain();
    if (thread_.joinable()) thread_.join();
}

void ServerBench::advance(std::chrono::milliseconds by) {
    asio::post(loop, [this, by] { clock.advance(by); });
}

void ServerBench::wait_for(const std::function<bool()>& is_true) const {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!is_true()) {
        if (std::chrono::steady_clock::now() > end) throw std::runtime_error("it never came");
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
}

bool ServerBench::has_logged(std::string_view text) const {
    const std::lock_guard lock(guard_);
    return std::ranges::any_of(lines_, [&](const std::string& line) {
        return line.find(text) != line.npos;
    });
}

}  // namespace acme::testing
