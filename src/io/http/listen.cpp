#include "io/http/listen.hpp"

#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <system_error>

namespace acme::http {
namespace {

using Endpoint = asio::ip::tcp::endpoint;
using ReusePort = asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;

constexpr int descriptors_max = 1 << 16;
constexpr int tries_max = 100;

/// Whether a descriptor of this process is bound to that address and port. Asked once or twice in
/// the life of a process, so it may look at all of them.
bool is_ours(const Endpoint& wanted) {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    const int end = static_cast<int>(std::min<rlim_t>(limit.rlim_cur, descriptors_max));
    for (int descriptor = 0; descriptor < end; ++descriptor) {
        Endpoint bound;
        auto size = static_cast<socklen_t>(bound.capacity());
        if (::getsockname(descriptor, bound.data(), &size) != 0) continue;
        const bool is_inet = bound.data()->sa_family == wanted.data()->sa_family;
        if (is_inet && bound == wanted) return true;
    }
    return false;
}

[[noreturn]] void throw_for(
    const boost::system::error_code& error, const std::string& address, std::uint16_t port
) {
    throw std::system_error(error, "cannot listen on " + address + " port " + std::to_string(port));
}

}  // namespace

Acceptor open_port(const Executor& executor, const std::string& address, std::uint16_t port) {
    boost::system::error_code error;
    const Endpoint endpoint(asio::ip::make_address(address, error), port);
    if (error) throw_for(error, address, port);
    Acceptor acceptor(executor);
    acceptor.open(endpoint.protocol());
    acceptor.set_option(Acceptor::reuse_address(true));
    acceptor.bind(endpoint, error);
    const bool is_joining = error == asio::error::address_in_use && is_ours(endpoint);
    acceptor.set_option(ReusePort(true));
    for (int tries = 0; is_joining && error && tries < tries_max; ++tries) {
        acceptor.bind(endpoint, error);
        if (error) ::poll(nullptr, 0, 1);  // the thread that was first is between two calls
    }
    if (error) throw_for(error, address, port);
    acceptor.listen();
    return acceptor;
}

}  // namespace acme::http
