#include "io/process/machine.hpp"

#include <arpa/inet.h>
#include <bit>
#include <cerrno>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>

namespace acme::process {

Hold::~Hold() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

std::optional<Hold> take_port(const std::string& address, std::uint16_t port) {
    Hold hold(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    // What only waits for its last packets does not listen any more.
    const int yes = 1;
    ::setsockopt(hold.descriptor(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_port = htons(port);
    if (::inet_pton(AF_INET, address.c_str(), &where.sin_addr) != 1) return std::nullopt;
    const auto generic = std::bit_cast<sockaddr>(where);
    if (::bind(hold.descriptor(), &generic, sizeof(where)) != 0) return std::nullopt;
    return hold;
}

std::optional<Hold> lock_file(const std::string& path) {
    Hold hold(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (hold.descriptor() < 0) throw std::system_error(errno, std::generic_category(), path);
    if (::flock(hold.descriptor(), LOCK_EX | LOCK_NB) == 0) return hold;
    if (errno == EWOULDBLOCK) return std::nullopt;
    throw std::system_error(errno, std::generic_category(), path);
}

}  // namespace acme::process
