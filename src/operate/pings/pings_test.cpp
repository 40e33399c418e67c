// Pings on a real PostgreSQL, answered by a real worker.
#include "operate/pings/pings.hpp"

#include "operate/pings/pings_jobs.hpp"
#include "testing/bench.hpp"
#include "work/jobs/worker.hpp"

namespace acme::pings {
namespace {

constexpr pg::Query make_old{"test.make_old", R"sql(
    UPDATE pings SET asked_at = asked_at - interval '61 minutes'
)sql"};

struct PingsBench : testing::Bench {
    PingsBench() { add_jobs(jobs, pings); }

    Result<Ping> ask() { return wait(pings.ask(context, user)); }
    Result<Ping> find(PingId id) { return wait(pings.find(context, user, id)); }

    UserId user = UserId::make(testing::start, random);
    Pings pings{db, telemetry};
    jobs::Registry jobs;
    jobs::Worker worker{jobs, db, telemetry};
};

TEST(Pings, APingIsAnsweredWhenAWorkerRanItsJob) {
    PingsBench bench;
    const Ping asked = bench.ask().value();
    EXPECT_FALSE(bench.find(asked.id)->done_at);

    bench.wait(bench.worker.run_one());

    EXPECT_TRUE(bench.find(asked.id)->done_at);
}

TEST(Pings, NobodySeesOrRemovesThePingOfSomebodyElse) {
    PingsBench bench;
    const Ping asked = bench.ask().value();
    const UserId other = UserId::make(testing::start, bench.random);

    bench.wait(bench.pings.remove(bench.context, other, asked.id));

    EXPECT_FALSE(bench.wait(bench.pings.find(bench.context, other, asked.id)));
    EXPECT_TRUE(bench.find(asked.id));
}

TEST(Pings, AJobWhosePingWasRemovedHasNothingToDo) {
    PingsBench bench;
    const Ping asked = bench.ask().value();
    bench.wait(bench.pings.remove(bench.context, bench.user, asked.id));

    EXPECT_TRUE(bench.wait(bench.worker.run_one()));
    EXPECT_FALSE(bench.find(asked.id));
}

TEST(Pings, ThereAreNeverMoreThanAHundredAndOldOnesMakeRoom) {
    PingsBench bench;
    for (int i = 0; i < pings_max; ++i) ASSERT_TRUE(bench.ask());

    const Result<Ping> refused = bench.ask();
    bench.wait(bench.db.run(bench.context, make_old));

    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code.text(), "pings.many");
    EXPECT_TRUE(bench.ask());
}

}  // namespace
}  // namespace acme::pings
