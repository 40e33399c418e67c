#include "testing/redis.hpp"

#include <hiredis/hiredis.h>

#include <arpa/inet.h>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <memory>
#include <netinet/in.h>
#include <stdexcept>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace acme::testing {
namespace {

namespace fs = std::filesystem;
using Connection = std::unique_ptr<redisContext, decltype(&redisFree)>;

/// Free a moment ago. Redis cannot choose one itself.
std::uint16_t free_port() {
    const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* const name = reinterpret_cast<sockaddr*>(&address);
    const bool ok = ::bind(socket, name, size) == 0 && ::getsockname(socket, name, &size) == 0;
    ::close(socket);
    if (!ok) throw std::runtime_error("no free port");
    return ntohs(address.sin_port);
}

fs::path fresh_folder() {
    std::string pattern = (fs::temp_directory_path() / "acme-redis-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp");
    return pattern;
}

[[noreturn]] void become(const std::vector<std::string>& words, const fs::path& folder) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const int nowhere = ::open("/dev/null", O_WRONLY);
    ::dup2(nowhere, STDOUT_FILENO);
    ::dup2(nowhere, STDERR_FILENO);
    if (::chdir(folder.c_str()) != 0) std::_Exit(126);
    std::vector<char*> argv;
    for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
    argv.push_back(nullptr);
    ::execvp(argv[0], argv.data());
    std::_Exit(127);
}

std::string text_of(const redisReply& reply) {
    if (reply.type == REDIS_REPLY_INTEGER) return std::to_string(reply.integer);
    if (reply.str != nullptr) return {reply.str, static_cast<std::size_t>(reply.len)};
    std::string text;
    for (std::size_t i = 0; i < reply.elements; ++i) text += text_of(*reply.element[i]) + "\n";
    return text;
}

}  // namespace

Redis::Redis(std::string password)
    : folder_(fresh_folder()), password_(std::move(password)), port_(free_port()) {
    start();
}

Redis::~Redis() {
    kill();
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
}

std::string Redis::url() const {
    const std::string user = password_.empty() ? "" : ":" + password_ + "@";
    return "redis://" + user + "127.0.0.1:" + std::to_string(port_);
}

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
    pid_ = ::fork();
    if (pid_ == 0) become(words, folder_);
    for (int i = 0; i < 500; ++i) {
        if (ask("PING") == "PONG") return;
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    throw std::runtime_error("redis-server does not start; is the package redis-server there?");
}

void Redis::stop() const { ::kill(pid_, SIGSTOP); }
void Redis::go_on() const { ::kill(pid_, SIGCONT); }

void Redis::kill() {
    if (pid_ < 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
}

std::string Redis::ask(const std::string& command) const {
    const Connection connection(redisConnect("127.0.0.1", port_), redisFree);
    if (connection == nullptr || connection->err != 0) return "";
    if (!password_.empty()) {
        freeReplyObject(redisCommand(connection.get(), "AUTH %s", password_.c_str()));
    }
    auto* const reply = static_cast<redisReply*>(redisCommand(connection.get(), command.c_str()));
    if (reply == nullptr) return "";
    std::string text = text_of(*reply);
    freeReplyObject(reply);
    return text;
}

}  // namespace acme::testing
