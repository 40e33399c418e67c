// Source: signal-safety(7), pipe(7).
#include "io/telemetry/stray_output.hpp"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <system_error>
#include <unistd.h>

namespace acme {
namespace {

constexpr std::size_t text_bytes_max = 8'000;  // longer lines are cut into several
constexpr std::array signals{SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL};

/// A handler has no other way to know.
std::atomic<const StrayOutput*> current{nullptr};

int checked(int result) {
    if (result < 0) throw std::system_error(errno, std::generic_category(), "stray output");
    return result;
}

std::string_view words_of(int signal) {
    switch (signal) {
        case SIGABRT: return "acme: crashed, SIGABRT\n";
        case SIGSEGV: return "acme: crashed, SIGSEGV\n";
        case SIGBUS: return "acme: crashed, SIGBUS\n";
        case SIGFPE: return "acme: crashed, SIGFPE\n";
        default: return "acme: crashed, SIGILL\n";
    }
}

/// The handler is gone when it runs, so the signal that is raised again ends the process as it
/// would have.
void tell_and_die(int signal) {
    const std::string_view words = words_of(signal);
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, words.data(), words.size());
    const StrayOutput* const output = current.load();
    constexpr timespec moment{.tv_sec = 0, .tv_nsec = 1'000'000};
    for (int i = 0; i < StrayOutput::crash_time_max.count(); ++i) {
        if (output == nullptr || output->is_drained()) break;
        ::nanosleep(&moment, nullptr);
    }
    ::raise(signal);
}

/// A sanitizer that watches a signal already tells more than we would.
void watch_crashes() {
    for (const int signal : signals) {
        struct sigaction before{};
        ::sigaction(signal, nullptr, &before);
        if (before.sa_handler != SIG_DFL) continue;
        struct sigaction action{};
        action.sa_handler = tell_and_die;
        action.sa_flags = static_cast<int>(SA_RESETHAND | SA_NODEFER);
        ::sigaction(signal, &action, nullptr);
    }
}

void watch_no_more() {
    for (const int signal : signals) {
        struct sigaction now{};
        ::sigaction(signal, nullptr, &now);
        if (now.sa_handler == tell_and_die) ::signal(signal, SIG_DFL);
    }
}

}  // namespace

StrayOutput::StrayOutput(const Clock& clock, LogPipe& pipe, LogOrigin origin)
    : log_(clock, LogLevel::info, pipe, std::move(origin)) {
    std::array<int, 2> ends{};
    checked(::pipe2(ends.data(), O_CLOEXEC));
    reading_ = ends[0];
    checked(::fcntl(reading_, F_SETFL, O_NONBLOCK));
    stopping_ = checked(::eventfd(0, EFD_CLOEXEC));
    std::fflush(stdout);
    for (const int number : {STDOUT_FILENO, STDERR_FILENO}) {
        const int kept = checked(::fcntl(number, F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
        before_[static_cast<std::size_t>(number - STDOUT_FILENO)] = kept;
        checked(::dup2(ends[1], number));
    }
    ::close(ends[1]);
    current = this;
    watch_crashes();
}

StrayOutput::~StrayOutput() {
    current = nullptr;
    ::close(reading_);
    ::close(stopping_);
}

void StrayOutput::stop() {
    watch_no_more();
    std::fflush(stdout);
    for (const int number : {STDOUT_FILENO, STDERR_FILENO}) {
        const int kept = before_[static_cast<std::size_t>(number - STDOUT_FILENO)];
        ::dup2(kept, number);
        ::close(kept);
    }
    ::eventfd_write(stopping_, 1);
}

bool StrayOutput::is_drained() const {
    int bytes = 0;
    ::ioctl(reading_, FIONREAD, &bytes);
    return bytes == 0 && is_idle_;
}

/// Children may hold the other end open for as long as they live, so its end is not waited for.
void StrayOutput::run() {
    std::array<pollfd, 2> watched{
        {{.fd = reading_, .events = POLLIN, .revents = 0},
         {.fd = stopping_, .events = POLLIN, .revents = 0}}
    };
    while (watched[1].revents == 0) {
        if (::poll(watched.data(), watched.size(), -1) < 0 && errno != EINTR) break;
        is_idle_ = false;
        while (take()) log_lines(false);
        log_lines(watched[1].revents != 0 || (watched[0].revents & POLLHUP) != 0);
        is_idle_ = true;
        if ((watched[0].revents & POLLHUP) != 0) watched[0].fd = -1;
    }
}

bool StrayOutput::take() {
    std::array<char, 4096> piece{};
    const ssize_t size = ::read(reading_, piece.data(), piece.size());
    if (size > 0) text_.append(piece.data(), static_cast<std::size_t>(size));
    return size > 0;
}

void StrayOutput::log_lines(bool is_end) {
    std::size_t begin = 0;
    while (begin < text_.size()) {
        std::size_t end = text_.find('\n', begin);
        const std::size_t length = std::min(end, text_.size()) - begin;
        const bool is_whole = end != std::string::npos || is_end || length >= text_bytes_max;
        if (!is_whole) break;
        const std::string_view line(text_.data() + begin, std::min(length, text_bytes_max));
        if (!line.empty()) log_.warn("stray", {{"text", line}});
        begin += line.size();
        if (line.size() == length && end != std::string::npos) ++begin;
    }
    text_.erase(0, begin);
}

}  // namespace acme
