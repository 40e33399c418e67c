#include "io/process/child.hpp"

#include "base/bytes.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace acme::process {
namespace {

/// A descriptor that closes itself.
class Descriptor {
public:
    explicit Descriptor(int number = -1) : number_(number) {}
    ~Descriptor() {
        if (number_ >= 0) ::close(number_);
    }
    Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
    Descriptor& operator=(Descriptor&& other) noexcept {
        std::swap(number_, other.number_);
        return *this;
    }

    int get() const { return number_; }
    int release() { return std::exchange(number_, -1); }

private:
    int number_;
};

struct Pipe {
    Descriptor read;
    Descriptor write;

    Pipe() {
        std::array<int, 2> ends{};
        if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw Fault("no pipe: " + reason_of(errno));
        read = Descriptor(ends[0]);
        write = Descriptor(ends[1]);
    }

    static std::string reason_of(int error) { return std::generic_category().message(error); }
};

/// What execve takes, made before the fork: after it nothing may allocate.
class Strings {
public:
    explicit Strings(std::vector<std::string> texts) : texts_(std::move(texts)) {
        for (std::string& text : texts_) pointers_.push_back(text.data());
        pointers_.push_back(nullptr);
    }

    char* const* get() const { return pointers_.data(); }

private:
    std::vector<std::string> texts_;
    std::vector<char*> pointers_;
};

std::vector<std::string> pairs_of(const Environment& environment) {
    std::vector<std::string> pairs;
    for (const auto& [name, value] : environment) pairs.push_back(name + "=" + value);
    return pairs;
}

/// A program expects the signals of a fresh session, not what its parent blocks or ignores.
void reset_signals() {
    sigset_t none;
    sigemptyset(&none);
    pthread_sigmask(SIG_SETMASK, &none, nullptr);
    for (const int number : {SIGPIPE, SIGXFSZ, SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGCHLD}) {
        ::signal(number, SIG_DFL);
    }
}

struct Start {
    char* const* argv;
    char* const* environment;
    const char* directory;
    int input;
    int output;
    int failure;
    int orphan_signal;
    pid_t parent;
};

/// Between fork and exec: only calls that POSIX allows there. Never returns.
[[noreturn]] void become(const Start& start) {
    const auto fail = [&start] {
        const int error = errno;
        [[maybe_unused]] const auto told = ::write(start.failure, &error, sizeof(error));
        ::_exit(127);
    };
    reset_signals();
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, start.orphan_signal);
    if (::getppid() != start.parent) ::_exit(127);  // it died before we asked to be told
    if (::dup2(start.input, STDIN_FILENO) < 0 || ::dup2(start.output, STDOUT_FILENO) < 0 ||
        ::dup2(start.output, STDERR_FILENO) < 0 || ::chdir(start.directory) != 0) {
        fail();
    }
    ::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
    ::execve(start.argv[0], start.argv, start.environment);
    fail();
    ::_exit(127);
}

/// 0, or the errno with which the child could not become the program.
int failure_of(const Pipe& failure) {
    int error = 0;
    while (::read(failure.read.get(), &error, sizeof(error)) < 0 && errno == EINTR) {
    }
    return error;
}

void fill(const Pipe& input, const std::string& text) {
    if (text.empty()) return;
    const auto written = ::write(input.write.get(), text.data(), text.size());
    if (written != static_cast<ssize_t>(text.size())) throw Fault("input could not be written");
}

Exit exit_of(int status) {
    if (WIFSIGNALED(status)) return {.code = 128 + WTERMSIG(status), .signal = WTERMSIG(status)};
    return {.code = WEXITSTATUS(status)};
}

}  // namespace

std::string Exit::text() const {
    if (signal == 0) return "exit code " + std::to_string(code);
    const char* const name = ::sigdescr_np(signal);
    return "signal " + std::to_string(signal) +
           (name == nullptr ? "" : std::string(" (") + name + ")");
}

