#include "operate/drills/calendar.hpp"

#include <gtest/gtest.h>

namespace acme::drills {
namespace {

using namespace std::chrono_literals;
using changes::Drill;
using std::chrono::days;

const WallTime now{std::chrono::sys_days(std::chrono::year(2026) / 11 / 24)};

Drill drill(std::string kind, std::string result, std::chrono::hours ago) {
    return {
        .id = {},
        .kind = std::move(kind),
        .environment = "staging",
        .release = "r",
        .actor = "cli",
        .begun_at = now - ago - 1min,
        .ended_at = result.empty() ? std::nullopt : std::optional<WallTime>(now - ago),
        .result = result,
    };
}

Due of(const std::vector<Due>& all, std::string_view kind) {
    return *std::ranges::find(all, kind, &Due::kind);
}

TEST(Calendar, WhatNeverPassedIsOverdue) {
    for (const Due& due : calendar({}, now)) {
        EXPECT_TRUE(due.is_overdue) << due.kind;
        EXPECT_FALSE(due.due_at);
    }
}

TEST(Calendar, OneThatPassedPutsTheNextOffByItsTime) {
    const auto all = calendar({drill("rollback", "passed", days(3))}, now);
    EXPECT_FALSE(of(all, "rollback").is_overdue);
    EXPECT_EQ(of(all, "rollback").due_at, now + days(4));
    EXPECT_TRUE(of(all, "node-kill").is_overdue);
    EXPECT_TRUE(of(calendar({drill("rollback", "passed", days(8))}, now), "rollback").is_overdue);
}

TEST(Calendar, OneThatFailedOrWasStoppedOrNeverEndedPutsNothingOff) {
    const auto all = calendar(
        {drill("rollback", "", 1h),
         drill("rollback", "stopped", 2h),
         drill("rollback", "failed", 3h),
         drill("rollback", "passed", days(8))},
        now
    );
    EXPECT_TRUE(of(all, "rollback").is_overdue);
    EXPECT_EQ(of(all, "rollback").last->result, "stopped");
    EXPECT_EQ(of(all, "rollback").passed_at, now - days(8));
}

}  // namespace
}  // namespace acme::drills
