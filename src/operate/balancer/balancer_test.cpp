// The text against HAProxy itself, and HAProxy against nodes of which one stops being ready.
#include "operate/balancer/balancer.hpp"

#include "io/haproxy/runtime.hpp"
#include "io/loop/task_group.hpp"
#include "io/process/child.hpp"
#include "io/telemetry/propagation.hpp"
#include "testing/bench.hpp"
#include "testing/child.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>

namespace acme::balancer {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::DryBench;
using Tcp = asio::ip::tcp;

constexpr const char* haproxy = "/usr/sbin/haproxy";

constexpr std::string_view golden =
    R"cfg(# Written by acme balancer render. Changes are overwritten.
global
    master-worker
    log stdout format raw local0 info
    stats socket /run/acme/haproxy.sock mode 600 level admin expose-fd listeners
    server-state-file /run/acme/haproxy.state
    maxconn 4000
    close-spread-time 10s
    hard-stop-after 30s

defaults
    mode http
    log global
    option dontlog-normal
    load-server-state-from-file global
    timeout connect 1s
    timeout check 1s
    timeout client 60s
    timeout server 60s
    timeout tunnel 1h
    timeout queue 5s
    timeout http-request 10s
    timeout http-keep-alive 60s
    retries 3
    option redispatch 1
    retry-on conn-failure empty-response
    default-server inter 1s fastinter 100ms downinter 200ms rise 2 fall 2
    http-error status 400 content-type application/problem+json hdr Cache-Control no-store string '{"type":"about:blank","title":"Bad Request","status":400,"code":"balancer.malformed_request"}'
    http-error status 408 content-type application/problem+json hdr Cache-Control no-store string '{"type":"about:blank","title":"Request Timeout","status":408,"code":"balancer.request_too_slow"}'
    http-error status 502 content-type application/problem+json hdr Cache-Control no-store string '{"type":"about:blank","title":"Bad Gateway","status":502,"code":"balancer.node_failed"}'
    http-error status 503 content-type application/problem+json hdr Cache-Control no-store hdr Retry-After 1 string '{"type":"about:blank","title":"Service Unavailable","status":503,"code":"balancer.no_node_ready"}'
    http-error status 504 content-type application/problem+json hdr Cache-Control no-store string '{"type":"about:blank","title":"Gateway Timeout","status":504,"code":"balancer.node_too_slow"}'

frontend public
    bind 127.0.0.1:8080
    http-request capture req.hdr(X-Request-Id) len 128
    log-format '{"level":"warn","message":"request at the balancer","request_id":"%[capture.req.hdr(0),json(utf8s)]","status":%ST,"state":"%tsc","server":"%s","retries":"%rc","duration_ms":%Ta}'
    http-request del-header X-Forwarded-For
    option forwardfor
    acl is_traced req.hdr(traceparent) -m found
    http-request del-header tracestate unless is_traced
    http-request set-var(txn.trace) uuid,regsub(-,,g) unless is_traced
    http-request set-var(txn.span) uuid,regsub(-,,g),bytes(0,16) unless is_traced
    http-request set-header traceparent 00-%[var(txn.trace)]-%[var(txn.span)]-01 if !is_traced { var(txn.trace) -m reg ^.{18}(f|e([7-9a-f]|6([7-9a-f]|6[6-9a-f]))) }
    http-request set-header traceparent 00-%[var(txn.trace)]-%[var(txn.span)]-00 unless is_traced
    http-request disable-l7-retry unless { method GET HEAD OPTIONS }
    default_backend app

backend app
    balance roundrobin
    option httpchk GET /readyz
    http-check expect status 200
    http-request set-var(txn.canary) str(canary),map(/run/acme/canary.map)
    acl is_sticky var(txn.canary) -m found
    acl has_name var(txn.name) -m found
    http-request set-var(txn.name) req.cook(__Host-acme_session),field(2,.) if is_sticky
    http-request set-var(txn.name) req.cook(acme_session),field(2,.) if is_sticky !has_name
    http-request set-var(txn.name) req.hdr(Authorization) if is_sticky !has_name
    http-request set-var(txn.kind) var(txn.name),xxh32,mod(20) if has_name
    http-request set-var(txn.kind) rand(20) if is_sticky !has_name
    use-server %[var(txn.canary)] if is_sticky { var(txn.kind) -m int 0 }
    use-server %[var(txn.canary)] if is_sticky { nbsrv eq 0 }
    server app-1 127.1.1.1:8080 check weight 1
    server app-2 127.1.1.2:8080 check weight 19

backend watched
    balance roundrobin
    option httpchk GET /readyz
    http-check expect status 200
    server worker-1 127.1.2.1:9090 check weight 1
)cfg";

