// Time and numbers have limits, and peers leave: over real sockets, on a clock of the test's.
#include "testing/server_bench.hpp"

#include <array>
#include <csignal>
#include <sys/wait.h>
#include <unistd.h>

namespace acme::http {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HttpClient;
using testing::ServerBench;

/// Counts the handlers that are at work.
struct AtWork {
    explicit AtWork(std::atomic<int>& count) : count_(count) { ++count_; }
    ~AtWork() { --count_; }
    AtWork(const AtWork&) = delete;
    AtWork& operator=(const AtWork&) = delete;

    std::atomic<int>& count_;
};

Task<Result<Response>> wait_for_gate(std::atomic<bool>& is_open, std::atomic<int>& count) {
    const AtWork at_work(count);
    while (!is_open) co_await sleep_for(milliseconds(1));
    co_return Response{.body = "through"};
}

Task<Result<Response>> read_all(const Call& call, std::atomic<int>& count) {
    const AtWork at_work(count);
    auto body = ACME_TRY(co_await call.request.body.read_all(1 << 20));
    co_return Response{.body = std::to_string(body.size())};
}

Task<Result<Response>> ping() { co_return Response{.body = "pong"}; }

struct DeadlineBench : ServerBench {
    explicit DeadlineBench(std::size_t in_flight_max = 512) : ServerBench({}, in_flight_max) {
        const auto gate = [this](auto&) { return wait_for_gate(is_open, count); };
        const auto read = [this](const Call& call) { return read_all(call, count); };
        add(Method::get, "/gate", no_body, gate, seconds(5));
        add(Method::post, "/read", 1 << 20, read, seconds(5));
        add(Method::post, "/upload", 1 << 20, read, seconds(0));
        router.add({
            .method = Method::get,
            .pattern = "/healthz",
            .access = Access::anyone(),
            .body_bytes_max = no_body,
            .doc = {.summary = "Is a test."},
            .handler = [](auto&) { return ping(); },
            .is_operations = true,
        });
        serve();
    }

    ~DeadlineBench() {
        is_open = true;
        drain();
    }

    /// Until `text` stands in the log, second by second of the server's clock.
    void pass_time_until_logged(std::string_view text) {
        wait_for([&] {
            advance(seconds(1));
            return has_logged(text);
        });
    }

