#pragma once

/// One child process, from its start to its end.

#include "io/loop/loop.hpp"
#include "io/process/event.hpp"
#include "io/process/lines.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>

#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <sys/types.h>
#include <vector>

namespace acme::process {

/// A program that could not be started.
class Fault : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

using Environment = std::map<std::string, std::string, std::less<>>;

struct Spec {
    std::vector<std::string> argv;  // argv[0] is the whole path of the program
    Environment environment = {};   // all of it: nothing is inherited
    std::string directory = "/";
    std::string input = {};  // what it reads from its standard input, then the end of file
    int orphan_signal = 15;  // what it gets when this process dies first
};

/// How a process ended.
struct Exit {
    int code = 0;
    int signal = 0;  // 0 when it ended by itself

    bool is_clean() const { return code == 0 && signal == 0; }

    /// "exit code 78", "signal 9 (Killed)".
    std::string text() const;
};

/// Belongs to the thread of its executor. Whoever drops a Child that runs lets it run on, watched;
/// one that still runs when its loop is destroyed is killed.
class Child : public std::enable_shared_from_this<Child> {
public:
    static constexpr std::size_t input_bytes_max = 60 * 1024;  // fits the pipe: writing never waits

    /// Each line of its standard output and standard error goes to `sink`. Throws Fault when the
    /// program cannot be executed or `input` is too long.
    static std::shared_ptr<Child> start(const Executor& executor, const Spec& spec, LineSink sink);

    /// For start() alone.
    struct Key {
        explicit Key() = default;
    };
    Child(Key /*key*/, const Executor& executor, LineSink sink)
        : executor_(executor), sink_(std::move(sink)) {}
    ~Child();
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;

    pid_t pid() const { return pid_; }
    bool has_ended() const { return exit_.has_value(); }

    /// Waits for the end of the process and of its lines. Any number may wait.
    Task<Exit> wait();

    /// nullopt when it still runs after `time`.
    Task<std::optional<Exit>> wait_for(std::chrono::milliseconds time);

    /// To the process itself. Does nothing once it has ended, and never reaches another process
    /// that got its number.
    void signal(int number);

    /// To the process and to what it started in its group.
    void signal_group(int number);

private:
    void watch(int pidfd, int output);
    void read();
    void reap();
    void end();

    static constexpr std::size_t read_bytes = 16 * 1024;

    Executor executor_;
    LineSink sink_;
    pid_t pid_ = -1;
    std::optional<asio::posix::basic_stream_descriptor<Executor>> pidfd_;
    std::optional<asio::posix::basic_stream_descriptor<Executor>> output_;
    std::string buffer_ = std::string(read_bytes, '\0');
    Lines lines_;
    std::optional<Exit> exit_;
    Event ended_;
};

/// Starts it and waits. nullopt, and the child killed, when it takes longer than `time`.
Task<std::optional<Exit>> run(Spec spec, LineSink sink, std::chrono::milliseconds time);

}  // namespace acme::process