Settings small() {
    return {
        .run_folder = "/run/acme",
        .app = {{"app-1", "127.1.1.1"}, {"app-2", "127.1.1.2", 8080, 19}},
        .watched = {{"worker-1", "127.1.2.1", 9090}},
    };
}

struct Folder {
    Folder() {
        std::string pattern = (std::filesystem::temp_directory_path() / "acme-lb-XXXXXX").string();
        path = ::mkdtemp(pattern.data());
    }
    ~Folder() { std::filesystem::remove_all(path); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    std::string write(const std::string& name, const std::string& text) const {
        std::ofstream(path + "/" + name) << text;
        return path + "/" + name;
    }

    std::string path;
};

/// Answers every request with its name, and /readyz with 200 or 503 as it is told.
class Node {
public:
    Node(const Executor& executor, std::string name, TaskGroup& tasks)
        : acceptor_(executor, Tcp::endpoint(asio::ip::make_address("127.0.0.1"), 0)),
          name_(std::move(name)),
          tasks_(tasks) {
        tasks_.spawn(executor, "node", accept());
    }

    std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
    void close() { acceptor_.close(); }

    bool is_ready = true;
    std::string asked;  // the head of the last request that was no check

private:
    Task<> accept() {
        while (true) {
            auto [error, socket] = co_await acceptor_.async_accept(no_throw);
            if (error) co_return;
            tasks_.spawn(co_await asio::this_coro::executor, "answer", answer(std::move(socket)));
        }
    }

    Task<> answer(Tcp::socket socket) {
        std::string head;
        co_await asio::async_read_until(socket, asio::dynamic_buffer(head), "\r\n\r\n", no_throw);
        const bool is_check = head.starts_with("GET /readyz");
        if (!is_check) asked = std::move(head);
        const std::string status = is_check && !is_ready ? "503 Draining" : "200 OK";
        const std::string text =
            "HTTP/1.1 " + status +
            "\r\nConnection: close\r\nContent-Length: " + std::to_string(name_.size()) +
            "\r\n\r\n" + name_;
        co_await asio::async_write(socket, asio::buffer(text), no_throw);
    }

