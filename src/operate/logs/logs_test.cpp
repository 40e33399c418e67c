// Real files in a temporary folder; time by a clock that the test moves.
#include "operate/logs/day_files.hpp"
#include "operate/logs/reader.hpp"
#include "testing/bench.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace acme::logs {
namespace {

using namespace std::chrono_literals;

struct Folder {
    Folder() {
        std::string pattern = (std::filesystem::temp_directory_path() / "acme-log-XXXXXX").string();
        path = ::mkdtemp(pattern.data());
    }
    ~Folder() { std::filesystem::remove_all(path); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    std::vector<std::string> names() const {
        std::vector<std::string> names;
        for (const auto& entry : std::filesystem::directory_iterator(path)) {
            names.push_back(entry.path().filename());
        }
        std::ranges::sort(names);
        return names;
    }

    std::string path;
};

std::vector<std::string> all(Reader& reader) {
    std::vector<std::string> lines;
    reader.read([&](std::string_view node, std::string_view line) {
        lines.push_back(std::string(node) + " " + std::string(line));
    });
    return lines;
}

std::string line_at(std::string_view time, std::string_view more = "") {
    return R"({"timestamp":"2026-11-23T)" + std::string(time) + R"(Z","level":"info")" +
           std::string(more) + "}";
}

TEST(LogFiles, ANameIsReadBackAsItWasWritten) {
    const FileName name{.node = "app-1", .day = 2026y / 11 / 23, .is_debug = true};
    EXPECT_EQ(name.text(), "app-1-2026-11-23.debug.jsonl");
    const auto read = FileName::parse(name.text());
    ASSERT_TRUE(read);
    EXPECT_EQ(read->node, "app-1");
    EXPECT_TRUE(read->is_debug);
    for (const auto* other :
         {"", ".jsonl", "app.jsonl", "app-2026-13-01.jsonl", "-2026-11-23.jsonl"}) {
        EXPECT_FALSE(FileName::parse(other)) << other;
    }
}

TEST(LogFiles, WhatIsNotJsonBecomesIt) {
    const WallTime now = testing::start;
    EXPECT_EQ(as_json("app-1", R"({"timestamp":"x"})", now), R"({"timestamp":"x"})");
    EXPECT_EQ(
        as_json("balancer", R"({"status":503})", now),
        R"({"timestamp":"2026-11-23T10:00:00.000000Z","node":"balancer","status":503})"
    );
    EXPECT_EQ(
        as_json("postgres", "FATAL:  no \"x\"", now),
        R"({"timestamp":"2026-11-23T10:00:00.000000Z","node":"postgres","level":"error","message":"FATAL:  no \"x\""})"
    );
}

TEST(LogFiles, AreOneForEachNodeDayAndClass) {
    const Folder folder;
    ManualClock clock(testing::start);
    DayFiles files(clock, folder.path);
    files.write("app-1", R"({"timestamp":"t","level":"info"})");
    files.write("app-1", R"({"timestamp":"t","level":"debug"})");
    files.write("redis", "Ready");
    clock.advance(24h);
    files.write("app-1", R"({"timestamp":"t","level":"info"})");
    const std::vector<std::string> expected{
        "app-1-2026-11-23.debug.jsonl",
        "app-1-2026-11-23.jsonl",
        "app-1-2026-11-24.jsonl",
        "redis-2026-11-23.jsonl"
    };
    EXPECT_EQ(folder.names(), expected);
    EXPECT_EQ(files.lines_lost(), 0);
}

