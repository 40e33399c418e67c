#include "testing/balanced.hpp"

#include "base/text.hpp"
#include "io/process/files.hpp"
#include "testing/child.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <numeric>
#include <stdexcept>

namespace acme::testing {
namespace {

using std::chrono::milliseconds;
using Tcp = asio::ip::tcp;

constexpr milliseconds patience{60'000};
constexpr milliseconds look_again{10};

Tcp::endpoint at(std::uint16_t port) { return {asio::ip::make_address("127.0.0.1"), port}; }

std::string_view header_of(std::string_view head, std::string_view name) {
    const auto begin = head.find(name);
    if (begin == head.npos) return "";
    const auto value = head.substr(begin + name.size());
    return value.substr(0, value.find("\r\n"));
}

/// One connection's part of the traffic.
class Asker {
public:
    Asker(std::uint16_t port, int& left, Answers& answers)
        : port_(port), left_(left), answers_(answers) {}

    Task<> run() {
        while (left_ > 0) {
            --left_;
            if (!co_await ask()) ++answers_.failed;
        }
        --running;
    }

    int running = 1;
    std::string lines;  // of the head, beside the first two
    std::string last;   // who answered

    Task<bool> ask() {
        const bool is_kept = socket_.has_value();
        if (!is_kept) {
            socket_.emplace(co_await asio::this_coro::executor);
            const auto [refused] = co_await socket_->async_connect(at(port_), no_throw);
            if (refused) {
                socket_.reset();
                co_return false;
            }
        }
        const std::string request = "GET / HTTP/1.1\r\nHost: a\r\n" + lines + "\r\n";
        co_await asio::async_write(*socket_, asio::buffer(request), no_throw);
        std::string text;
        const auto [broken, head_size] = co_await asio::async_read_until(
            *socket_, asio::dynamic_buffer(text), "\r\n\r\n", no_throw
        );
        if (broken) {
            socket_.reset();
            if (!is_kept || !text.empty()) co_return false;
            ++answers_.again;
            co_return co_await ask();
        }
        for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
        const std::string_view head = std::string_view(text).substr(0, head_size);
        const auto length = parse_number<std::size_t>(header_of(head, "content-length: "));
        const auto status = parse_number<int>(head.substr(9, 3)).value_or(0);
        const bool closes = header_of(head, "connection: ") == "close";
        const std::size_t whole = head_size + length.value_or(0);
        if (text.size() < whole) {
            const auto [cut, bytes] = co_await asio::async_read(
                *socket_,
                asio::dynamic_buffer(text),
                asio::transfer_exactly(whole - text.size()),
                no_throw
            );
            if (cut) {
                socket_.reset();
                co_return false;
            }
        }
        last = text.substr(head_size);
        ++answers_.nodes[last];
        ++answers_.statuses[status];
        if (closes) socket_.reset();
        co_return true;
    }

private:
    std::uint16_t port_;
    int& left_;
    Answers& answers_;
    std::optional<Tcp::socket> socket_;
};

Task<> run(std::shared_ptr<Asker> asker) { co_await asker->run(); }

}  // namespace

Folder::Folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "acme-lb-XXXXXX").string();
    path = ::mkdtemp(pattern.data());
}

Folder::~Folder() { std::filesystem::remove_all(path); }

SmallNode::SmallNode(const Executor& executor, std::string name, TaskGroup& tasks)
    : acceptor_(executor, at(0)),
      name_(std::move(name)),
      tasks_(tasks),
      port_(acceptor_.local_endpoint().port()) {
    tasks_.spawn(executor, "node", accept());
}

Task<> SmallNode::accept() {
    while (true) {
        auto [error, socket] = co_await acceptor_.async_accept(no_throw);
        if (error) co_return;
        tasks_.spawn(co_await asio::this_coro::executor, "serve", serve(std::move(socket)));
    }
}

