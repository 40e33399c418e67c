#include "operate/judge/probe.hpp"

#include "io/loop/task_group.hpp"

namespace acme::judge {
namespace {

constexpr std::chrono::seconds minute_long{60};
constexpr std::size_t page_bytes_max = std::size_t{4} * 1024 * 1024;

}  // namespace

Task<Prober::Answer> Prober::read(std::string url, std::string cookie, std::string release) {
    try {
        fetch::Request request{
            .name = "judge.probe",
            .url = std::move(url),
            .connect_time_max = time_max,
            .answer_time_max = time_max,
            .silence_time_max = time_max,
            .sends_trace = true,
        };
        if (!cookie.empty()) request.headers.emplace_back("Cookie", std::move(cookie));
        trace::Trace trace(telemetry_.clock, telemetry_.random);
        const trace::Context context = trace.begin(std::nullopt, 0);
        fetch::Response response = co_await client_.send(context, std::move(request));
        const int status = response.status();
        const std::string said(response.header("X-Acme-Release"));
        co_await response.read_all(page_bytes_max);
        if (!said.empty() && !release.empty() && said != release) {
            ++whole_.wrong_release;
            whole_.said_release = said;
        }
        co_return Answer{.status = status};
    } catch (const fetch::Fault& fault) {
        co_return Answer{.status = 0, .why = fault.what()};  // a failure like any other
    }
}

Task<> Prober::look_ready(std::string address, std::string release) {
    const Answer answer = co_await read("http://" + address + "/readyz", "", std::move(release));
    whole_.ready_failures = answer.status == 200 ? 0 : whole_.ready_failures + 1;
    if (answer.status == 200) co_return;
    whole_.unready = answer.status != 0 ? "it was " + std::to_string(answer.status) : answer.why;
}

Task<> Prober::look_path(
    std::string address, std::string path, std::string cookie, std::string release
) {
    const Answer answer =
        co_await read("http://" + address + path, std::move(cookie), std::move(release));
    const bool is_error = answer.status < 200 || answer.status >= 400;
    whole_.counts += {.requests = 1, .errors = is_error ? 1 : 0};
    if (is_error) {
        whole_.last_failure = "GET " + path +
                              (answer.status != 0 ? " was answered " + std::to_string(answer.status)
                                                  : " had no answer: " + answer.why);
    }
    const int kind = answer.status / 100;
    if (kind != 0) counted_.counts += {.requests = 1, .errors = kind == 5 ? 1 : 0};
    if (kind == 4) ++counted_.answers_4xx;
    const SteadyTime now = telemetry_.clock.steady();
    last_.push_back({now, is_error});
    while (now - last_.front().at >= minute_long) last_.pop_front();
}

Task<> Prober::look(std::string address, std::string release, const Reads& reads) {
    const std::string path = reads.paths.at(next_++ % reads.paths.size());
    const Executor executor = co_await asio::this_coro::executor;
    TaskGroup both(telemetry_.log);
    both.spawn(executor, "judge.ready", look_ready(address, release));
    both.spawn(executor, "judge.path", look_path(address, path, reads.cookie, release));
    co_await both.join();
}

void Prober::mark() {
    whole_ = {};
    last_.clear();
}

Probes Prober::minute() const {
    Probes probes = whole_;
    probes.counts = {};
    for (const One& one : last_) probes.counts += {.requests = 1, .errors = one.is_error ? 1 : 0};
    return probes;
}

}  // namespace acme::judge
