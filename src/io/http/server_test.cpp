// The server over real sockets: framing, limits and the drain. The loop runs on its own thread.
#include "io/http/server.hpp"

#include "testing/bench.hpp"
#include "testing/http_client.hpp"

#include <atomic>
#include <deque>
#include <future>
#include <thread>

namespace acme::http {
namespace {

using std::chrono::milliseconds;
using testing::HttpClient;

Task<Result<Response>> echo(const Call& call) {
    auto body = ACME_TRY(co_await call.request.body.read_all(4096));
    co_return Response{.body = std::move(body), .content_type = "text/plain"};
}

/// Answers with the number of bytes, and begins to read when it may.
Task<Result<Response>> count(const Call& call, const std::atomic<bool>& may_read) {
    while (!may_read) co_await sleep_for(milliseconds(1));
    std::size_t bytes = 0;
    for (;;) {
        const std::string_view piece = ACME_TRY(co_await call.request.body.read());
        if (piece.empty()) co_return Response{.body = std::to_string(bytes)};
        bytes += piece.size();
    }
}

Task<Result<Response>> report(const Call& call, std::promise<std::string>& code) {
    const auto body = co_await call.request.body.read_all(4096);
    code.set_value(std::string(body ? "all of it" : body.error().code.text()));
    co_return Response{};
}

Task<Result<Response>> ask(const Call& call) {
    co_return Response{.body = call.request.query("q").value_or("none")};
}

Task<Result<Response>> ignore() { co_return Response{.body = "ignored"}; }

Task<Result<Response>> answer_slowly() {
    co_await sleep_for(milliseconds(200));
    co_return Response{.body = "slow"};
}

struct ServerBench : testing::DryBench {
    ServerBench() {
        using enum Method;
        add(post, "/echo", 4096, [](const Call& call) { return echo(call); });
        add(post, "/ignore", 1 << 20, [](const Call&) { return ignore(); });
        add(post, "/count", 64 << 20, [this](const Call& call) { return count(call, may_read); });
        add(post, "/report", 4096, [this](const Call& call) { return report(call, reported); });
        add(get, "/ask", no_body, [](const Call& call) { return ask(call); });
        add(get, "/slow", no_body, [](const Call&) { return answer_slowly(); });
        port = server.listen(loop.get_executor(), 0);
        tasks.spawn(loop.get_executor(), "serve", server.serve());
        thread = std::jthread([this] { loop.run(); });
    }

    ~ServerBench() { drain(); }

    void add(Method method, std::string_view pattern, std::size_t body_bytes_max, Handler handler) {
        router.add({
            .method = method,
            .pattern = pattern,
            .access = Access::anyone(),
            .body_bytes_max = body_bytes_max,
            .doc = {.summary = "Is a test."},
            .handler = std::move(handler),
        });
    }

    void drain() {
        asio::post(loop, [this] {
            if (!std::exchange(is_draining, true)) {
                tasks.spawn(loop.get_executor(), "drain", server.drain(milliseconds(5000)));
            }
        });
    }

