// What the server sends, over real sockets: heads, streams, and the ends of both.
#include "testing/server_bench.hpp"

namespace acme::http {
namespace {

using std::chrono::milliseconds;
using testing::HttpClient;
using testing::ServerBench;

/// Gives the same piece so many times.
class Repeat final : public Source {
public:
    Repeat(std::string piece, int times) : piece_(std::move(piece)), times_(times) {}

    Task<std::string_view> read() override {
        if (times_ == 0) co_return "";
        --times_;
        co_return piece_;
    }

private:
    std::string piece_;
    int times_;
};

class Broken final : public Source {
public:
    Task<std::string_view> read() override {
        if (std::exchange(has_begun_, true)) throw std::runtime_error("the store is gone");
        co_return "half";
    }

private:
    bool has_begun_ = false;
};

/// Has no end of its own, as a stream of events.
class Endless final : public Source {
public:
    explicit Endless(std::atomic<int>& alive) : alive_(alive) { ++alive_; }
    ~Endless() override { --alive_; }

    Task<std::string_view> read() override {
        if (!std::exchange(has_begun_, true)) co_return "hello";
        while (!is_ending_) co_await sleep_for(milliseconds(1));
        co_return std::exchange(has_said_bye_, true) ? "" : "bye";
    }

    void end_soon() override { is_ending_ = true; }

private:
    std::atomic<int>& alive_;
    bool has_begun_ = false;
    bool is_ending_ = false;
    bool has_said_bye_ = false;
};

Task<Result<Response>> stream(std::unique_ptr<Source> source, std::optional<std::uint64_t> length) {
    co_return Response{.content_type = "text/plain", .source = std::move(source), .length = length};
}

Task<Result<Response>> answer_with_headers() {
    co_return Response{
        .status = 201,
        .body = "x",
        .headers = {{"Location", "/v1/x"}, {"X-Evil", "a\r\nSet-Cookie: b"}},
    };
}

struct SendBench : ServerBench {
    SendBench() {
        add("/sized", [](auto&) { return stream(std::make_unique<Repeat>("abcd", 3), 12); });
        add("/chunked",
            [](auto&) { return stream(std::make_unique<Repeat>("abcd", 3), std::nullopt); });
        add("/short", [](auto&) { return stream(std::make_unique<Repeat>("abcd", 3), 13); });
        add("/long", [](auto&) { return stream(std::make_unique<Repeat>("abcd", 3), 11); });
        add("/broken", [](auto&) { return stream(std::make_unique<Broken>(), std::nullopt); });
        add("/large", [](auto&) {
            return stream(std::make_unique<Repeat>(std::string(1 << 20, 'x'), 64), 64 << 20);
        });
        add("/headers", [](auto&) { return answer_with_headers(); });
        router.add({
            .method = Method::get,
            .pattern = "/endless",
            .access = Access::anyone(),
            .body_bytes_max = no_body,
            .doc = {.summary = "Is a test."},
            .handler =
                [this](auto&) { return stream(std::make_unique<Endless>(alive), std::nullopt); },
            .is_stream = true,
        });
        serve();
    }

    ~SendBench() { drain(); }

    using ServerBench::add;
    void add(std::string_view pattern, Handler handler) {
        add(Method::get, pattern, no_body, std::move(handler));
    }

    std::string get(std::string_view path, std::string_view version = "1.1") const {
        HttpClient client(port);
        client.send(testing::head("GET", path, version));
        return client.receive_all();
    }