std::shared_ptr<Child> Child::start(const Executor& executor, const Spec& spec, LineSink sink) {
    if (spec.argv.empty()) throw Fault("no program was named");
    if (spec.input.size() > input_bytes_max) throw Fault("the input of a child is too long");
    const auto child = std::make_shared<Child>(Key(), executor, std::move(sink));
    Pipe input;
    Pipe output;
    Pipe failure;
    fill(input, spec.input);
    const Strings argv(spec.argv);
    const Strings environment(pairs_of(spec.environment));
    const Start start{
        .argv = argv.get(),
        .environment = environment.get(),
        .directory = spec.directory.c_str(),
        .input = input.read.get(),
        .output = output.write.get(),
        .failure = failure.write.get(),
        .orphan_signal = spec.orphan_signal,
        .parent = ::getpid(),
    };
    const pid_t pid = ::fork();
    if (pid < 0) throw Fault("fork: " + Pipe::reason_of(errno));
    if (pid == 0) become(start);
    const auto pidfd = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
    failure.write = Descriptor();
    if (const int error = failure_of(failure); error != 0 || pidfd < 0) {
        if (pidfd >= 0) ::close(pidfd);
        ::kill(pid, SIGKILL);
        ::waitpid(pid, nullptr, 0);
        throw Fault(spec.argv[0] + " cannot be started: " + Pipe::reason_of(error));
    }
    child->pid_ = pid;
    child->watch(pidfd, output.read.release());
    return child;
}

void Child::watch(int pidfd, int output) {
    ::fcntl(output, F_SETFL, O_NONBLOCK);
    pidfd_.emplace(executor_, pidfd);
    output_.emplace(executor_, output);
    read();
    pidfd_->async_wait(
        asio::posix::descriptor_base::wait_read,
        [self = shared_from_this()](const boost::system::error_code& error) {
            if (!error) self->reap();
        }
    );
}

/// Waits and then reads at once, so that no bytes are under way when reap() takes the rest.
void Child::read() {
    output_->async_wait(
        asio::posix::descriptor_base::wait_read,
        [self = shared_from_this()](const boost::system::error_code& error) {
            if (error || self->has_ended()) return;
            const auto bytes =
                ::read(self->output_->native_handle(), self->buffer_.data(), self->buffer_.size());
            const bool is_over = bytes == 0 || (bytes < 0 && errno != EAGAIN && errno != EINTR);
            if (is_over) return;
            if (bytes > 0) {
                const auto read = static_cast<std::size_t>(bytes);
                self->lines_.add(std::string_view(self->buffer_).substr(0, read), self->sink_);
            }
            self->read();
        }
    );
}

/// The pipe may stay open in a grandchild, so what is in it now is all that is waited for.
void Child::reap() {
    int status = 0;
    if (::waitpid(pid_, &status, 0) != pid_) return;
    exit_ = exit_of(status);
    std::string last(read_bytes, '\0');
    while (true) {
        const auto bytes = ::read(output_->native_handle(), last.data(), last.size());
        if (bytes <= 0) break;
        lines_.add(std::string_view(last).substr(0, static_cast<std::size_t>(bytes)), sink_);
    }
    end();
}

void Child::end() {
    lines_.finish(sink_);
    output_->close();
    pidfd_->close();
    ended_.set();
}

Child::~Child() {
    if (pid_ < 0 || exit_) return;
    ::kill(pid_, SIGKILL);  // not reaped yet, so the number is still its own
    ::waitpid(pid_, nullptr, 0);
}

Task<Exit> Child::wait() {
    const auto self = shared_from_this();
    while (!exit_) co_await wait_for(std::chrono::hours(24));
    co_return *exit_;
}

Task<std::optional<Exit>> Child::wait_for(std::chrono::milliseconds time) {
    const auto self = shared_from_this();
    co_await ended_.wait_for(time);
    co_return exit_;
}

void Child::signal(int number) {
    if (!exit_) ::syscall(SYS_pidfd_send_signal, pidfd_->native_handle(), number, nullptr, 0);
}

void Child::signal_group(int number) {
    if (!exit_) ::kill(-pid_, number);
}

Task<std::optional<Exit>> run(Spec spec, LineSink sink, std::chrono::milliseconds time) {
    const auto child = Child::start(co_await asio::this_coro::executor, spec, std::move(sink));
    const auto exit = co_await child->wait_for(time);
    if (!exit) {
        child->signal_group(SIGKILL);
        co_await child->wait();
    }
    co_return exit;
}

}  // namespace acme::process
