#include "io/telemetry/stray_output.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <sstream>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace acme {
namespace {

class StrayTest : public ::testing::Test {
protected:
    StrayTest() : file_(std::tmpfile()) {}
    ~StrayTest() override { std::fclose(file_); }

    int descriptor() const { return ::fileno(file_); }

    std::string written() const {
        std::string text(100'000, '\0');
        const ssize_t size = ::pread(descriptor(), text.data(), text.size(), 0);
        text.resize(static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
        return text;
    }

    bool has(std::string_view text) const { return written().find(text) != std::string::npos; }

    /// How a process ends that does `act` with its output redirected.
    int end_of(const std::function<void()>& act) const {
        const pid_t child = ::fork();
        if (child == 0) {
            const SystemClock clock;
            LogPipe pipe(descriptor());
            StrayOutput output(clock, pipe, {.node = "app-1"});
            const std::jthread reader([&] { output.run(); });
            act();
            std::_Exit(0);
        }
        int status = 0;
        ::waitpid(child, &status, 0);
        return status;
    }

private:
    std::FILE* file_;
};

TEST_F(StrayTest, WhatIsWrittenToEitherDescriptorBecomesALineOfTheLog) {
    const SystemClock clock;
    {
        LogPipe pipe(descriptor());
        StrayOutput output(clock, pipe, {.node = "app-1"});
        const std::jthread reader([&] { output.run(); });
        std::fputs("WARNING:  a \"library\" speaks\nand ", stderr);
        std::fputs("goes on", stderr);
        output.stop();
    }
    EXPECT_TRUE(has(R"("level":"warn","message":"stray")"));
    EXPECT_TRUE(has(R"("node":"app-1")"));
    EXPECT_TRUE(has(R"("text":"WARNING:  a \"library\" speaks"})"));
    EXPECT_TRUE(has(R"("text":"and goes on"})"));
    std::istringstream lines(written());
    for (std::string line; std::getline(lines, line);) EXPECT_TRUE(line.starts_with("{\"timest"));
}

TEST_F(StrayTest, ALineWithoutAnEndIsCutAndNothingOfItLost) {
    const SystemClock clock;
    {
        LogPipe pipe(descriptor());
        StrayOutput output(clock, pipe, {});
        const std::jthread reader([&] { output.run(); });
        std::fputs(std::string(20'000, '#').c_str(), stderr);
        output.stop();
    }
    EXPECT_EQ(std::ranges::count(written(), '#'), 20'000);
}

TEST_F(StrayTest, TheLastWordsBeforeACrashAreInTheLog) {
    const int status = end_of([] {
        std::fputs("the cause\n", stderr);
        std::abort();
    });
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    EXPECT_TRUE(has("the cause"));
    EXPECT_TRUE(has(R"("text":"acme: crashed, SIGABRT"})"));
}

}  // namespace
}  // namespace acme
