// Requests to a server that does exactly what a test tells it to.
#include "io/fetch/fetch.hpp"

#include "testing/bench.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

namespace acme::fetch {
namespace {

using namespace std::chrono_literals;
using Socket = asio::basic_stream_socket<asio::ip::tcp, Executor>;
using Acceptor = asio::basic_socket_acceptor<asio::ip::tcp, Executor>;

/// Answers each request with the next of `answers`; after the last one it is silent. A piece that
/// is "" closes the connection.
struct FetchBench : testing::DryBench {
    FetchBench() {
        asio::co_spawn(loop, accept(), [](const std::exception_ptr&) {});
    }

    ~FetchBench() {
        client.close();
        acceptor.close();
        loop.restart();
        loop.run();
    }

    std::string url(std::string_view path = "/") const {
        return "http://127.0.0.1:" + std::to_string(acceptor.local_endpoint().port()) +
               std::string(path);
    }

    Task<> accept() {
        while (acceptor.is_open()) {
            auto [error, socket] = co_await acceptor.async_accept(no_throw);
            if (error) co_return;
            ++connections;
            asio::co_spawn(loop, serve(std::move(socket)), [](const std::exception_ptr&) {});
        }
    }

    Task<> serve(Socket socket) {
        std::string in;
        while (true) {
            const auto [error, head] = co_await asio::async_read_until(
                socket, asio::dynamic_buffer(in), "\r\n\r\n", no_throw
            );
            if (error) co_return;
            std::string request = in.substr(0, head);
            in.erase(0, head);
            std::size_t length = 0;
            if (const auto at = request.find("Content-Length: "); at != request.npos) {
                length = std::stoul(request.substr(at + 16));
            }
            while (in.size() < length) {
                char some[65536];
                const auto [cut, count] =
                    co_await socket.async_read_some(asio::buffer(some), no_throw);
                if (cut) co_return;
                in.append(some, count);
            }
            requests.push_back(request + in.substr(0, length));
            in.erase(0, length);
            if (answers.empty()) continue;
            const std::string answer = std::move(answers.front());
            answers.erase(answers.begin());
            const auto [broken, sent] =
                co_await asio::async_write(socket, asio::buffer(answer), no_throw);
            bytes_sent += sent;
            if (broken || closes_after_answer) co_return;
        }
    }

    Task<std::string> text_of(Request request) {
        Response response = co_await client.send(context, std::move(request));
        status = response.status();
        co_return co_await response.read_all(1'000'000);
    }

    Reason reason_of(Request request) {
        try {
            wait(text_of(std::move(request)));
        } catch (const Fault& fault) {
            text = fault.what();
            return fault.reason();
        }
        throw std::logic_error("there was an answer");
    }

