// Source: pipe(7), "I/O on pipes and FIFOs"; proc(5), /proc/pid/fd.
#include "io/telemetry/log_pipe.hpp"

#include <cerrno>
#include <climits>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace acme {

LogPipe::LogPipe(int descriptor) : descriptor_(descriptor), kind_(Kind::shared) {
    struct stat status{};
    if (::fstat(descriptor, &status) != 0) return;
    if (S_ISREG(status.st_mode)) kind_ = Kind::file;
    if (S_ISSOCK(status.st_mode)) kind_ = Kind::socket;
    if (kind_ != Kind::shared) return;
    const std::string path = "/proc/self/fd/" + std::to_string(descriptor);
    const int own = ::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    if (own < 0) return;  // another user's terminal
    descriptor_ = own;
    kind_ = Kind::reopened;
}

LogPipe::~LogPipe() {
    if (kind_ == Kind::reopened) ::close(descriptor_);
}

bool LogPipe::wait(int milliseconds) const {
    pollfd watched{.fd = descriptor_, .events = POLLOUT, .revents = 0};
    return ::poll(&watched, 1, milliseconds) > 0;
}

std::size_t LogPipe::write_some(std::string_view bytes) const {
    ssize_t written = 0;
    if (kind_ == Kind::socket) {
        written = ::send(descriptor_, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    } else if (kind_ == Kind::shared) {
        // So much fits whenever poll() says that anything does.
        if (!wait(0)) return 0;
        written = ::write(descriptor_, bytes.data(), std::min<std::size_t>(bytes.size(), PIPE_BUF));
    } else {
        written = ::write(descriptor_, bytes.data(), bytes.size());
    }
    if (written >= 0) return static_cast<std::size_t>(written);
    const bool is_later = errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
    return is_later ? 0 : std::string_view::npos;
}

LogPipe::Taken LogPipe::offer(std::string_view lines) {
    constexpr int tries = 200;  // a microsecond: about as long as another thread's write
    for (int i = 0; is_busy_.test_and_set(std::memory_order_acquire); ++i) {
        if (i == tries) return {};
    }
    const Taken taken = take(lines);
    is_busy_.clear(std::memory_order_release);
    return taken;
}

LogPipe::Taken LogPipe::take(std::string_view lines) {
    std::size_t taken = 0;
    while (!rest_.empty() || taken < lines.size()) {
        const std::string_view next = rest_.empty() ? lines.substr(taken) : rest_;
        const std::size_t written = write_some(next);
        if (written == 0) break;
        const bool is_refused = written == std::string_view::npos;
        if (!rest_.empty()) {
            rest_.erase(0, is_refused ? rest_.size() : written);
        } else if (is_refused) {
            return {.bytes = lines.size(), .is_lost = true};
        } else if (next[written - 1] == '\n') {
            taken += written;
        } else {
            const std::size_t end = next.find('\n', written) + 1;
            rest_ = next.substr(written, end - written);
            taken += end;
        }
    }
    return {.bytes = taken};
}

}  // namespace acme