    std::atomic<int> alive = 0;
};

TEST(Send, AStreamOfKnownLengthIsSentWithItAndTheConnectionGoesOn) {
    SendBench bench;
    HttpClient client(bench.port);
    for (int i = 0; i < 2; ++i) {
        client.send(testing::head("GET", "/sized"));
        const std::string answer = client.receive();
        EXPECT_NE(answer.find("\r\nContent-Length: 12\r\n"), std::string::npos);
        EXPECT_TRUE(answer.ends_with("\r\n\r\nabcdabcdabcd"));
    }
}

TEST(Send, AStreamOfUnknownLengthIsSentInChunksAndToAnOldPeerUntilTheEnd) {
    SendBench bench;
    HttpClient client(bench.port);
    client.send(testing::head("GET", "/chunked") + testing::head("GET", "/sized"));
    const std::string both = client.receive_until("\r\n\r\nabcdabcdabcd");
    EXPECT_NE(both.find("\r\nTransfer-Encoding: chunked\r\n"), std::string::npos);
    EXPECT_NE(
        both.find("\r\n\r\n4\r\nabcd\r\n4\r\nabcd\r\n4\r\nabcd\r\n0\r\n\r\nHTTP/1.1 200"),
        std::string::npos
    );

    const std::string old = bench.get("/chunked", "1.0");
    EXPECT_EQ(old.find("Transfer-Encoding"), std::string::npos);
    EXPECT_TRUE(old.ends_with("\r\n\r\nabcdabcdabcd"));
}

TEST(Send, AStreamThatIsNotWholeEndsTheConnectionInTheMidst) {
    SendBench bench;
    EXPECT_TRUE(bench.get("/short").ends_with("\r\n\r\nabcdabcdabcd"));
    EXPECT_TRUE(bench.get("/long").ends_with("\r\n\r\nabcdabcd"));
    EXPECT_TRUE(bench.get("/broken").ends_with("4\r\nhalf\r\n"));
    bench.drain_and_join();
    EXPECT_TRUE(bench.has_logged(R"("message":"http.source_failed")"));
}

TEST(Send, AReaderThatDoesNotReadHoldsOnePieceInMemoryAndIsCutOffInTheEnd) {
    SendBench bench;
    HttpClient client(bench.port);
    client.send(testing::head("GET", "/large"));
    client.receive_until("\r\n\r\n");

    // Nobody reads for longer than silence_max; the clock is the server's.
    bench.wait_for([&] {
        bench.advance(std::chrono::seconds(10));
        return bench.has_logged(R"("status":499)");
    });

    EXPECT_LT(client.receive_all().size(), std::size_t{64} << 20);
}

TEST(Send, AnEndlessStreamEndsWhenTheServerDrains) {
    SendBench bench;
    HttpClient client(bench.port);
    client.send(testing::head("GET", "/endless"));
    client.receive_until("5\r\nhello\r\n");
    bench.drain();
    EXPECT_EQ(client.receive_all(), "3\r\nbye\r\n0\r\n\r\n");
}

TEST(Send, AnEndlessStreamEndsWhenItsReaderIsGone) {
    SendBench bench;
    {
        HttpClient client(bench.port);
        client.send(testing::head("GET", "/endless"));
        client.receive_until("5\r\nhello\r\n");
        EXPECT_EQ(bench.alive, 1);
    }
    bench.wait_for([&] { return bench.alive == 0; });
}

TEST(Send, HeadIsAnsweredAsGetWithoutTheBody) {
    SendBench bench;
    HttpClient client(bench.port);
    client.send(testing::head("HEAD", "/sized") + testing::head("GET", "/sized"));
    const std::string both = client.receive_until("\r\n\r\nabcdabcdabcd");
    EXPECT_NE(both.find("Content-Length: 12\r\n"), std::string::npos);
    EXPECT_NE(both.find("\r\n\r\nHTTP/1.1 200"), std::string::npos);
}

TEST(Send, AHeaderOfTheAnswerCannotBeginAnother) {
    SendBench bench;
    HttpClient client(bench.port);
    client.send(testing::head("GET", "/headers"));
    const std::string answer = client.receive();
    EXPECT_NE(answer.find("\r\nLocation: /v1/x\r\n"), std::string::npos);
    EXPECT_EQ(answer.find("\nSet-Cookie"), std::string::npos);
}

TEST(Send, EveryAnswerCarriesTheIdOfItsRequestAndTheRelease) {
    SendBench bench;
    HttpClient client(bench.port);
    client.send("GET /sized HTTP/1.1\r\nHost: x\r\nX-Request-Id: mine-1.2_3\r\n\r\n");
    const std::string given = client.receive();
    EXPECT_NE(given.find("\r\nX-Request-Id: mine-1.2_3\r\n"), std::string::npos);
    EXPECT_NE(given.find("\r\nX-Acme-Release: r1\r\n"), std::string::npos);

    client.send("GET /sized HTTP/1.1\r\nHost: x\r\nX-Request-Id: <script>\r\n\r\n");
    const std::string made = client.receive();
    EXPECT_EQ(made.find("script"), std::string::npos);
    EXPECT_NE(made.find("\r\nX-Request-Id: "), std::string::npos);
}

}  // namespace
}  // namespace acme::http
