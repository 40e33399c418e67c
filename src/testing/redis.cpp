#include "testing/redis.hpp"

#include <hiredis/hiredis.h>

#include <chrono>
#include <csignal>
#include <fstream>
#include <functional>
#include <memory>
#include <stdexcept>
#include <thread>

namespace acme::testing {
namespace {

using Connection = std::unique_ptr<redisContext, decltype(&redisFree)>;

/// For the user "acme", who may do everything.
const std::string acme_password = "hunter2";
const std::string sentinel_password = "hunter3";

std::string text_of(const redisReply& reply) {
    if (reply.type == REDIS_REPLY_INTEGER) return std::to_string(reply.integer);
    if (reply.str != nullptr) return {reply.str, static_cast<std::size_t>(reply.len)};
    std::string text;
    for (std::size_t i = 0; i < reply.elements; ++i) text += text_of(*reply.element[i]) + "\n";
    return text;
}

std::string ask_at(
    std::uint16_t port, const std::string& password, const std::vector<std::string>& words
) {
    const Connection connection(redisConnect("127.0.0.1", port), redisFree);
    if (connection == nullptr || connection->err != 0) return "";
    if (!password.empty()) {
        freeReplyObject(redisCommand(connection.get(), "AUTH %s", password.c_str()));
    }
    std::vector<const char*> argv;
    for (const std::string& word : words) argv.push_back(word.c_str());
    const int count = static_cast<int>(argv.size());
    auto* const reply =
        static_cast<redisReply*>(redisCommandArgv(connection.get(), count, argv.data(), nullptr));
    if (reply == nullptr) return "";
    std::string text = text_of(*reply);
    freeReplyObject(reply);
    return text;
}

std::vector<std::string> split(const std::string& command) {
    std::vector<std::string> words(1);
    for (const char c : command) {
        if (c == ' ')
            words.emplace_back();
        else
            words.back() += c;
    }
    return words;
}

void wait_until(const std::function<bool()>& is_true, const std::string& what) {
    for (int i = 0; i < 3000; ++i) {
        if (is_true()) return;
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    throw std::runtime_error(what);
}

std::vector<std::string> with_user(std::vector<std::string> words) {
    words.insert(
        words.end(),
        {"--user",
         "acme",
         "on",
         ">" + acme_password,
         "~*",
         "&*",
         "+@all",
         "--masterauth",
         "hunter1",
         "--repl-diskless-sync-delay",
         "0"}
    );
    return words;
}

}  // namespace

Redis::Redis(std::string password, std::vector<std::string> more)
    : password_(std::move(password)), more_(std::move(more)) {
    start();
}

Redis::Redis(const Certificate& certificate) : tls_port_(free_port()) {
    std::ofstream(child_.folder() / "chain.pem") << certificate.chain;
    std::ofstream(child_.folder() / "key.pem") << certificate.key;
    more_ = {
        "--tls-port",
        std::to_string(tls_port_),
        "--tls-cert-file",
        "chain.pem",
        "--tls-key-file",
        "key.pem",
        "--tls-ca-cert-file",
        "chain.pem",
        "--tls-auth-clients",
        "no",
    };
    start();
}

std::string Redis::url() const {
    const std::string user = password_.empty() ? "" : ":" + password_ + "@";
    return "redis://" + user + "127.0.0.1:" + std::to_string(port_);
}

std::string Redis::tls_url() const { return "rediss://127.0.0.1:" + std::to_string(tls_port_); }

void Redis::start() {
    std::vector<std::string> words{
        "redis-server",
        "--port",
        std::to_string(port_),
        "--bind",
        "127.0.0.1",
        "--save",
        "",
        "--appendonly",
        "no",
        "--maxmemory-policy",
        "volatile-lru",
    };
    if (!password_.empty()) words.insert(words.end(), {"--requirepass", password_});
    words.insert(words.end(), more_.begin(), more_.end());
    child_.start(words);
    wait_until(
        [this] { return ask("PING") == "PONG"; },
        "redis-server does not start; is the package redis-server there?"
    );
}

void Redis::stop() const { child_.signal(SIGSTOP); }
void Redis::go_on() const { child_.signal(SIGCONT); }

std::string Redis::ask(const std::string& command) const {
    return ask_at(port_, password_, split(command));
}

WatchedRedis::WatchedRedis()
    : first("hunter1", with_user({})),
      second("hunter1", with_user({"--replicaof", "127.0.0.1", std::to_string(first.port())})) {
    std::ofstream(sentinel_.folder() / "sentinel.conf")
        << "port " << port_ << "\nbind 127.0.0.1\nrequirepass " << sentinel_password
        << "\nsentinel monitor cache 127.0.0.1 " << first.port()
        << " 1\nsentinel auth-pass cache hunter1\nsentinel down-after-milliseconds cache 300\n"
           "sentinel failover-timeout cache 3000\n";
    sentinel_.start({"redis-server", "sentinel.conf", "--sentinel"});
    const auto knows_the_replica = [this] {
        const std::string replicas =
            ask_at(port_, sentinel_password, {"SENTINEL", "REPLICAS", "cache"});
        return replicas.find("master-link-status\nok") != std::string::npos;
    };
    wait_until(knows_the_replica, "the sentinel does not find the replica");
}

std::string WatchedRedis::url() const {
    return "redis+sentinel://acme:" + acme_password + "@127.0.0.1:" + std::to_string(port_) +
           "/cache?sentinel_password=" + sentinel_password;
}

void WatchedRedis::fail_over() const {
    if (ask_at(port_, sentinel_password, {"SENTINEL", "FAILOVER", "cache"}) != "OK") {
        throw std::runtime_error("the sentinel does not fail over");
    }
}

std::string WatchedRedis::master_port() const {
    const std::string address =
        ask_at(port_, sentinel_password, {"SENTINEL", "GET-MASTER-ADDR-BY-NAME", "cache"});
    const std::size_t port = address.find('\n') + 1;
    return address.substr(port, address.find('\n', port) - port);
}

}  // namespace acme::testing