Task<> SmallNode::serve(Tcp::socket socket) {
    std::string asked;
    while (true) {
        const auto [broken, size] = co_await asio::async_read_until(
            socket, asio::dynamic_buffer(asked), "\r\n\r\n", no_throw
        );
        if (broken) co_return;
        const std::string path = asked.substr(4, asked.find(' ', 4) - 4);
        asked.erase(0, size);
        const bool is_check = path == "/readyz";
        if (!is_check) {
            ++requests;
            if (takes.count() > 0) co_await sleep_for(takes);
            if (breaks_off) co_return;
        }
        const auto page = pages.find(path.substr(0, path.find('?')));
        const std::string body = page == pages.end() ? name_ : page->second;
        const int code = is_check ? (is_ready ? 200 : 503) : status;
        std::string text = "HTTP/1.1 " + std::to_string(code) + " x\r\nX-Acme-Release: " + release;
        text += "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
        const auto [cut, written] =
            co_await asio::async_write(socket, asio::buffer(text), no_throw);
        if (cut) co_return;
    }
}

int Answers::total() const {
    return std::accumulate(nodes.begin(), nodes.end(), failed, [](int sum, const auto& each) {
        return sum + each.second;
    });
}

namespace {

Task<> ask(std::uint16_t port, int& left, int connections, const bool& is_over, Answers& answers) {
    const Executor executor = co_await asio::this_coro::executor;
    std::vector<std::shared_ptr<Asker>> askers;
    for (int i = 0; i < connections; ++i) {
        askers.push_back(std::make_shared<Asker>(port, left, answers));
        asio::co_spawn(executor, run(askers.back()), [asker = askers.back()](std::exception_ptr) {
            asker->running = 0;
        });
    }
    for (const auto& asker : askers) {
        while (asker->running > 0) {
            if (is_over) left = 0;
            co_await sleep_for(look_again);
        }
    }
}

}  // namespace

Task<Answers> ask_much(std::uint16_t port, int count, int connections) {
    Answers answers;
    const bool is_over = false;
    co_await ask(port, count, connections, is_over, answers);
    co_return answers;
}

Task<std::vector<std::string>> ask_as(std::uint16_t port, std::vector<std::string> heads) {
    Answers answers;
    int left = 0;
    Asker asker(port, left, answers);
    std::vector<std::string> nodes;
    for (const std::string& head : heads) {
        asker.lines = head;
        asker.last.clear();
        co_await asker.ask();
        nodes.push_back(asker.last);
    }
    co_return nodes;
}

Task<> ask_until(std::uint16_t port, int connections, const bool& is_over, Answers& answers) {
    constexpr int many = 10'000'000;
    int left = many;
    co_await ask(port, left, connections, is_over, answers);
}

Balanced::Balanced(Loop& loop, Log& log, int nodes) : loop_(loop), tasks_(log) {
    const Executor executor = loop.get_executor();
    settings_.run_folder = folder_.path;
    settings_.port = free_port();
    for (int i = 1; i <= nodes; ++i) {
        const std::string name = "app-" + std::to_string(i);
        nodes_.push_back(std::make_unique<SmallNode>(executor, name, tasks_));
        settings_.app.push_back({name, "127.0.0.1", nodes_.back()->port()});
    }
    process::write_private(config_file(), balancer::render(settings_).value());
    process::write_private(settings_.state_file(), "");
    process::write_private(settings_.map_file(), "");
    balancer::write_note(settings_, config_file(), haproxy_program);
    start();
}

Balanced::~Balanced() {
    if (child_ && !child_->has_ended()) child_->signal_group(SIGKILL);
}

balancer::Balancer Balanced::balancer() {
    return balancer::Balancer::load(settings_.run_folder).value();
}

void Balanced::start() {
    child_ = process::Child::start(
        loop_.get_executor(),
        {.argv = {haproxy_program, "-W", "-f", config_file()}},
        [](std::string_view) {}
    );
}

Task<> Balanced::kill() {
    child_->signal_group(SIGKILL);
    co_await child_->wait();
}

Task<> Balanced::until_up(std::string name, bool is_up) {
    balancer::Balancer own = balancer();
    for (milliseconds waited{0}; waited < patience; waited += look_again) {
        const auto servers = co_await own.servers();
        if (servers) {
            for (const auto& server : *servers) {
                if (server.name == name && (is_up ? server.is_proven : !server.is_up)) co_return;
            }
        }
        co_await sleep_for(look_again);
    }
    throw std::runtime_error(name + " did not come or go in time");
}

Task<> Balanced::until_all_up() {
    for (const auto& node : nodes_) co_await until_up(node->name());
}

Task<> Balanced::stop() {
    child_->signal(SIGTERM);
    co_await child_->wait();
    for (const auto& node : nodes_) node->close();
    co_await tasks_.join();
}

}  // namespace acme::testing
