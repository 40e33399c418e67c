#include "platform/flags/flags.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <sanitizer/allocator_interface.h>
#include <thread>

namespace acme::flags {
namespace {

constexpr Handle<bool> preview{"file-preview", false};
constexpr Handle<bool> idle{"idle", true};
constexpr Handle<std::int64_t> limit{"limit", 7};
constexpr Handle<std::string_view> colour{"colour", "grey"};
constexpr Handle<bool> nowhere{"nowhere", true};

Flag plain_flag(std::string key, bool is_enabled, std::string_view serves) {
    Flag flag{.key = std::move(key), .variants = bool_variants(), .is_enabled = is_enabled};
    flag.salt = "s:";
    flag.fallthrough = Serve{.variant = std::string(serves), .split = {}};
    return flag;
}

std::shared_ptr<const Snapshot> snapshot_of(
    std::uint64_t version, std::vector<Flag> flags, std::string environment = "production"
) {
    Ruleset ruleset{.environment = std::move(environment), .version = version};
    ruleset.flags = std::move(flags);
    return Snapshot::compile(std::move(ruleset)).value();
}

std::vector<Flag> usual() {
    Flag number{.key = "limit", .type = ValueType::integer, .is_enabled = true, .salt = "s:"};
    number.variants = {{"high", 100}};
    number.fallthrough = Serve{.variant = "high", .split = {}};
    Flag text{.key = "colour", .type = ValueType::string, .is_enabled = true, .salt = "s:"};
    text.variants = {{"red", "#f00"}};
    text.fallthrough = Serve{.variant = "red", .split = {}};
    return {plain_flag("file-preview", true, "on"), plain_flag("idle", false, "on"), number, text};
}

struct Room {
    explicit Room(bool is_on = true) : depot(metrics, clock, is_on, "production") {}

    Metrics metrics;
    ManualClock clock{WallTime{std::chrono::sys_days(std::chrono::year(2026) / 11 / 29)}};
    Depot depot;
    Flags flags{depot};