    Acceptor acceptor{loop, {asio::ip::make_address("127.0.0.1"), 0}};
    Client client{telemetry};
    std::vector<std::string> answers;
    std::vector<std::string> requests;
    bool closes_after_answer = false;
    std::size_t bytes_sent = 0;
    int connections = 0;
    int status = 0;
    std::string text;
};

constexpr std::string_view ok = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Kind: Tea\r\n\r\nhello";

TEST(Fetch, TheAnswerHasStatusHeadersAndBody) {
    FetchBench bench;
    bench.answers = {std::string(ok)};

    Response head = bench.wait(
        bench.client.send(bench.context, {.name = "t", .url = bench.url("/a/../b?c=%20")})
    );

    EXPECT_EQ(head.status(), 200);
    EXPECT_EQ(head.header("x-kind"), "Tea");
    EXPECT_EQ(head.header("x-absent"), "");
    EXPECT_EQ(bench.wait(head.read_all(5)), "hello");
    EXPECT_TRUE(bench.requests.at(0).starts_with("GET /a/../b?c=%20 HTTP/1.1\r\n"));
    EXPECT_EQ(bench.requests[0].find("Expect"), std::string::npos);
}

TEST(Fetch, OneConnectionServesOneRequestAfterTheOther) {
    FetchBench bench;
    bench.answers = {std::string(ok), std::string(ok), std::string(ok)};

    for (int i = 0; i < 3; ++i)
        EXPECT_EQ(bench.wait(bench.text_of({.name = "t", .url = bench.url()})), "hello");

    EXPECT_EQ(bench.connections, 1);
}

TEST(Fetch, ABodyIsSentAsItIsWithItsLengthAndTheHeadersGiven) {
    FetchBench bench;
    const std::string body(3'000'000, 'x');
    bench.answers = {std::string(ok)};

    bench.wait(bench.text_of({
        .name = "t",
        .method = "PUT",
        .url = bench.url(),
        .headers = {{"X-Empty", ""}, {"Content-Type", "image/png"}},
        .body = body,
        .sends_trace = true,
    }));

    const std::string& request = bench.requests.at(0);
    EXPECT_TRUE(request.starts_with("PUT / HTTP/1.1\r\n"));
    EXPECT_NE(request.find("Content-Length: 3000000\r\n"), request.npos);
    EXPECT_NE(request.find("X-Empty:\r\n"), request.npos);
    EXPECT_NE(request.find("Content-Type: image/png\r\n"), request.npos);
    EXPECT_NE(request.find("traceparent: 00-"), request.npos);
    EXPECT_EQ(request.find("Expect"), request.npos);
    EXPECT_TRUE(request.ends_with(body));
}

TEST(Fetch, WhoAsksAnotherPartHandsOnItsTraceAndItsRequestAndNobodyElseGetsThem) {
    FetchBench bench;
    bench.answers = {std::string(ok), std::string(ok)};
    bench.trace.request_id = "asked-1";
    std::string trace_id;
    bench.trace.id().append_to(trace_id);

    bench.wait(bench.text_of({.name = "t", .url = bench.url(), .sends_trace = true}));
    bench.wait(bench.text_of({.name = "t", .url = bench.url()}));

    const std::string& own = bench.requests.at(0);
    EXPECT_NE(own.find("traceparent: 00-" + trace_id + "-"), own.npos) << own;
    EXPECT_NE(own.find("X-Request-Id: asked-1\r\n"), own.npos) << own;
    const std::string& foreign = bench.requests.at(1);
    EXPECT_EQ(foreign.find("traceparent"), foreign.npos) << foreign;
    EXPECT_EQ(foreign.find("asked-1"), foreign.npos) << foreign;
}

TEST(Fetch, AnEmptyPutAnnouncesNoTypeAndNoBytes) {
    FetchBench bench;
    bench.answers = {std::string(ok)};

    bench.wait(bench.text_of({.name = "t", .method = "PUT", .url = bench.url()}));

    EXPECT_NE(bench.requests.at(0).find("Content-Length: 0\r\n"), std::string::npos);
    EXPECT_EQ(bench.requests[0].find("Content-Type"), std::string::npos);
}

TEST(Fetch, AnInterimAnswerIsNotTheAnswerAndARedirectIsNotFollowed) {
    FetchBench bench;
    bench.answers = {
        "HTTP/1.1 103 Early Hints\r\nX-Kind: Early\r\n\r\n"
        "HTTP/1.1 301 Moved\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n"
    };

    EXPECT_EQ(bench.wait(bench.text_of({.name = "t", .url = bench.url()})), "");

    EXPECT_EQ(bench.status, 301);
    EXPECT_EQ(bench.requests.size(), 1);
}

Task<std::size_t> read_slowly(Response& response, std::size_t& largest) {
    std::size_t total = 0;
    while (true) {
        const std::size_t got = (co_await response.read()).size();
        if (got == 0) co_return total;
        largest = std::max(largest, got);
        total += got;
    }
}

TEST(Fetch, WhoeverDoesNotReadHoldsTheSenderBack) {
    constexpr std::size_t length = 64'000'000;
    FetchBench bench;
    bench.answers = {
        "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(length) + "\r\n\r\n" +
        std::string(length, 'x')
    };
    Response response =
        bench.wait(bench.client.send(bench.context, {.name = "t", .url = bench.url()}));
    bench.wait(sleep_for(200ms));
    EXPECT_EQ(bench.bytes_sent, 0) << "all was taken, though nobody read";

    std::size_t largest = 0;
    EXPECT_EQ(bench.wait(read_slowly(response, largest)), length);
    EXPECT_LE(largest, 80 * 1024);
}

Task<> wait_in_vain(FetchBench& bench, Client& client) {
    co_await client.send(bench.context, {.name = "t", .url = bench.url()});
}

TEST(Fetch, ManyRunAtOnceAndMoreThanTheLimitAreRefused) {
    FetchBench bench;
    Client small(bench.telemetry, {.transfers_max = 2});
    for (int i = 0; i < 2; ++i) {
        asio::co_spawn(bench.loop, wait_in_vain(bench, small), [](const std::exception_ptr&) {});
    }
    bench.wait(sleep_for(20ms));

    try {
        bench.wait(small.send(bench.context, {.name = "t", .url = bench.url()}));
        FAIL();
    } catch (const Fault& fault) {
        EXPECT_EQ(fault.reason(), Reason::busy);
    }
    small.close();
    bench.wait(sleep_for(1ms));
}

TEST(Fetch, EachWayToFailHasItsReason) {
    FetchBench bench;
    EXPECT_EQ(bench.reason_of({.name = "t", .url = "http://127.0.0.1:1/"}), Reason::unreachable);
    EXPECT_EQ(bench.reason_of({.name = "t", .url = "file:///etc/passwd"}), Reason::unreachable);
    EXPECT_EQ(bench.reason_of({.name = "t", .url = "no url"}), Reason::unreachable);

    EXPECT_EQ(
        bench.reason_of({.name = "t", .url = bench.url(), .answer_time_max = 30ms}),
        Reason::timed_out
    );
    bench.answers = {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npart"};
    EXPECT_EQ(
        bench.reason_of({.name = "t", .url = bench.url(), .silence_time_max = 30ms}),
        Reason::timed_out
    );

    bench.closes_after_answer = true;
    bench.answers = {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npart"};
    EXPECT_EQ(bench.reason_of({.name = "t", .url = bench.url()}), Reason::broken_off);
    bench.answers = {"no HTTP at all\r\n\r\n"};
    EXPECT_EQ(bench.reason_of({.name = "t", .url = bench.url()}), Reason::broken_off);
    bench.answers = {"HTTP/1.1 200 OK\r\nX-Long: " + std::string(100'000, 'x') + "\r\n\r\n"};
    EXPECT_EQ(bench.reason_of({.name = "t", .url = bench.url()}), Reason::broken_off);
    bench.answers = {
        "HTTP/1.1 200 OK\r\nContent-Length: 1000001\r\n\r\n" + std::string(1'000'001, 'x')
    };
    EXPECT_EQ(bench.reason_of({.name = "t", .url = bench.url()}), Reason::too_large);
}

TEST(Fetch, AFaultNamesTheRequestAndNoSecretOfIt) {
    FetchBench bench;

    bench.reason_of({
        .name = "s3.put",
        .url = "http://127.0.0.1:1/private?X-Amz-Signature=abc",
        .headers = {{"Authorization", "Bearer abc"}},
    });

    EXPECT_TRUE(bench.text.starts_with("s3.put: "));
    EXPECT_EQ(bench.text.find("abc"), std::string::npos);
    EXPECT_EQ(bench.text.find("private"), std::string::npos);
}

TEST(Fetch, ALineEndInAHeaderIsRefusedBeforeAnythingIsSent) {
    FetchBench bench;

    EXPECT_THROW(
        bench.wait(bench.text_of({.name = "t", .url = bench.url(), .headers = {{"X", "a\r\nY: b"}}})
        ),
        std::invalid_argument
    );
    EXPECT_TRUE(bench.requests.empty());
}

TEST(Fetch, ATaskThatIsCancelledBreaksTheTransferOff) {
    FetchBench bench;
    asio::cancellation_signal signal;
    std::exception_ptr fault;
    bool is_done = false;
    asio::co_spawn(
        bench.loop,
        bench.text_of({.name = "t", .url = bench.url()}),
        asio::bind_cancellation_slot(
            signal.slot(),
            [&](const std::exception_ptr& thrown, auto&&) {
                fault = thrown;
                is_done = true;
            }
        )
    );
    for (int i = 0; i < 1000 && bench.requests.empty(); ++i) bench.wait(sleep_for(10ms));
    EXPECT_EQ(bench.requests.size(), 1);

    signal.emit(asio::cancellation_type::terminal);
    for (int i = 0; i < 1000 && !is_done; ++i) bench.wait(sleep_for(1ms));

    ASSERT_TRUE(is_done);
    EXPECT_THROW(std::rethrow_exception(fault), boost::system::system_error);
}

TEST(Fetch, AClosedClientFailsWhatIsUnderWayAndWhatComesLater) {
    FetchBench bench;
    std::exception_ptr fault;
    asio::co_spawn(
        bench.loop,
        bench.text_of({.name = "t", .url = bench.url()}),
        [&](const std::exception_ptr& thrown, auto&&) { fault = thrown; }
    );
    for (int i = 0; i < 1000 && bench.requests.empty(); ++i) bench.wait(sleep_for(10ms));

    bench.client.close();
    for (int i = 0; i < 1000 && !fault; ++i) bench.wait(sleep_for(1ms));

    ASSERT_TRUE(fault);
    EXPECT_THROW(std::rethrow_exception(fault), Fault);
    EXPECT_EQ(bench.reason_of({.name = "t", .url = bench.url()}), Reason::closed);
}

TEST(Fetch, AnAddressThatMayNotBeConnectedToIsNot) {
    FetchBench bench;
    std::vector<std::string> asked;
    bool may = false;
    Client guarded(bench.telemetry, {.may_connect = [&](std::string_view address) {
                       asked.emplace_back(address);
                       return may;
                   }});
    const auto reason_of = [&](const std::string& url) {
        try {
            bench.wait(guarded.send(bench.context, {.name = "t", .url = url}));
        } catch (const Fault& fault) {
            EXPECT_EQ(std::string(fault.what()), "t: no address is allowed");
            return fault.reason();
        }
        return Reason::closed;
    };
    const std::string port = bench.url("").substr(bench.url("").rfind(':'));

    for (const char* host : {"127.0.0.1", "localhost", "2130706433"}) {
        EXPECT_EQ(reason_of("http://" + std::string(host) + port), Reason::forbidden) << host;
    }
    EXPECT_EQ(bench.connections, 0);
    EXPECT_EQ(std::ranges::count(asked, "127.0.0.1"), 3);

    // A name is asked for again with each connection, and what was open before stays so.
    may = true;
    bench.answers = {std::string(ok), std::string(ok)};
    const auto before = asked.size();
    for (int i = 0; i < 2; ++i) {
        auto response = bench.wait(guarded.send(bench.context, {.name = "t", .url = bench.url()}));
        EXPECT_EQ(bench.wait(response.read_all(5)), "hello");
        bench.wait(response.read_all(0));
    }
    EXPECT_EQ(asked.size(), before + 1);
    EXPECT_EQ(bench.connections, 1);
    guarded.close();
}

TEST(Fetch, TheSpanCarriesTheNameMethodAndStatus) {
    FetchBench bench;
    bench.answers = {std::string(ok)};

    bench.wait(bench.text_of({.name = "s3.head", .url = bench.url("/secret?x=y")}));

    ASSERT_EQ(bench.trace.spans().size(), 1);
    EXPECT_EQ(bench.trace.spans()[0].name, "s3.head");
    for (const auto& attribute : bench.trace.attributes()) {
        const auto* const shown = std::get_if<std::string>(&attribute.value);
        if (shown != nullptr) EXPECT_EQ(shown->find("secret"), std::string::npos);
    }
}

}  // namespace
}  // namespace acme::fetch
