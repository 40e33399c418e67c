#include "testing/s3.hpp"

#include <arpa/inet.h>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
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

const fs::path program = fs::path(ACME_SOURCE_DIR) / ".acme/tools/versitygw@1.8.0/versitygw";

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    return address;
}

/// Free a moment ago.
std::uint16_t free_port() {
    const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof(address);
    auto* const name = reinterpret_cast<sockaddr*>(&address);
    const bool ok = ::bind(socket, name, size) == 0 && ::getsockname(socket, name, &size) == 0;
    ::close(socket);
    if (!ok) throw std::runtime_error("no free port");
    return ntohs(address.sin_port);
}

fs::path fresh_folder() {
    std::string pattern = (fs::temp_directory_path() / "acme-s3-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp");
    return pattern;
}

[[noreturn]] void become(const std::vector<std::string>& words) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const int nowhere = ::open("/dev/null", O_WRONLY);
    ::dup2(nowhere, STDOUT_FILENO);
    ::dup2(nowhere, STDERR_FILENO);
    std::vector<char*> argv;
    for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
    argv.push_back(nullptr);
    ::execv(argv[0], argv.data());
    std::_Exit(127);
}

}  // namespace

S3Server::S3Server() : folder_(fresh_folder()), port_(free_port()) {
    if (!fs::exists(program)) {
        throw std::runtime_error(
            program.string() + " is missing: run ./dev setup, which builds it"
        );
    }
    // Its POSIX backend takes each folder for a bucket.
    for (const char* part : {"iam", "versions", "buckets"}) fs::create_directory(folder_ / part);
    fs::create_directory(folder_ / "buckets" / bucket);
    start();
}

S3Server::~S3Server() {
    kill();
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
}

std::string S3Server::endpoint() const { return "http://127.0.0.1:" + std::to_string(port_); }

void S3Server::start() {
    const std::vector<std::string> words{
        program,
        "--access",
        access_key,
        "--secret",
        secret_key,
        "--port",
        "127.0.0.1:" + std::to_string(port_),
        "--iam-dir",
        folder_ / "iam",
        "posix",
        "--versioning-dir",
        folder_ / "versions",
        folder_ / "buckets",
    };
    pid_ = ::fork();
    if (pid_ == 0) become(words);
    for (int i = 0; i < 500; ++i) {
        if (is_ready()) return;
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    throw std::runtime_error("versitygw does not start");
}

bool S3Server::is_ready() const {
    const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address = loopback(port_);
    const bool ok = ::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
    ::close(socket);
    return ok;
}

void S3Server::stop() const { ::kill(pid_, SIGSTOP); }
void S3Server::go_on() const { ::kill(pid_, SIGCONT); }

void S3Server::kill() {
    if (pid_ < 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
}

}  // namespace acme::testing