    std::atomic<bool> is_open = false;
    std::atomic<int> count = 0;
};

std::string post(std::string_view path, std::size_t length, std::string_view body) {
    std::string text = "POST ";
    text.append(path).append(" HTTP/1.1\r\nHost: x\r\nContent-Length: ");
    return text.append(std::to_string(length)).append("\r\n\r\n").append(body);
}

TEST(Deadline, AHandlerIsEndedWhenTheTimeOfItsRouteIsOver) {
    DeadlineBench bench;
    HttpClient client(bench.port);
    client.send(testing::head("GET", "/gate"));
    bench.wait_for([&] { return bench.count == 1; });
    bench.advance(seconds(6));
    const std::string answer = client.receive_all();
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 503 "));
    EXPECT_NE(answer.find(R"("code":"http.timeout")"), answer.npos);
    EXPECT_NE(answer.find("\r\nRetry-After: 1\r\n"), answer.npos);
    EXPECT_EQ(bench.count, 0);
    EXPECT_FALSE(bench.has_logged("http.fault"));
}

TEST(Deadline, AHandlerThatWaitsForTheBodyIsEndedToo) {
    DeadlineBench bench;
    HttpClient client(bench.port);
    client.send(post("/read", 10, "half"));
    bench.wait_for([&] { return bench.count == 1; });
    bench.advance(seconds(6));
    EXPECT_NE(client.receive_all().find(R"("code":"http.timeout")"), std::string::npos);
}

TEST(Deadline, AHeadThatComesByDripsEndsTheConnection) {
    DeadlineBench bench;
    HttpClient client(bench.port);
    client.send("GET /healthz HT");
    bench.wait_for([&] {
        bench.advance(seconds(4));
        client.send_if_open("x");
        return !client.is_open();
    });
    HttpClient other(bench.port);
    other.send(testing::head("GET", "/healthz"));
    EXPECT_TRUE(other.receive().ends_with("pong"));
}

TEST(Deadline, ABodyThatComesByDripsEndsTheConnection) {
    DeadlineBench bench;
    HttpClient client(bench.port);
    client.send(post("/upload", 100'000, "a little"));
    bench.wait_for([&] { return bench.count == 1; });
    bench.pass_time_until_logged(R"("route":"/upload","status":499)");
    EXPECT_EQ(client.receive_all(), "");
}

TEST(Deadline, AHandlerThatNobodyWaitsForAnyMoreIsEnded) {
    DeadlineBench bench;
    {
        HttpClient client(bench.port);
        client.send(testing::head("GET", "/gate"));
        bench.wait_for([&] { return bench.count == 1; });
        client.reset();
    }
    bench.wait_for([&] { return bench.count == 0; });
    bench.wait_for([&] { return bench.has_logged(R"("route":"/gate","status":499)"); });
}

TEST(Deadline, AnUploaderThatVanishesIsCountedAsGone) {
    DeadlineBench bench;
    {
        HttpClient client(bench.port);
        client.send(post("/upload", 100'000, "half"));
        bench.wait_for([&] { return bench.count == 1; });
        client.reset();
    }
    bench.wait_for([&] { return bench.has_logged(R"("route":"/upload","status":499)"); });
    EXPECT_EQ(bench.count, 0);
}

TEST(Deadline, WhoHasEndedSendingStillGetsEveryAnswer) {
    DeadlineBench bench;
    HttpClient client(bench.port);
    client.send(testing::head("GET", "/gate") + testing::head("GET", "/healthz"));
    client.end_sending();
    bench.wait_for([&] { return bench.count == 1; });
    std::this_thread::sleep_for(milliseconds(250));  // the server looks for the vanished meanwhile
    bench.is_open = true;
    const std::string both = client.receive_all();
    EXPECT_NE(both.find("\r\n\r\nthrough"), both.npos);
    EXPECT_TRUE(both.ends_with("\r\n\r\npong"));
}

TEST(Deadline, BeyondTheLimitARequestIsTurnedAwayAtOnceAndOperationsAreNot) {
    DeadlineBench bench(1);
    HttpClient first(bench.port);
    HttpClient second(bench.port);
    first.send(testing::head("GET", "/gate"));
    bench.wait_for([&] { return bench.count == 1; });

    second.send(testing::head("GET", "/gate"));
    const std::string refused = second.receive();
    EXPECT_TRUE(refused.starts_with("HTTP/1.1 503 "));
    EXPECT_NE(refused.find(R"("code":"http.busy")"), refused.npos);
    EXPECT_NE(refused.find("\r\nRetry-After: 1\r\n"), refused.npos);
    second.send(testing::head("GET", "/healthz"));
    EXPECT_TRUE(second.receive().ends_with("pong"));

    bench.is_open = true;
    EXPECT_TRUE(first.receive().ends_with("through"));
    second.send(testing::head("GET", "/gate"));
    EXPECT_TRUE(second.receive().ends_with("through"));
}

TEST(Deadline, OperationsAreInNoSeriesAndAnswersAreUnderTheirRoute) {
    DeadlineBench bench;
    bench.is_open = true;
    HttpClient client(bench.port);
    for (const auto* path : {"/gate", "/healthz", "/nowhere"}) {
        client.send(testing::head("GET", path));
        client.receive();
    }
    HttpClient odd(bench.port);
    odd.send("nonsense\r\n\r\n");
    odd.receive_all();
    bench.drain_and_join();
    const std::string text = bench.metrics_text();
    for (const auto* series : {
             R"(http_requests_total{method="GET",path="/gate",status="200"} 1)",
             R"(http_requests_total{method="GET",path="unmatched",status="404"} 1)",
             R"(http_requests_total{method="other",path="unmatched",status="400"} 1)",
             R"(http_request_duration_seconds_count{method="GET",path="/gate"} 1)",
         }) {
        EXPECT_NE(text.find(series), text.npos) << series;
    }
    EXPECT_EQ(text.find("healthz"), text.npos);
}

/// Listens on a free port in a process of its own, as a second `acme` of the same user would.
class OtherProcess {
public:
    OtherProcess() {
        std::array<int, 2> pipe{};
        if (::pipe(pipe.data()) != 0) throw std::runtime_error("pipe");
        pid_ = ::fork();
        if (pid_ == 0) {
            testing::listen_and_tell(pipe[1]);
            ::pause();
        }
        if (::read(pipe[0], &port, sizeof(port)) != sizeof(port)) throw std::runtime_error("read");
        ::close(pipe[0]);
        ::close(pipe[1]);
    }

    ~OtherProcess() {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }

    OtherProcess(const OtherProcess&) = delete;
    OtherProcess& operator=(const OtherProcess&) = delete;

    std::uint16_t port = 0;

private:
    pid_t pid_ = -1;
};

TEST(Listen, APortIsSharedWithinTheProcessAndWithNobodyElse) {
    DeadlineBench bench;
    Loop loop;
    Server beside(bench.service, bench.telemetry);
    EXPECT_EQ(beside.listen(loop.get_executor(), bench.port), bench.port);

    const OtherProcess other;
    Server late(bench.service, bench.telemetry);
    EXPECT_THROW(late.listen(loop.get_executor(), other.port), std::system_error);
}

TEST(Listen, AnAddressIsOneOfOursOrAnError) {
    DeadlineBench bench;
    Loop loop;
    Server server(bench.service, bench.telemetry);
    EXPECT_GT(server.listen(loop.get_executor(), "127.0.0.2", 0), 0);
    EXPECT_THROW(server.listen(loop.get_executor(), "192.0.2.1", 0), std::system_error);
    EXPECT_THROW(server.listen(loop.get_executor(), "nonsense", 0), std::system_error);
}

}  // namespace
}  // namespace acme::http