TEST(LogFiles, DebugIsKeptSevenDaysAndTheRestThirty) {
    const Folder folder;
    ManualClock clock(testing::start);
    DayFiles files(clock, folder.path);
    files.write("app-1", R"({"timestamp":"t","level":"info"})");
    files.write("app-1", R"({"timestamp":"t","level":"debug"})");
    std::ofstream(folder.path + "/notes.txt") << "mine";
    clock.advance(24h * 6);
    files.remove_old();
    EXPECT_EQ(folder.names().size(), 3U);
    clock.advance(24h);
    files.remove_old();
    EXPECT_EQ(folder.names(), (std::vector<std::string>{"app-1-2026-11-23.jsonl", "notes.txt"}));
    clock.advance(24h * 22);
    files.remove_old();
    EXPECT_EQ(folder.names().size(), 2U);
    clock.advance(24h);
    files.remove_old();
    EXPECT_EQ(folder.names(), std::vector<std::string>{"notes.txt"});
}

TEST(Logs, OfAllNodesAreMergedByTime) {
    const Folder folder;
    ManualClock clock(testing::start);
    DayFiles files(clock, folder.path);
    files.write("b", line_at("10:00:00.000002"));
    files.write("b", line_at("10:00:00.000004"));
    files.write("a", line_at("10:00:00.000001"));
    files.write("a", line_at("10:00:00.000003"));
    Reader reader(folder.path, {});
    const auto lines = all(reader);
    std::string order;
    for (const std::string& line : lines) order += line[0];
    EXPECT_EQ(order, "abab");
}

TEST(Logs, AreFollowedWithoutRepeatingOrCuttingALine) {
    const Folder folder;
    ManualClock clock(testing::start);
    DayFiles files(clock, folder.path);
    files.write("a", line_at("10:00:00.000001"));
    Reader reader(folder.path, {});
    EXPECT_EQ(all(reader).size(), 1U);
    EXPECT_EQ(all(reader).size(), 0U);
    const std::string path = folder.path + "/a-2026-11-23.jsonl";
    std::ofstream(path, std::ios::app) << R"({"timestamp":"2026-11-23T10:00:01.)";
    EXPECT_EQ(all(reader).size(), 0U);
    std::ofstream(path, std::ios::app) << "000000Z\"}\n";
    EXPECT_EQ(all(reader).size(), 1U);
    files.write("new", line_at("10:00:02.000000"));
    EXPECT_EQ(all(reader).size(), 1U);
}

TEST(Logs, AreFilteredByRequestNodeLevelAndAge) {
    const Folder folder;
    ManualClock clock(testing::start);
    DayFiles files(clock, folder.path);
    files.write("a", line_at("09:00:00.000000"));
    files.write("a", line_at("10:00:00.000000", R"(,"request_id":"r1")"));
    files.write("b", line_at("10:00:00.000001", R"(,"request_id":"r1")"));
    files.write("b", R"({"timestamp":"2026-11-23T10:00:02.000000Z","level":"error"})");
    const auto count = [&](Query query) {
        Reader reader(folder.path, std::move(query));
        return all(reader).size();
    };
    EXPECT_EQ(count({}), 4U);
    EXPECT_EQ(count({.request = "r1"}), 2U);
    EXPECT_EQ(count({.request = "r1", .node = "b"}), 1U);
    EXPECT_EQ(count({.least = LogLevel::warn}), 1U);
    EXPECT_EQ(count({.since = testing::start}), 3U);
}

TEST(Logs, ALineForPeopleShowsTimeLevelNodeAndMessageFirst) {
    EXPECT_EQ(
        for_people(
            "app-1",
            R"({"timestamp":"2026-11-23T10:00:00.000000Z","level":"warn","message":"slow","user_id":null,"duration_ms":12})"
        ),
        "2026-11-23T10:00:00.000000Z warn  app-1      slow  duration_ms=12"
    );
    EXPECT_EQ(for_people("x", "not json"), "not json");
}

TEST(Logs, AgesAreWrittenAsPeopleWriteThem) {
    EXPECT_EQ(parse_age("90s"), 90s);
    EXPECT_EQ(parse_age("2h"), 2h);
    for (const auto* wrong : {"", "m", "-5m", "5", "5w", "1.5h"})
        EXPECT_FALSE(parse_age(wrong)) << wrong;
}

}  // namespace
}  // namespace acme::logs
