// A server and those who ask it, on one loop.
#include "io/socket/ask.hpp"
#include "io/socket/line_server.hpp"
#include "testing/bench.hpp"

#include <cstdlib>
#include <filesystem>
#include <sys/stat.h>

namespace acme::socket {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t answer_bytes_max = 1000;

Task<std::string> backwards(std::string line) {
    co_return line == "long" ? std::string(2000, 'x') : std::string(line.rbegin(), line.rend());
}

struct SocketBench : testing::DryBench {
    SocketBench() {
        std::string pattern =
            (std::filesystem::temp_directory_path() / "acme-line-XXXXXX").string();
        folder = ::mkdtemp(pattern.data());
        path = folder + "/a.sock";
    }
    ~SocketBench() { std::filesystem::remove_all(folder); }
    SocketBench(const SocketBench&) = delete;
    SocketBench& operator=(const SocketBench&) = delete;

    void open() {
        server = std::make_unique<LineServer>(loop.get_executor(), log, path);
        tasks.spawn(loop.get_executor(), "server", server->run(backwards));
    }
    void close() {
        server->close();
        wait(tasks.join());
    }
    std::string ask(std::string line) {
        return wait(socket::ask(path, std::move(line), 5s, answer_bytes_max));
    }

    std::string folder;
    std::string path;
    TaskGroup tasks{log};
    std::unique_ptr<LineServer> server;
};

TEST(LineSocket, ALineIsAnsweredByALine) {
    SocketBench bench;
    bench.open();
    EXPECT_EQ(bench.ask("abc"), "cba");
    EXPECT_EQ(bench.ask(""), "");
    bench.close();
}

TEST(LineSocket, OnlyItsOwnerMayConnect) {
    SocketBench bench;
    bench.open();
    struct stat facts{};
    ASSERT_EQ(::stat(bench.path.c_str(), &facts), 0);
    EXPECT_EQ(facts.st_mode & 0777U, 0600U);
    bench.close();
}

TEST(LineSocket, WhatADeadProcessLeftIsReplaced) {
    SocketBench bench;
    bench.open();
    std::filesystem::rename(bench.path, bench.folder + "/left");
    bench.close();
    std::filesystem::rename(bench.folder + "/left", bench.path);
    EXPECT_THROW(bench.ask("abc"), Fault);
    bench.open();
    EXPECT_EQ(bench.ask("abc"), "cba");
    bench.close();
    EXPECT_FALSE(std::filesystem::exists(bench.path));
}

TEST(LineSocket, AnAnswerThatIsTooLongIsNone) {
    SocketBench bench;
    bench.open();
    EXPECT_THROW(bench.ask("long"), Fault);
    bench.close();
}

TEST(LineSocket, ALineThatIsTooLongIsNotAnswered) {
    SocketBench bench;
    bench.open();
    EXPECT_THROW(bench.ask(std::string(LineServer::line_bytes_max, 'x')), Fault);
    EXPECT_EQ(bench.ask("abc"), "cba");
    bench.close();
}

TEST(LineSocket, NobodyThereIsAFault) {
    SocketBench bench;
    EXPECT_THROW(bench.ask("abc"), Fault);
    bench.path = "/tmp/" + std::string(200, 'x');
    EXPECT_THROW(bench.ask("abc"), Fault);
}

}  // namespace
}  // namespace acme::socket
