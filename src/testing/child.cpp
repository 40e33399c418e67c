#include "testing/child.hpp"

#include <arpa/inet.h>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdexcept>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace acme::testing {
namespace {

namespace fs = std::filesystem;

fs::path fresh_folder(const std::string& name) {
    std::string pattern = (fs::temp_directory_path() / ("acme-" + name + "-XXXXXX")).string();
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

bool is_free(std::uint16_t port) {
    const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const bool is_bound =
        ::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
    ::close(socket);
    return is_bound;
}

}  // namespace

std::uint16_t free_port() {
    // Below those that the kernel gives to outgoing connections: none of these comes between.
    constexpr std::uint32_t first = 22'000;
    constexpr std::uint32_t count = 10'000;
    // Each process begins elsewhere.
    static std::atomic<std::uint32_t> next = static_cast<std::uint32_t>(::getpid()) * 499;
    for (std::uint32_t tries = 0; tries < count; ++tries) {
        const auto port = static_cast<std::uint16_t>(first + next++ % count);
        if (is_free(port)) return port;
    }
    throw std::runtime_error("no free port");
}

Child::Child(const std::string& name) : folder_(fresh_folder(name)) {}

Child::~Child() {
    kill();
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
}

void Child::start(const std::vector<std::string>& words) {
    pid_ = ::fork();
    if (pid_ == 0) become(words, folder_);
    if (pid_ < 0) throw std::runtime_error("fork");
}

void Child::signal(int number) const { ::kill(pid_, number); }

void Child::kill() {
    if (pid_ < 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
}

}  // namespace acme::testing
