// Real children of the test process: shells of the machine.
#include "io/process/child.hpp"
#include "io/process/signals.hpp"
#include "testing/bench.hpp"

#include <csignal>
#include <fstream>
#include <unistd.h>

namespace acme::process {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::DryBench;

struct ProcessBench : DryBench {
    std::shared_ptr<Child> start(Spec spec) {
        return Child::start(loop.get_executor(), spec, [this](std::string_view line) {
            said.emplace_back(line);
        });
    }

    std::shared_ptr<Child> shell(std::string script, Environment environment = {}) {
        return start(
            {.argv = {"/bin/sh", "-c", std::move(script)}, .environment = std::move(environment)}
        );
    }

    std::vector<std::string> said;
};

TEST(Lines, AreCutWhereverTheBytesWereCut) {
    std::vector<std::string> got;
    const LineSink sink = [&](std::string_view line) { got.emplace_back(line); };
    Lines lines;
    lines.add("one\ntw", sink);
    lines.add("o\n\nthr", sink);
    lines.add("ee", sink);
    lines.finish(sink);
    EXPECT_EQ(got, (std::vector<std::string>{"one", "two", "", "three"}));
}

TEST(Lines, ALongOneComesInPieces) {
    std::vector<std::size_t> sizes;
    const LineSink sink = [&](std::string_view line) { sizes.push_back(line.size()); };
    Lines lines;
    lines.add(std::string(Lines::line_bytes_max * 2 + 5, 'x') + "\n", sink);
    EXPECT_EQ(sizes, (std::vector<std::size_t>{Lines::line_bytes_max, Lines::line_bytes_max, 5}));
}

TEST(Child, BothItsStreamsArriveLineByLineBeforeItsEnd) {
    ProcessBench bench;
    const auto child = bench.shell("echo out; echo err >&2; printf tail; exit 3");
    const Exit exit = bench.wait(child->wait());
    EXPECT_EQ(exit.code, 3);
    EXPECT_EQ(exit.text(), "exit code 3");
    EXPECT_EQ(bench.said, (std::vector<std::string>{"out", "err", "tail"}));
}

TEST(Child, InheritsNothingThatItsSpecDoesNotName) {
    ProcessBench bench;
    ::setenv("ACME_TEST_LEAK", "yes", 1);
    const auto child = bench.start({
        .argv = {"/usr/bin/env"},
        .environment = {{"COLOUR", "green"}},
        .directory = "/tmp",
    });
    bench.wait(child->wait());
    ::unsetenv("ACME_TEST_LEAK");
    EXPECT_EQ(bench.said, std::vector<std::string>{"COLOUR=green"});
    bench.said.clear();
    bench.wait(bench.shell("ls /proc/self/fd | wc -l")->wait());
    EXPECT_EQ(bench.said, std::vector<std::string>{"4"});  // 0, 1, 2 and that of ls itself
}

TEST(Child, ReadsItsInputAndThenTheEndOfFile) {
    ProcessBench bench;
    const auto child = bench.start({.argv = {"/bin/cat"}, .input = "a\nb\n"});
    EXPECT_TRUE(bench.wait(child->wait()).is_clean());
    EXPECT_EQ(bench.said, (std::vector<std::string>{"a", "b"}));
}

TEST(Child, AProgramThatIsNotThereIsAFaultThatNamesIt) {
    ProcessBench bench;
    try {
        bench.start({.argv = {"/nowhere/at/all"}});
        FAIL() << "started";
    } catch (const Fault& fault) {
        EXPECT_STREQ(fault.what(), "/nowhere/at/all cannot be started: No such file or directory");
    }
}

TEST(Child, IsAwaitedOnlyAsLongAsAsked) {
    ProcessBench bench;
    const auto child = bench.shell("exec sleep 60");
    EXPECT_FALSE(bench.wait(child->wait_for(milliseconds(20))));
    child->signal(SIGTERM);
    const auto exit = bench.wait(child->wait_for(seconds(30)));
    ASSERT_TRUE(exit);
    EXPECT_EQ(exit->signal, SIGTERM);
    EXPECT_EQ(exit->text(), "signal 15 (Terminated)");
    child->signal(SIGTERM);  // nobody is there any more
}

TEST(Child, ItsEndDoesNotWaitForAGrandchildThatKeepsThePipe) {
    ProcessBench bench;
    const auto child = bench.shell("sleep 60 & echo $!");
    EXPECT_TRUE(bench.wait(child->wait_for(seconds(30))));
    ASSERT_EQ(bench.said.size(), 1U);
    ::kill(std::stoi(bench.said[0]), SIGKILL);
}

TEST(Child, SignalsThatWeBlockOrIgnoreAreNotBlockedInIt) {
    sigset_t mask;
    sigset_t before;
    sigemptyset(&mask);
    sigaddset(&mask, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &mask, &before);
    ProcessBench bench;
    const auto child = bench.shell("exec sleep 60");
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    child->signal(SIGTERM);
    EXPECT_TRUE(bench.wait(child->wait_for(seconds(30))));
}

TEST(Child, DiesWithTheLoopThatWatchedIt) {
    pid_t pid = 0;
    {
        ProcessBench bench;
        const auto child = bench.shell("exec sleep 60");
        pid = child->pid();
        EXPECT_FALSE(bench.wait(child->wait_for(milliseconds(1))));
    }
    EXPECT_EQ(::kill(pid, 0), -1);
}

/// The shell in the middle starts a child by our class's rules only if the kernel tells it; so this
/// is asked of the kernel itself: an orphan's signal is set.
TEST(Child, GetsASignalWhenItsParentDies) {
    ProcessBench bench;
    const pid_t middle = ::fork();
    if (middle == 0) {
        Loop loop;
        Child::start(
            loop.get_executor(),
            {.argv =
                 {"/bin/sh",
                  "-c",
                  "echo $$ > /tmp/acme-orphan-" + std::to_string(::getppid()) + "; exec sleep 60"}},
            [](std::string_view) {}
        );
        const std::string told = "/tmp/acme-orphan-" + std::to_string(::getppid());
        pid_t pid = 0;
        while (!(std::ifstream(told) >> pid)) ::usleep(1000);
        ::usleep(20'000);
        ::_exit(0);  // without a destructor: as if killed
    }
    int status = 0;
    ::waitpid(middle, &status, 0);
    const std::string note = "/tmp/acme-orphan-" + std::to_string(::getpid());
    std::ifstream file(note);
    pid_t orphan = 0;
    file >> orphan;
    ::unlink(note.c_str());
    ASSERT_GT(orphan, 1);
    const auto deadline = std::chrono::steady_clock::now() + seconds(30);
    while (::kill(orphan, 0) == 0 && std::chrono::steady_clock::now() < deadline) ::usleep(1000);
    EXPECT_EQ(::kill(orphan, 0), -1);
}

TEST(Run, KillsWhatTakesTooLong) {
    ProcessBench bench;
    const LineSink nowhere = [](std::string_view) {};
    EXPECT_FALSE(bench.wait(run({.argv = {"/bin/sleep", "60"}}, nowhere, milliseconds(20))));
    const auto exit = bench.wait(run({.argv = {"/bin/true"}}, nowhere, seconds(30)));
    ASSERT_TRUE(exit);
    EXPECT_TRUE(exit->is_clean());
}

TEST(Signals, ComeOneByOneInsteadOfEndingTheProcess) {
    ProcessBench bench;
    Signals signals(bench.loop.get_executor(), {SIGUSR1});
    ::raise(SIGUSR1);
    EXPECT_EQ(bench.wait(signals.next()), SIGUSR1);
}

TEST(Signals, WhoWaitsAgainAfterTheyWereCancelledDoesNotWaitForEver) {
    ProcessBench bench;
    Signals signals(bench.loop.get_executor(), {SIGUSR1});
    signals.cancel();
    EXPECT_EQ(bench.wait(signals.next()), 0);
}

}  // namespace
}  // namespace acme::process
