#pragma once

/// A real HAProxy in front of small HTTP nodes that behave as a test says, and traffic for it.

#include "io/loop/task_group.hpp"
#include "io/process/child.hpp"
#include "operate/balancer/driver.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace acme::testing {

inline constexpr const char* haproxy_program = "/usr/sbin/haproxy";

/// A folder under the temporary one, removed in the end.
struct Folder {
    Folder();
    ~Folder();
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    std::string path;
};

/// Answers with its name and keeps the connection.
class SmallNode {
public:
    SmallNode(const Executor& executor, std::string name, TaskGroup& tasks);

    const std::string& name() const { return name_; }
    std::uint16_t port() const { return port_; }
    void close() { acceptor_.close(); }

    bool is_ready = true;                      // what GET /readyz says
    int status = 200;                          // of everything else
    bool breaks_off = false;                   // closes where it should answer
    std::chrono::milliseconds takes{0};        // before it answers
    std::string release = "r1";                // header X-Acme-Release
    std::map<std::string, std::string> pages;  // by path; its name for the others
    int requests = 0;                          // without /readyz

private:
    Task<> accept();
    Task<> serve(asio::ip::tcp::socket socket);

    asio::basic_socket_acceptor<asio::ip::tcp, Executor> acceptor_;
    std::string name_;
    TaskGroup& tasks_;
    std::uint16_t port_;
};

/// What came back for some traffic.
struct Answers {
    std::map<std::string, int> nodes;  // who answered
    std::map<int, int> statuses;
    int failed = 0;  // no whole answer
    int again = 0;   // on a kept connection that was closed meanwhile, as a browser does

    int total() const;
};

/// `count` requests over `connections` kept ones, each of which asks one after the other.
Task<Answers> ask_much(std::uint16_t port, int count, int connections);

/// Who answered each of them, "" for nobody, over one kept connection. Of each the further lines of
/// its head: "Authorization: a\r\n".
Task<std::vector<std::string>> ask_as(std::uint16_t port, std::vector<std::string> heads);

/// The same until `is_over`, at most ten million. What is referred to outlives it.
Task<> ask_until(std::uint16_t port, int connections, const bool& is_over, Answers& answers);

/// HAProxy over nodes "app-1" and so on, started and set up as `acme up` does it.
class Balanced {
public:
    Balanced(Loop& loop, Log& log, int nodes);
    ~Balanced();
    Balanced(const Balanced&) = delete;
    Balanced& operator=(const Balanced&) = delete;

    SmallNode& node(std::size_t number) { return *nodes_.at(number - 1); }  // from 1
    balancer::Balancer balancer();  // as another process would get it
    std::uint16_t port() const { return settings_.port; }
    const balancer::Settings& settings() const { return settings_; }
    std::string config_file() const { return folder_.path + "/haproxy.cfg"; }

    void start();
    Task<> kill();  // SIGKILL, to master and worker

    /// Until every node is proven to be up, or down; throws after a minute.
    Task<> until_up(std::string name, bool is_up = true);
    Task<> until_all_up();

    /// Ends HAProxy and the nodes. Every test ends with it.
    Task<> stop();

private:
    Loop& loop_;
    TaskGroup tasks_;
    Folder folder_;
    std::vector<std::unique_ptr<SmallNode>> nodes_;
    balancer::Settings settings_;
    std::shared_ptr<process::Child> child_;
};

}  // namespace acme::testing
