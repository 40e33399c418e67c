// Where a claim begins.
#include "work/jobs/marks.hpp"

#include <gtest/gtest.h>

namespace acme::jobs {
namespace {

constexpr WallTime noon{std::chrono::hours(12)};

Job job(std::int64_t id, WallTime due_at, int priority = 5) {
    Job made{};
    made.id = id;
    made.queue_id = 1;
    made.priority = priority;
    made.due_at = due_at;
    return made;
}

/// Of queue 1 and this priority.
Range range(Marks& marks, Marks::Reach reach, int priority = 5) {
    return marks.ranges({1}, reach).at(static_cast<std::size_t>(priority));
}

TEST(JobMarks, WithoutOneAllIsLookedThrough) {
    Marks marks;
    EXPECT_EQ(marks.ranges({1, 2}, Marks::Reach::exact).size(), 20);
    EXPECT_EQ(range(marks, Marks::Reach::near).due_at, WallTime::min());
}

TEST(JobMarks, WhileThereIsMoreAClaimBeginsBehindTheLastJob) {
    Marks marks;
    marks.note({job(7, noon), job(9, noon), job(8, noon)});
    EXPECT_EQ(range(marks, Marks::Reach::exact).id, 9);
    EXPECT_EQ(range(marks, Marks::Reach::exact).due_at, noon);
    EXPECT_EQ(range(marks, Marks::Reach::exact, 4).due_at, WallTime::min());
    EXPECT_EQ(range(marks, Marks::Reach::whole).due_at, WallTime::min());
}

TEST(JobMarks, WhenAllIsTakenItBeginsAMomentBeforeThat) {
    Marks marks;
    marks.note({job(7, noon)});
    EXPECT_EQ(range(marks, Marks::Reach::near).due_at, noon - Marks::near_time);
    marks.note_empty({1}, noon + std::chrono::seconds(30));
    const Range near = range(marks, Marks::Reach::near);
    EXPECT_EQ(near.due_at, noon + std::chrono::seconds(30) - Marks::near_time);
    EXPECT_EQ(near.id, 0);
    EXPECT_EQ(range(marks, Marks::Reach::near, 0).due_at, near.due_at);
    EXPECT_EQ(range(marks, Marks::Reach::exact).id, 7);
}

TEST(JobMarks, QueuesOfTheSamePriorityTakeTurns) {
    Marks marks;
    const auto first = marks.ranges({1, 2}, Marks::Reach::whole);
    const auto second = marks.ranges({1, 2}, Marks::Reach::whole);
    EXPECT_NE(first[0].queue_id, second[0].queue_id);
    EXPECT_EQ(first[1].priority, 0);
    EXPECT_EQ(first[2].priority, 1);
}

}  // namespace
}  // namespace acme::jobs