    Router router{nullptr};
    Service service{router, telemetry, [](trace::Trace&) {}};
    Server server{
        service, telemetry, {.head_bytes_max = 1024, .rest_bytes_max = 4096, .sessions_max = 8}
    };
    TaskGroup tasks{log};
    std::uint16_t port = 0;
    bool is_draining = false;
    std::atomic<bool> may_read = true;
    std::promise<std::string> reported;
    std::jthread thread;  // last: joined before anything else goes
};

std::string head(std::string_view path, std::string_view fields) {
    std::string text = "POST ";
    return text.append(path).append(" HTTP/1.1\r\nHost: x\r\n").append(fields).append("\r\n\r\n");
}

std::string post(std::string_view body, std::string_view path = "/echo") {
    return head(path, "Content-Length: " + std::to_string(body.size())).append(body);
}

bool says_close(std::string_view answer) {
    return answer.find("\r\nConnection: close\r\n") != answer.npos;
}

TEST(Server, AConnectionServesOneRequestAfterAnother) {
    ServerBench bench;
    HttpClient client(bench.port);
    for (const auto* body : {"one", "", "three"}) {
        client.send(post(body));
        EXPECT_TRUE(client.receive().ends_with(std::string("\r\n\r\n") + body));
    }
}

TEST(Server, RequestsMayArriveTogetherOrByteByByte) {
    ServerBench bench;
    HttpClient together(bench.port);
    together.send(post("one") + post("two") + post("three"));
    EXPECT_TRUE(together.receive().ends_with("one"));
    EXPECT_TRUE(together.receive().ends_with("two"));
    EXPECT_TRUE(together.receive().ends_with("three"));

    HttpClient slow(bench.port);
    for (const char byte : post("hello")) slow.send(std::string_view(&byte, 1));
    EXPECT_TRUE(slow.receive().ends_with("hello"));
}

TEST(Server, ABodyMayBeLongerThanTheBufferAndMayComeInChunks) {
    ServerBench bench;
    HttpClient client(bench.port);
    const std::string body(4096, 'x');
    client.send(post(body));
    EXPECT_TRUE(client.receive().ends_with(body));

    client.send("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
    client.send("3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n");
    EXPECT_TRUE(client.receive().ends_with("\r\n\r\nabcdefg"));
}

TEST(Server, TheEndOfChunksMayComeInDrips) {
    ServerBench bench;
    HttpClient client(bench.port);
    client.send("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (const char byte : std::string_view("0\r\n\r\n")) {
        client.send(std::string_view(&byte, 1));
        std::this_thread::sleep_for(milliseconds(5));  // each in a packet of its own
    }
    EXPECT_TRUE(client.receive().starts_with("HTTP/1.1 200 "));
}

TEST(Server, WhatIsTooLargeOrNotHttpIsRefusedAndTheConnectionEnds) {
    ServerBench bench;
    const auto first_line = [&](std::string_view bytes) {
        HttpClient client(bench.port);
        client.send(bytes);
        const std::string answer = client.receive();
        EXPECT_TRUE(says_close(answer));
        return answer.substr(0, answer.find('\r'));
    };
    EXPECT_EQ(first_line(post(std::string(1 << 20, 'x'))), "HTTP/1.1 413 Content Too Large");
    EXPECT_EQ(first_line("nonsense\r\n\r\n"), "HTTP/1.1 400 Bad Request");
    EXPECT_EQ(
        first_line("GET / HTTP/1.1\r\nHost: x\r\nCookie: a=b;\r\n c=d\r\n\r\n"),
        "HTTP/1.1 400 Bad Request"
    ) << "a header that goes on in the next line";
    EXPECT_EQ(
        first_line("GET / HTTP/1.1\r\nHost: x\r\nX: " + std::string(2000, 'x') + "\r\n\r\n"),
        "HTTP/1.1 431 Request Header Fields Too Large"
    );
}

TEST(Server, ABodyThatIsTooLargeIsRefusedBeforeItIsSentOrWhileItIsCounted) {
    ServerBench bench;
    HttpClient declared(bench.port);
    declared.send(head("/echo", "Content-Length: 9999"));
    EXPECT_TRUE(declared.receive().starts_with("HTTP/1.1 413 "));

    HttpClient counted(bench.port);
    counted.send(head("/echo", "Transfer-Encoding: chunked"));
    counted.send("1000\r\n" + std::string(4096, 'x') + "\r\n1\r\n");
    const std::string answer = counted.receive();
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 413 "));
    EXPECT_TRUE(says_close(answer));
}

TEST(Server, WhileTheHandlerDoesNotReadThePeerCannotSend) {
    ServerBench bench;
    bench.may_read = false;
    HttpClient client(bench.port);
    const std::string body(32 << 20, 'x');  // more than the kernel keeps for both ends
    auto sent = std::async(std::launch::async, [&] { client.send(post(body, "/count")); });
    EXPECT_EQ(sent.wait_for(milliseconds(200)), std::future_status::timeout);

    bench.may_read = true;

    EXPECT_TRUE(client.receive().ends_with("\r\n\r\n33554432"));
}

TEST(Server, APeerThatLeavesInTheMidstOfABodyIsAnError) {
    ServerBench bench;
    auto reported = bench.reported.get_future();
    {
        HttpClient(bench.port).send(head("/report", "Content-Length: 10") + "half");
    }
    EXPECT_EQ(reported.get(), "http.body_cut_off");
}

TEST(Server, BrokenChunksAreAnErrorAndTheConnectionEnds) {
    ServerBench bench;
    HttpClient client(bench.port);
    client.send(head("/echo", "Transfer-Encoding: chunked") + "three\r\nabc\r\n");
    const std::string answer = client.receive();
    EXPECT_NE(answer.find("http.body_malformed"), std::string::npos);
    EXPECT_TRUE(says_close(answer));
}

TEST(Server, ABodyThatNobodyReadsIsSkippedIfItIsShortAndElseEndsTheConnection) {
    ServerBench bench;
    HttpClient brief(bench.port);
    brief.send(post("not read", "/ignore") + post("read"));
    EXPECT_TRUE(brief.receive().ends_with("ignored"));
    EXPECT_TRUE(brief.receive().ends_with("\r\n\r\nread"));

    HttpClient lengthy(bench.port);
    lengthy.send(post(std::string(8192, 'x'), "/ignore"));
    EXPECT_TRUE(says_close(lengthy.receive()));

    HttpClient chunked(bench.port);
    chunked.send(head("/ignore", "Transfer-Encoding: chunked") + "3\r\nabc\r\n0\r\n\r\n");
    EXPECT_TRUE(says_close(chunked.receive()));
}

TEST(Server, WhoAwaitsContinueIsAskedWhenTheHandlerReads) {
    ServerBench bench;
    HttpClient client(bench.port);
    client.send(head("/echo", "Expect: 100-continue\r\nContent-Length: 4"));
    EXPECT_EQ(client.receive(), "HTTP/1.1 100 Continue\r\n\r\n");
    client.send("body");
    EXPECT_TRUE(client.receive().ends_with("\r\n\r\nbody"));

    client.send(head("/ignore", "Expect: 100-continue\r\nContent-Length: 4"));
    const std::string answer = client.receive();
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 "));
    EXPECT_TRUE(says_close(answer));
}

TEST(Server, AQueryEndsWhereTheTargetEnds) {
    ServerBench bench;
    HttpClient client(bench.port);
    for (const auto& [target, answer] : std::map<std::string, std::string>{
             {"/ask?q=a%20b", "a b"},
             {"/ask?x=1&q=a+b&q=c", "a b"},
             {"/ask?q=", ""},
             {"/ask?q=%4", "none"},
             {"/ask?q=a%2", "none"},
             {"/ask?", "none"},
         }) {
        client.send("GET " + target + " HTTP/1.1\r\nHost: x\r\n\r\n");
        EXPECT_TRUE(client.receive().ends_with("\r\n\r\n" + answer)) << target;
    }
}

TEST(Server, EveryAnswerHasADate) {
    ServerBench bench;
    HttpClient client(bench.port);
    client.send(post("x"));
    constexpr auto date = "\r\nDate: Mon, 23 Nov 2026 10:00:00 GMT\r\n";
    EXPECT_NE(client.receive().find(date), std::string::npos);
}

TEST(Server, OneConnectionTooManyIsHungUpOnAndTheOthersStay) {
    ServerBench bench;
    std::deque<HttpClient> clients;
    const auto is_served = [](HttpClient& client) {
        client.send(post("x"));
        return client.receive().ends_with("x");
    };
    for (int i = 0; i < 8; ++i) EXPECT_TRUE(is_served(clients.emplace_back(bench.port)));
    EXPECT_EQ(HttpClient(bench.port).receive(), "");
    for (HttpClient& client : clients) EXPECT_TRUE(is_served(client));
}

TEST(Server, ADrainAnswersWhatIsAtHandAndTakesNothingNew) {
    ServerBench bench;
    HttpClient idle(bench.port);
    idle.send(post("x"));
    EXPECT_TRUE(idle.receive().ends_with("x"));
    HttpClient busy(bench.port);
    busy.send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
    std::this_thread::sleep_for(milliseconds(50));

    bench.drain();

    EXPECT_EQ(idle.receive(), "");
    const std::string answer = busy.receive();
    EXPECT_TRUE(answer.ends_with("slow"));
    EXPECT_TRUE(says_close(answer));
    EXPECT_EQ(busy.receive(), "");
    EXPECT_THROW(HttpClient{bench.port}, std::runtime_error);
}

}  // namespace
}  // namespace acme::http
