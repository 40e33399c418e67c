// Processes of the machine under the Keeper and the driver; files in a temporary folder.
#include "operate/local/driver.hpp"
#include "operate/local/files.hpp"
#include "operate/local/ground.hpp"
#include "operate/local/postgres.hpp"
#include "testing/bench.hpp"

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sys/stat.h>
#include <unistd.h>

namespace acme::local {
namespace {

using namespace std::chrono_literals;
using testing::DryBench;

struct LocalBench : DryBench {
    LocalBench() {
        std::string pattern = (std::filesystem::temp_directory_path() / "acme-up-XXXXXX").string();
        folder = ::mkdtemp(pattern.data());
    }
    ~LocalBench() { std::filesystem::remove_all(folder); }
    LocalBench(const LocalBench&) = delete;
    LocalBench& operator=(const LocalBench&) = delete;

    /// A program that answers to its role like ours: `<binary> <role>`.
    std::string program(const std::string& script) const {
        const std::string path = folder + "/program";
        std::ofstream(path) << "#!/bin/sh\n" << script;
        ::chmod(path.c_str(), 0755);
        return path;
    }

    bool said_in_time(std::string_view text) {
        for (int i = 0; i < 3000; ++i) {
            for (const std::string& line : said) {
                if (line.find(text) != line.npos) return true;
            }
            wait(sleep_for(10ms));
        }
        return false;
    }

    std::string folder;
    std::vector<std::string> said;
    Say say = [this](std::string_view line) { said.emplace_back(line); };
    SystemClock system_clock;
    process::Event hurry;
    TaskGroup tasks{log};
};

struct KeeperBench : LocalBench {
    Keeper& keep(std::string script, std::string ready_line = "") {
        keeper = std::make_unique<Keeper>(
            system_clock,
            files,
            say,
            Kept{
                .name = "part",
                .process = {.argv = {"/bin/sh", "-c", std::move(script)}},
                .ready_line = std::move(ready_line),
            }
        );
        tasks.spawn(loop.get_executor(), "part", keeper->run());
        return *keeper;
    }

    void stop() { wait(keeper->stop(5s, hurry)); }