    bool shows(std::string_view line) const {
        return metrics.text().find(std::string(line) + "\n") != std::string::npos;
    }
};

TEST(Flags, HandlesAreServedByTheNewestSnapshotAndPinned) {
    Room room;
    Subject before = room.flags.subject(room.clock.now());
    EXPECT_FALSE(room.flags.get(preview, before));  // nothing has come yet
    ASSERT_TRUE(room.depot.put(snapshot_of(2, usual())));
    const Subject subject = room.flags.subject(room.clock.now());
    EXPECT_TRUE(room.flags.get(preview, subject));
    EXPECT_TRUE(room.flags.get(idle, subject));  // off: the fallback
    EXPECT_EQ(room.flags.get(limit, subject), 100);
    EXPECT_EQ(room.flags.get(colour, subject), "#f00");
    EXPECT_TRUE(room.flags.get(nowhere, subject));

    EXPECT_FALSE(room.depot.put(snapshot_of(1, {})));  // older
    EXPECT_FALSE(room.depot.put(snapshot_of(2, {})));
    ASSERT_TRUE(room.depot.put(snapshot_of(3, {plain_flag("file-preview", true, "off")})));
    EXPECT_TRUE(room.flags.get(preview, subject));  // the same within a request
    EXPECT_FALSE(room.flags.get(preview, room.flags.subject(room.clock.now())));
    EXPECT_EQ(room.flags.pin()->version(), 3U);
    EXPECT_EQ(room.flags.pin("elsewhere"), nullptr);
}

TEST(Flags, AllAtOnceAreAsOneByOneAndCounted) {
    Room room;
    auto flags = usual();
    flags[2].variants.push_back({"low", 1});
    flags[2].fallthrough->variant = "low";
    room.depot.put(snapshot_of(1, flags));
    const Subject subject = room.flags.subject(room.clock.now());
    std::vector<std::string_view> members;
    for (const Answer& answer : room.flags.evaluate_all(subject)) {
        const auto flag = static_cast<std::uint32_t>(members.size());
        EXPECT_EQ(answer.evaluation, evaluate(*subject.snapshot(), flag, subject));
        members.push_back(answer.members);
    }
    const std::vector<std::string_view> expected{
        R"("key":"file-preview","value":true,"variant":"on")",
        R"("key":"idle")",
        R"("key":"limit","value":1,"variant":"low")",
        R"("key":"colour","value":"#f00","variant":"red")",
    };
    EXPECT_EQ(members, expected);
    EXPECT_TRUE(room.shows(R"(feature_flag_evaluations_total{flag="limit",result="low"} 1)"));
    EXPECT_TRUE(room.shows(R"(feature_flag_evaluations_total{flag="idle",result="disabled"} 1)"));
}

// Atomic, or the compiler may think that an allocation leaves it alone.
thread_local std::atomic<std::uint64_t> allocations = 0;

void count_one(const volatile void* /*at*/, std::size_t /*bytes*/) { ++allocations; }
void count_none(const volatile void* /*at*/) {}

TEST(Flags, AnEvaluationAllocatesNothing) {
    static const int installed = __sanitizer_install_malloc_and_free_hooks(count_one, count_none);
    ASSERT_NE(installed, 0);
    std::uint64_t before = allocations;
    const std::string text(100, 'x');
    ASSERT_EQ(allocations.load(), before + 1) << text;

    Room room;
    auto flags = usual();
    flags[0].rules.push_back({.id = "r", .rollout = 50'000, .serve = {.variant = "on"}});
    flags[0].rules[0].clauses = {
        {.attribute = "user_id", .op = Op::in, .values = {"usr_1", "usr_2"}},
        {.attribute = "user_id", .op = Op::matches, .values = {"^usr"}}
    };
    room.depot.put(snapshot_of(1, flags));
    Subject subject = room.flags.subject(room.clock.now());
    subject.set("user_id", "usr_1");
    room.flags.get(preview, subject);  // RE2 builds what it needs when it is first asked
    before = allocations;
    for (int i = 0; i < 100; ++i) {
        room.flags.get(idle, subject);
        room.flags.get(preview, subject);
        room.flags.get(nowhere, subject);
    }
    EXPECT_EQ(allocations.load(), before);
    Room off(false);
    before = allocations;
    Subject nobody = off.flags.subject(off.clock.now());
    nobody.set("user_id", "usr_01hzy3k8m5q7r9t1v3x5z7b9");
    off.flags.get(preview, nobody);
    EXPECT_EQ(allocations.load(), before);
}

TEST(Flags, SwitchedOffNothingIsKeptOrCounted) {
    Room room(false);
    room.depot.put(snapshot_of(1, usual()));
    Subject subject = room.flags.subject(room.clock.now());
    subject.set("user_id", "usr_1");
    EXPECT_EQ(subject.snapshot(), nullptr);
    EXPECT_FALSE(room.flags.get(preview, subject));
    EXPECT_EQ(room.flags.get(limit, subject), 7);
    EXPECT_TRUE(room.depot.counts().empty());
    EXPECT_EQ(room.metrics.text().find("feature_flag"), std::string::npos);
}

TEST(Flags, EvaluationsShowByFlagAndResult) {
    Room room;
    room.depot.put(snapshot_of(1, usual()));
    const Subject subject = room.flags.subject(room.clock.now());
    constexpr Handle<std::int64_t> wrong{"colour", 1};
    for (int i = 0; i < 3; ++i) room.flags.get(preview, subject);
    for (int i = 0; i < 2; ++i) room.flags.get(idle, subject);
    room.flags.get(limit, subject);
    EXPECT_EQ(room.flags.get(wrong, subject), 1);
    room.flags.get(nowhere, subject);
    EXPECT_TRUE(room.shows(R"(feature_flag_evaluations_total{flag="file-preview",result="true"} 3)")
    );
    EXPECT_TRUE(room.shows(R"(feature_flag_evaluations_total{flag="idle",result="disabled"} 2)"));
    EXPECT_TRUE(room.shows(R"(feature_flag_evaluations_total{flag="limit",result="high"} 1)"));
    EXPECT_TRUE(room.shows(R"(feature_flag_evaluations_total{flag="colour",result="error"} 1)"));
    EXPECT_TRUE(room.shows(R"(feature_flag_evaluation_errors_total{code="flag_not_found"} 1)"));
    EXPECT_TRUE(room.shows(R"(feature_flag_evaluation_errors_total{code="type_mismatch"} 1)"));
    // A newer snapshot begins where the older one ended.
    room.depot.put(snapshot_of(2, usual()));
    room.flags.get(preview, room.flags.subject(room.clock.now()));
    EXPECT_TRUE(room.shows(R"(feature_flag_evaluations_total{flag="file-preview",result="true"} 4)")
    );
    for (const Count& count : room.depot.counts()) {
        if (count.flag == "file-preview") EXPECT_EQ(count.variant, "on");
    }
}

TEST(Flags, RemovedFlagsLeaveAfterAnHour) {
    Room room;
    room.depot.put(snapshot_of(1, usual()));
    const Subject held = room.flags.subject(room.clock.now());
    room.flags.get(preview, held);
    room.flags.get(limit, held);
    auto fewer = usual();
    fewer.erase(fewer.begin());
    room.depot.put(snapshot_of(2, fewer));
    const std::string line =
        R"(feature_flag_evaluations_total{flag="file-preview",result="true"} 1)";
    room.clock.advance(std::chrono::minutes(59));
    EXPECT_TRUE(room.shows(line));
    room.clock.advance(std::chrono::minutes(2));
    EXPECT_FALSE(room.shows(line));
    EXPECT_TRUE(room.shows(R"(feature_flag_evaluations_total{flag="limit",result="high"} 1)"));
    room.depot.put(snapshot_of(3, usual()));
    room.flags.get(preview, room.flags.subject(room.clock.now()));
    EXPECT_NE(
        room.metrics.text().find(R"({flag="file-preview",result="true"})"), std::string::npos
    );
}

TEST(Flags, FiveHundredFlagsHaveTheirOwnSeries) {
    Room room;
    std::vector<Flag> flags;
    for (int i = 0; i < 502; ++i)
        flags.push_back(plain_flag("f-" + std::to_string(1000 + i), true, "on"));
    room.depot.put(snapshot_of(1, flags));
    const Subject subject = room.flags.subject(room.clock.now());
    for (std::uint32_t i = 0; i < 502; ++i) room.flags.evaluate(i, subject);
    EXPECT_TRUE(room.shows(R"(feature_flag_evaluations_total{flag="f-1499",result="true"} 1)"));
    EXPECT_TRUE(room.shows(R"(feature_flag_evaluations_total{flag="_other",result="true"} 2)"));
    EXPECT_EQ(room.metrics.text().find("f-1500"), std::string::npos);
}

TEST(Flags, EnvironmentsAreCountedApart) {
    Room room;
    room.depot.put(snapshot_of(1, usual()));
    room.depot.put(snapshot_of(9, usual(), "staging"));
    room.flags.get(preview, room.flags.subject(room.clock.now()));
    room.flags.get(preview, room.flags.subject(room.clock.now(), "staging"));
    room.flags.get(preview, room.flags.subject(room.clock.now(), "staging"));
    std::map<std::string, std::uint64_t> found;
    for (const Count& count : room.depot.counts()) found[count.environment] += count.count;
    EXPECT_EQ(found, (std::map<std::string, std::uint64_t>{{"production", 1}, {"staging", 2}}));
    EXPECT_EQ(room.depot.all().size(), 2U);
}

TEST(Flags, AMillionEvaluationsOnEightThreadsAreAllCounted) {
    Room room;
    room.depot.put(snapshot_of(1, usual()));
    constexpr int threads = 8;
    constexpr int each = 125'000;
    std::atomic<bool> is_over = false;
    std::thread publisher([&] {
        std::uint64_t version = 2;
        while (!is_over) {
            room.depot.put(snapshot_of(version++, usual()));
            room.metrics.text();
        }
    });
    std::vector<std::thread> workers;
    for (int i = 0; i < threads; ++i) {
        workers.emplace_back([&] {
            Flags flags(room.depot);
            for (int k = 0; k < each;) {
                Subject subject = flags.subject(room.clock.now());
                subject.set("user_id", "usr_" + std::to_string(k));
                for (int n = 0; n < 50; ++n, ++k) flags.get(preview, subject);
            }
        });
    }
    for (std::thread& worker : workers) worker.join();
    is_over = true;
    publisher.join();
    const auto counts = room.depot.counts();
    ASSERT_EQ(counts.size(), 1U);
    EXPECT_EQ(counts.front().count, 1'000'000U);
    EXPECT_TRUE(
        room.shows(R"(feature_flag_evaluations_total{flag="file-preview",result="true"} 1e+06)")
    );
}

}  // namespace
}  // namespace acme::flags
