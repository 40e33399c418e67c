// The engine in a process of its own, as `acme up` is one, under the suite of all drivers.
#include "operate/local/engine.hpp"

#include "io/socket/ask.hpp"
#include "io/socket/line_server.hpp"
#include "operate/local/engine_answer.hpp"
#include "operate/local/engine_client.hpp"
#include "testing/driver_conformance.hpp"

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace acme::local {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

std::string new_folder() {
    std::string pattern = (fs::temp_directory_path() / "acme-engine-XXXXXX").string();
    const std::string folder = ::mkdtemp(pattern.data());
    fs::create_directory(folder + "/releases");
    fs::create_directory(folder + "/nodes");
    fs::create_directory(folder + "/logs");
    return folder;
}

Node node(const std::string& name, const std::string& address, const std::string& spare = "") {
    return {
        .name = name,
        .role = "serve",
        .address = address,
        .environment = {},
        .spare_address = spare,
    };
}

/// What `acme up` has around its engine.
void serve(const std::string& folder) {
    const SystemClock clock;
    Loop loop;
    Log log(clock, LogLevel::error, [](std::string_view) {});
    logs::DayFiles files(clock, folder + "/logs");
    const Say say = [](std::string_view) {};
    TaskGroup tasks(log);
    ProcessDriver processes({clock, files, say, tasks}, folder + "/nodes");
    const Releases releases(clock, folder + "/releases");
    const std::vector<Node> nodes{
        node("app-1", "127.9.1.1", "127.9.4.1"), node("app-2", "127.9.1.2")
    };
    const process::Environment environment{{"PATH", "/usr/bin:/bin"}};
    Engine engine({clock, files, processes, releases, nodes, environment}, folder + "/fence.json");
    socket::LineServer door(loop.get_executor(), log, folder + "/engine.sock");
    tasks.spawn(loop.get_executor(), "engine", door.run([&engine](std::string line) {
        return answer(engine, std::move(line));
    }));
    loop.run();
}

class OneMachine final : public testing::Machines {
public:
    explicit OneMachine(testing::DryBench& bench) : bench_(bench) { start_engine(); }
    ~OneMachine() override {
        kill_engine();
        fs::remove_all(folder_);
    }
    OneMachine(const OneMachine&) = delete;
    OneMachine& operator=(const OneMachine&) = delete;

    deploy::Driver& driver() override { return client_; }

    void add_release(std::string id, std::string script) override {
        const std::string program = folder_ + "/program";
        std::ofstream(program) << "#!/bin/sh\n" << script;
        ::chmod(program.c_str(), 0755);
        ASSERT_TRUE(Releases(clock_, folder_ + "/releases").add(program, id));
    }

    void start_engine() override {
        engine_ = ::fork();
        if (engine_ == 0) {
            ::prctl(PR_SET_PDEATHSIG, SIGKILL);
            serve(folder_);
            ::_exit(1);
        }
        for (int i = 0; i < 1500 && !bench_.wait(client_.instances()); ++i) {
            bench_.wait(sleep_for(20ms));
        }
    }

    void kill_engine() override {
        ::kill(engine_, SIGKILL);
        ::waitpid(engine_, nullptr, 0);
    }

    std::string folder() const { return folder_; }
    std::string socket() const { return folder_ + "/engine.sock"; }

    std::string ask(std::string line) {
        return bench_.wait(acme::socket::ask(socket(), std::move(line), 30s, 1 << 20));
    }

private:
    testing::DryBench& bench_;
    SystemClock clock_;
    std::string folder_ = new_folder();
    EngineClient client_{folder_ + "/engine.sock"};
    pid_t engine_ = -1;
};

std::unique_ptr<testing::Machines> one_machine(testing::DryBench& bench) {
    return std::make_unique<OneMachine>(bench);
}

}  // namespace

using testing::DriverBeside;
using testing::DriverConformance;

INSTANTIATE_TEST_SUITE_P(
    OnOneMachine,
    DriverConformance,
    ::testing::Values(testing::DriverUnderTest{"process", one_machine}),
    [](const auto& tested) { return std::string(tested.param.name); }
);

INSTANTIATE_TEST_SUITE_P(
    OnOneMachine,
    DriverBeside,
    ::testing::Values(testing::DriverUnderTest{"process", one_machine}),
    [](const auto& tested) { return std::string(tested.param.name); }
);

namespace {

TEST(Engine, WhatItDoesNotUnderstandIsRefusedAndItGoesOn) {
    testing::DryBench bench;
    OneMachine machine(bench);
    for (const char* line :
         {"",
          "{",
          "[]",
          "{}",
          R"({"call": 7})",
          R"({"call": "dance", "fence": {"number": 1, "holder": "a"}})",
          R"({"call": "take", "holder": "a", "time_max_ms": 1e99, "by_force": false})",
          R"({"call": "take", "holder": "a", "time_max_ms": 9223372036854775807, "by_force": false})",
          R"({"call": "take", "holder": "", "time_max_ms": 1000, "by_force": false})",
          R"({"call": "stop", "fence": "mine", "node": "app-1", "grace_ms": 1})",
          R"({"call": "start", "fence": {"number": 1, "holder": "a"}, "facts": {}})"}) {
        const std::string answered = machine.ask(line);
        EXPECT_NE(answered.find("engine.malformed"), std::string::npos) << line << answered;
    }
    EXPECT_EQ(machine.ask(R"({"call": "instances"})"), R"({"ok":[]})");
}

TEST(Engine, ACallerThatGoesAwayDoesNotLeaveHalfOfIt) {
    testing::DryBench bench;
    OneMachine machine(bench);
    const std::string id(40, 'a');
    const std::string deaf = machine.folder() + "/deaf";
    machine.add_release(id, "trap '' TERM\n: >" + deaf + "\nwhile :; do sleep 0.02; done\n");
    deploy::Driver& driver = machine.driver();
    const auto fence = bench.wait(driver.take("anna", 1min, deploy::Claim::deployment)).value();
    deploy::Facts facts;
    facts.node = "app-1";
    facts.release = id;
    ASSERT_TRUE(bench.wait(driver.start(fence, facts)));
    for (int i = 0; i < 1500 && !fs::exists(deaf); ++i) bench.wait(sleep_for(20ms));
    ASSERT_TRUE(fs::exists(deaf));
    const std::string stop = R"({"call": "stop", "fence": {"number": 1, "holder": "anna"}, )"
                             R"("node": "app-1", "grace_ms": 2000})";
    EXPECT_THROW(bench.wait(socket::ask(machine.socket(), stop, 500ms, 1000)), socket::Fault);
    const auto runs = [&] { return bench.wait(driver.instances())->at(0).is_running; };
    for (int i = 0; i < 1500 && runs(); ++i) bench.wait(sleep_for(20ms));
    EXPECT_FALSE(runs());
}

}  // namespace
}  // namespace acme::local