    logs::DayFiles files{system_clock, folder};
    std::unique_ptr<Keeper> keeper;
};

TEST(Keeper, WhoDiesComesBackAndItIsSaidWhy) {
    KeeperBench bench;
    Keeper& keeper = bench.keep("echo no disk left; exit 3");
    EXPECT_TRUE(bench.said_in_time(
        "part died: exit code 3; comes back in 0.2 s. It last said: no disk left"
    ));
    EXPECT_TRUE(bench.said_in_time("comes back in 0.4 s"));
    EXPECT_GE(keeper.deaths(), 2);
    bench.stop();
    EXPECT_FALSE(keeper.is_running());
    bench.wait(bench.tasks.join());
}

TEST(Keeper, AProgramThatIsNotThereIsTriedAgainToo) {
    KeeperBench bench;
    bench.keeper = std::make_unique<Keeper>(
        bench.system_clock,
        bench.files,
        bench.say,
        Kept{.name = "part", .process = {.argv = {"/nowhere"}}}
    );
    bench.tasks.spawn(bench.loop.get_executor(), "part", bench.keeper->run());
    EXPECT_TRUE(bench.said_in_time("It last said: /nowhere cannot be started"));
    EXPECT_TRUE(bench.said_in_time("comes back in 0.4 s"));
    bench.stop();
}

TEST(Keeper, IsReadyOnceItSaysSo) {
    KeeperBench bench;
    Keeper& keeper =
        bench.keep("echo getting up; sleep 0.05; echo all set; exec sleep 60", "all set");
    EXPECT_FALSE(keeper.is_ready());
    for (int i = 0; i < 3000 && !keeper.is_ready(); ++i) bench.wait(sleep_for(10ms));
    EXPECT_TRUE(keeper.is_ready());
    bench.stop();
    EXPECT_FALSE(keeper.is_ready());
}

TEST(Keeper, WhoDoesNotEndInItsTimeIsKilled) {
    KeeperBench bench;
    Keeper& keeper = bench.keep("trap '' TERM; echo deaf; while :; do sleep 0.05; done", "deaf");
    while (!keeper.is_ready()) bench.wait(sleep_for(10ms));
    EXPECT_FALSE(bench.wait(keeper.stop(50ms, bench.hurry)));
    EXPECT_FALSE(keeper.is_running());
}

TEST(Keeper, WhoIsToldTwiceHasNoMorePatience) {
    KeeperBench bench;
    Keeper& keeper = bench.keep("trap '' TERM; echo deaf; while :; do sleep 0.05; done", "deaf");
    while (!keeper.is_ready()) bench.wait(sleep_for(10ms));
    bench.hurry.set();
    const auto begun = bench.system_clock.steady();
    EXPECT_FALSE(bench.wait(keeper.stop(1h, bench.hurry)));
    EXPECT_LT(bench.system_clock.steady() - begun, 30s);
}

TEST(ProcessDriver, StartsAReleaseOnANodeAndWritesItsFactsDown) {
    LocalBench bench;
    logs::DayFiles files(bench.system_clock, bench.folder);
    ProcessDriver driver({bench.system_clock, files, bench.say, bench.tasks}, bench.folder);
    const Node node{
        .name = "app-1",
        .role = "serve",
        .address = "127.9.1.1",
        .environment = {{"ACME_ENVIRONMENT", "local"}, {"SECRET_KEY", "hush"}},
    };
    const std::string script =
        "echo \"$1 $ACME_RELEASE\" > " + bench.folder + "/seen; exec sleep 60\n";
    std::filesystem::create_directory(bench.folder + "/releases");
    Releases releases(bench.system_clock, bench.folder + "/releases");
    const Release one = *releases.add(bench.program(script), "one");
    Facts wanted;
    wanted.known_good = "zero";
    wanted.track = "stable";
    ASSERT_TRUE(bench.wait(driver.start(node, one, wanted)));
    while (!read_file(bench.folder + "/seen").value_or("").ends_with('\n')) {
        bench.wait(sleep_for(10ms));
    }
    EXPECT_EQ(read_file(bench.folder + "/seen"), "serve one\n");
    auto facts = driver.facts("app-1");
    ASSERT_TRUE(facts);
    EXPECT_EQ(facts->release, "one");
    EXPECT_EQ(facts->known_good, "zero");
    EXPECT_EQ(facts->track, "stable");
    EXPECT_EQ(facts->address, "127.9.1.1");
    EXPECT_EQ(facts->digest, one.digest);
    EXPECT_EQ(facts->json().find("hush"), std::string::npos);

    EXPECT_TRUE(bench.wait(driver.stop("app-1", 30s, bench.hurry)));
    EXPECT_TRUE(bench.wait(driver.stop("app-1", 30s, bench.hurry)));  // it is stopped already
    EXPECT_EQ(driver.find("app-1"), nullptr);
    bench.wait(bench.tasks.join());
}

TEST(ProcessDriver, TellsAReleaseThatItWasGoodHereBefore) {
    LocalBench bench;
    logs::DayFiles files(bench.system_clock, bench.folder);
    ProcessDriver driver({bench.system_clock, files, bench.say, bench.tasks}, bench.folder);
    const std::string script = "echo \"$ACME_NODE ${RELEASE_IS_KNOWN_GOOD-not}\" >> " +
                               bench.folder + "/seen; exec sleep 60\n";
    std::filesystem::create_directory(bench.folder + "/releases");
    Releases releases(bench.system_clock, bench.folder + "/releases");
    const Release one = *releases.add(bench.program(script), "one");
    for (const std::string known_good : {"zero", "one"}) {
        const Node node{
            .name = "app-1",
            .role = "serve",
            .address = "127.9.1.1",
            .environment = {{"ACME_NODE", known_good}},
        };
        Facts wanted;
        wanted.known_good = known_good;
        ASSERT_TRUE(bench.wait(driver.start(node, one, wanted)));
        while (read_file(bench.folder + "/seen").value_or("").find(known_good) == std::string::npos
        ) {
            bench.wait(sleep_for(10ms));
        }
        EXPECT_TRUE(bench.wait(driver.stop("app-1", 30s, bench.hurry)));
    }
    EXPECT_EQ(read_file(bench.folder + "/seen"), "zero not\none true\n");
    bench.wait(bench.tasks.join());
}

TEST(Ground, KeysAreMadeOnceAndReadableByTheirOwnerAlone) {
    LocalBench bench;
    const Layout layout = make_layout(bench.folder + "/home", 7);
    make_folders(layout);
    const Keys keys = ensure_keys(layout, bench.random);
    EXPECT_GE(keys.secret_key.size(), 32U);
    EXPECT_NE(keys.secret_key, keys.redis_password);
    EXPECT_EQ(ensure_keys(layout, bench.random).secret_key, keys.secret_key);
    const auto mode = std::filesystem::status(layout.secrets() + "/secret_key").permissions();
    EXPECT_EQ(mode, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

TEST(Ground, TwoInstancesFindPlacesOfTheirOwn) {
    LocalBench bench;
    const Layout layout = make_layout(bench.folder, 7);
    const auto one = find_place({.port = 28'080}, layout);
    ASSERT_TRUE(one);
    const auto two = find_place({.port = 28'080}, layout);  // before a balancer binds the port
    ASSERT_TRUE(two);
    EXPECT_NE(one->place.instance, two->place.instance);
    EXPECT_NE(one->place.port, two->place.port);
}

TEST(Ground, ANameIsOneHoldersUntilThatLetsItGo) {
    {
        const auto held = process::take_name("acme.local_test");
        ASSERT_TRUE(held);
        EXPECT_FALSE(process::take_name("acme.local_test"));
        EXPECT_TRUE(process::take_name("acme.local_test.other"));
    }
    EXPECT_TRUE(process::take_name("acme.local_test"));
}

TEST(Ground, AHomeHasOneSupervisor) {
    LocalBench bench;
    const std::string path = bench.folder + "/lock";
    {
        const auto lock = process::lock_file(path);
        ASSERT_TRUE(lock);
        process::write_note(*lock, "17");
        EXPECT_FALSE(process::lock_file(path));
        EXPECT_EQ(read_file(path), "17");
    }
    EXPECT_TRUE(process::lock_file(path));
}

TEST(Ground, LocksOfAPostgresThatWasKilledGoAndThoseOfOneThatRunsStay) {
    LocalBench bench;
    const Layout layout{.home = bench.folder, .run = bench.folder};
    std::filesystem::create_directories(layout.postgres(1));
    const std::vector<std::string> locks{
        layout.postgres(1) + "/postmaster.pid", bench.folder + "/.s.PGSQL.5433.lock"
    };
    // The number is that of a process which lives, and is no PostgreSQL.
    for (const std::string& lock : locks) std::ofstream(lock) << ::getpid() << "\n";
    const auto here = std::filesystem::current_path();
    std::filesystem::current_path(layout.postgres(1));
    remove_dead_locks(layout, 1);
    std::filesystem::current_path(here);
    for (const std::string& lock : locks) EXPECT_TRUE(std::filesystem::exists(lock)) << lock;
    remove_dead_locks(layout, 1);
    for (const std::string& lock : locks) EXPECT_FALSE(std::filesystem::exists(lock)) << lock;
}

TEST(Ground, TheNewestPostgresOfFifteenOrLaterIsFound) {
    LocalBench bench;
    EXPECT_EQ(find_postgres(bench.folder), "");
    for (const auto* version : {"9", "14", "15", "17", "common"}) {
        std::filesystem::create_directories(bench.folder + "/" + version + "/bin");
        std::ofstream(bench.folder + "/" + version + "/bin/postgres") << "";
    }
    EXPECT_EQ(find_postgres(bench.folder), bench.folder + "/17/bin");
    std::filesystem::remove_all(bench.folder + "/17");
    std::filesystem::remove_all(bench.folder + "/15");
    EXPECT_EQ(find_postgres(bench.folder), "");
}

}  // namespace
}  // namespace acme::local