    asio::basic_socket_acceptor<Tcp, Executor> acceptor_;
    std::string name_;
    TaskGroup& tasks_;
};

/// The last line of the answer at that port. Each of `headers` ends its line.
Task<std::string> get(std::uint16_t port, std::string headers = "") {
    Tcp::socket socket(co_await asio::this_coro::executor);
    const Tcp::endpoint where(asio::ip::make_address("127.0.0.1"), port);
    co_await socket.async_connect(where, no_throw);
    const std::string request =
        "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n" + headers + "\r\n";
    co_await asio::async_write(socket, asio::buffer(request), no_throw);
    std::string answer;
    co_await asio::async_read(socket, asio::dynamic_buffer(answer), no_throw);
    co_return answer.substr(answer.find("\r\n\r\n") + 4);
}

/// Until `server` is up or is not, as asked; false when that takes longer than a minute.
Task<bool> until(std::string socket, std::string server, bool is_up) {
    haproxy::Runtime runtime(socket);
    const auto deadline = std::chrono::steady_clock::now() + seconds(60);
    while (std::chrono::steady_clock::now() < deadline) {
        try {
            for (const auto& stat : co_await runtime.servers()) {
                if (stat.server == server && stat.is_up() == is_up) co_return true;
            }
        } catch (const haproxy::Fault&) {
            // not there yet
        }
        co_await sleep_for(milliseconds(20));
    }
    co_return false;
}

Task<std::map<std::string, int>> ask_often(std::uint16_t port, int times) {
    std::map<std::string, int> answers;
    for (int i = 0; i < times; ++i) ++answers[co_await get(port)];
    co_return answers;
}

TEST(Balancer, IsConfiguredAsTheGuideAndTheMeasurementsSay) {
    const auto text = render(small());
    ASSERT_TRUE(text);
    EXPECT_EQ(*text, golden);
}

TEST(Balancer, IsConfiguredOnlyWithWhatCannotBreakItsSyntax) {
    Settings settings = small();
    settings.run_folder = "relative";
    settings.app[0].name = "app 1\n    bind :80";
    settings.app[1].address = "example.org";
    settings.watched[0].weight = 257;
    settings.watched.push_back(settings.watched[0]);
    const auto text = render(settings);
    ASSERT_FALSE(text);
    EXPECT_EQ(text.error().code.text(), "balancer.malformed");
    std::vector<std::string> pointers;
    for (const FieldError& field : text.error().fields) pointers.push_back(field.pointer);
    EXPECT_EQ(
        pointers,
        (std::vector<std::string>{
            "/run_folder",
            "/app/0/name",
            "/app/1/address",
            "/watched/0/weight",
            "/watched/1/name",
            "/watched/1/weight"
        })
    );
    settings = small();
    settings.app.clear();
    EXPECT_FALSE(render(settings));
}

TEST(Balancer, HaproxyAcceptsWhatIsRendered) {
    DryBench bench;
    const Folder folder;
    Settings settings = small();
    settings.run_folder = folder.path;
    folder.write("canary.map", "");
    const std::string file = folder.write("haproxy.cfg", render(settings).value());
    const auto checked = bench.wait(check(haproxy, file));
    EXPECT_TRUE(checked) << checked.error().message;
}

TEST(Balancer, WhatHaproxyRefusesIsSaidInItsWords) {
    DryBench bench;
    const Folder folder;
    const auto checked = bench.wait(check(haproxy, folder.write("bad.cfg", "nonsense here\n")));
    ASSERT_FALSE(checked);
    EXPECT_EQ(checked.error().code.text(), "balancer.refused");
    EXPECT_NE(checked.error().message.find("nonsense"), std::string::npos);
}

TEST(Balancer, ANodeThatIsNotReadyLeavesTheRotationAndComesBack) {
    DryBench bench;
    const Folder folder;
    TaskGroup tasks(bench.log);
    Node one(bench.loop.get_executor(), "one", tasks);
    Node two(bench.loop.get_executor(), "two", tasks);
    Settings settings = small();
    settings.run_folder = folder.path;
    settings.watched.clear();
    settings.port = testing::free_port();
    settings.app = {{"one", "127.0.0.1", one.port()}, {"two", "127.0.0.1", two.port()}};
    folder.write("canary.map", "");
    const std::string file = folder.write("haproxy.cfg", render(settings).value());
    const auto child = process::Child::start(
        bench.loop.get_executor(), {.argv = {haproxy, "-f", file}}, [](std::string_view) {}
    );

    EXPECT_TRUE(bench.wait(until(settings.socket(), "one", true)));
    EXPECT_TRUE(bench.wait(until(settings.socket(), "two", true)));
    const std::map<std::string, int> both{{"one", 10}, {"two", 10}};
    EXPECT_EQ(bench.wait(ask_often(settings.port, 20)), both);

    two.is_ready = false;
    EXPECT_TRUE(bench.wait(until(settings.socket(), "two", false)));
    const std::map<std::string, int> only_one{{"one", 20}};
    EXPECT_EQ(bench.wait(ask_often(settings.port, 20)), only_one);

    two.is_ready = true;
    EXPECT_TRUE(bench.wait(until(settings.socket(), "two", true)));
    EXPECT_EQ(bench.wait(ask_often(settings.port, 20)), both);

    one.is_ready = false;
    two.is_ready = false;
    EXPECT_TRUE(bench.wait(until(settings.socket(), "one", false)));
    EXPECT_TRUE(bench.wait(until(settings.socket(), "two", false)));
    const std::string answer = bench.wait(get(settings.port));
    EXPECT_NE(answer.find("balancer.no_node_ready"), std::string::npos) << answer;

    child->signal(SIGTERM);
    bench.wait(child->wait());
    one.close();
    two.close();
    bench.wait(tasks.join());
}

/// What the node was told under that name; "" for nothing.
std::string header_of(const Node& node, const std::string& name) {
    const auto at = node.asked.find("\r\n" + name + ": ");
    if (at == std::string::npos) return "";
    const auto begin = at + 2 + name.size() + 2;
    return node.asked.substr(begin, node.asked.find('\r', begin) - begin);
}

TEST(Balancer, WhoComesWithoutATraceGetsAValidOneAndWhoHasOneKeepsIt) {
    DryBench bench;
    const Folder folder;
    TaskGroup tasks(bench.log);
    Node node(bench.loop.get_executor(), "one", tasks);
    Settings settings = small();
    settings.run_folder = folder.path;
    settings.watched.clear();
    settings.port = testing::free_port();
    settings.app = {{"one", "127.0.0.1", node.port()}};
    folder.write("canary.map", "");
    const std::string file = folder.write("haproxy.cfg", render(settings).value());
    const auto child = process::Child::start(
        bench.loop.get_executor(), {.argv = {haproxy, "-f", file}}, [](std::string_view) {}
    );
    ASSERT_TRUE(bench.wait(until(settings.socket(), "one", true)));

    const trace::Threshold tenth(0.1);
    std::set<std::string> seen;
    std::set<bool> flags;
    for (int i = 0; i < 300; ++i) {
        bench.wait(get(settings.port, "tracestate: a=b\r\n"));
        const std::string made = header_of(node, "traceparent");
        const auto parent = trace::parse_traceparent(made);
        ASSERT_TRUE(parent) << made;
        ASSERT_TRUE(made.ends_with("-00") || made.ends_with("-01")) << made;
        ASSERT_EQ(parent->is_sampled, tenth.takes(trace::randomness_of(parent->trace, ""))) << made;
        ASSERT_EQ(header_of(node, "tracestate"), "");
        seen.insert(made);
        flags.insert(parent->is_sampled);
    }
    EXPECT_EQ(seen.size(), 300);
    EXPECT_EQ(flags.size(), 2);  // a tenth: that there is none of 300 is one in 10^13

    const std::string own = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    bench.wait(get(settings.port, "traceparent: " + own + "\r\ntracestate: a=b\r\n"));
    EXPECT_EQ(header_of(node, "traceparent"), own);
    EXPECT_EQ(header_of(node, "tracestate"), "a=b");

    child->signal(SIGTERM);
    bench.wait(child->wait());
    node.close();
    bench.wait(tasks.join());
}

TEST(HaproxyStats, AColumnThatIsGoneIsAFaultAndNotAZero) {
    EXPECT_THROW(haproxy::parse_stats("Permission denied\n"), haproxy::Fault);
    EXPECT_THROW(haproxy::parse_stats("# pxname,svname,\napp,app-1,\n"), haproxy::Fault);
}

}  // namespace
}  // namespace acme::balancer
