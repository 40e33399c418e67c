#include "io/process/machine.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <bit>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <fcntl.h>
#include <fstream>
#include <netinet/in.h>
#include <stdexcept>
#include <string>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <system_error>
#include <unistd.h>

namespace acme::process {
namespace {

Hold open_socket(int family) {
    const int descriptor = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0) throw std::system_error(errno, std::generic_category(), "socket");
    return Hold(descriptor);
}

}  // namespace

Hold::~Hold() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

std::optional<Hold> take_port(const std::string& address, std::uint16_t port) {
    Hold hold = open_socket(AF_INET);
    // What only waits for its last packets does not listen any more.
    const int yes = 1;
    ::setsockopt(hold.descriptor(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_port = htons(port);
    if (::inet_pton(AF_INET, address.c_str(), &where.sin_addr) != 1) return std::nullopt;
    const auto generic = std::bit_cast<sockaddr>(where);
    // Bound without listening, two could have it at once.
    const bool is_ours = ::bind(hold.descriptor(), &generic, sizeof(where)) == 0 &&
                         ::listen(hold.descriptor(), 1) == 0;
    if (!is_ours) return std::nullopt;
    return hold;
}

std::optional<Hold> take_name(std::string_view name) {
    if (name.empty() || name.size() > name_bytes_max) throw std::invalid_argument("name");
    Hold hold = open_socket(AF_UNIX);
    sockaddr_un where{};
    where.sun_family = AF_UNIX;
    std::ranges::copy(name, where.sun_path + 1);  // behind a zero: in no folder
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
    // bind() takes every kind of address by the type that all begin with.
    const auto* const generic = static_cast<const sockaddr*>(static_cast<const void*>(&where));
    if (::bind(hold.descriptor(), generic, size) == 0) return hold;
    if (errno == EADDRINUSE) return std::nullopt;
    throw std::system_error(errno, std::generic_category(), std::string(name));
}

std::optional<Hold> lock_file(const std::string& path) {
    Hold hold(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (hold.descriptor() < 0) throw std::system_error(errno, std::generic_category(), path);
    if (::flock(hold.descriptor(), LOCK_EX | LOCK_NB) == 0) return hold;
    if (errno == EWOULDBLOCK) return std::nullopt;
    throw std::system_error(errno, std::generic_category(), path);
}

void write_note(const Hold& lock, std::string_view text) {
    const bool is_written = ::ftruncate(lock.descriptor(), 0) == 0 &&
                            ::pwrite(lock.descriptor(), text.data(), text.size(), 0) ==
                                static_cast<ssize_t>(text.size());
    if (!is_written) throw std::system_error(errno, std::generic_category(), "lock file");
}

bool signal_process(pid_t pid, int number) { return ::kill(pid, number) == 0; }

std::int64_t oom_kills() {
    std::ifstream file("/proc/vmstat");
    std::string name;
    std::int64_t count = 0;
    while (file >> name >> count) {
        if (name == "oom_kill") return count;
    }
    return 0;
}

bool is_root() { return ::geteuid() == 0; }

pid_t own_pid() { return ::getpid(); }

int own_user() { return static_cast<int>(::geteuid()); }

}  // namespace acme::process
