// Who holds a name, and what becomes of one who was too slow.
#include "work/lease/lease.hpp"

#include "testing/bench.hpp"

namespace acme::lease {
namespace {

using std::chrono::seconds;

struct LeaseBench : testing::Bench {
    Lease first{"test", "first", seconds(10), db, clock};
    Lease second{"test", "second", seconds(10), db, clock};

    bool acquire(Lease& lease) { return wait(lease.acquire(context)); }
    bool renew(Lease& lease) { return wait(lease.renew(context)); }

    bool check(Lease& lease) {
        auto transaction = wait(db.begin(context));
        return wait(lease.check(transaction, context));
    }
};

TEST(Lease, OneHoldsItAndTheOtherWaitsForItsEnd) {
    LeaseBench bench;
    EXPECT_TRUE(bench.acquire(bench.first));
    EXPECT_FALSE(bench.acquire(bench.second));
    bench.clock.advance(seconds(9));
    EXPECT_TRUE(bench.renew(bench.first));
    bench.clock.advance(seconds(9));
    EXPECT_FALSE(bench.acquire(bench.second));
    bench.clock.advance(seconds(1));
    EXPECT_TRUE(bench.acquire(bench.second));
    EXPECT_GT(bench.second.epoch(), bench.first.epoch());
}

TEST(Lease, WhoWasReplacedCanNeitherRenewNorPassTheCheck) {
    LeaseBench bench;
    bench.acquire(bench.first);
    EXPECT_TRUE(bench.check(bench.first));
    bench.clock.advance(seconds(11));
    bench.acquire(bench.second);
    EXPECT_FALSE(bench.check(bench.first));
    EXPECT_FALSE(bench.first.is_held());
    EXPECT_FALSE(bench.renew(bench.first));
    EXPECT_TRUE(bench.check(bench.second));
}

TEST(Lease, AnEndThatIsPastDoesNoHarmWhileNobodyHasCome) {
    LeaseBench bench;
    bench.acquire(bench.first);
    bench.clock.advance(seconds(11));
    EXPECT_TRUE(bench.renew(bench.first));
    EXPECT_FALSE(bench.acquire(bench.second));
}

TEST(Lease, AReleasedOneIsFreeAtOnceAndTheReleaseOfAFormerHolderIsHarmless) {
    LeaseBench bench;
    bench.acquire(bench.first);
    bench.wait(bench.first.release(bench.context));
    EXPECT_TRUE(bench.acquire(bench.second));
    bench.wait(bench.first.release(bench.context));
    EXPECT_TRUE(bench.check(bench.second));
}

TEST(Lease, WhoStandsStillWithinATransactionHoldsNobodyUp) {
    LeaseBench bench;
    Lease still("test", "still", std::chrono::milliseconds(200), bench.db, bench.clock);
    EXPECT_TRUE(bench.acquire(still));
    auto transaction = bench.wait(bench.db.begin(bench.context));
    EXPECT_TRUE(bench.wait(still.check(transaction, bench.context)));
    bench.clock.advance(seconds(1));
    EXPECT_TRUE(bench.acquire(bench.second));
    EXPECT_THROW(bench.wait(transaction.commit(bench.context)), pg::Fault);
}

TEST(Lease, NamesDoNotMeet) {
    LeaseBench bench;
    Lease other("other", "first", seconds(10), bench.db, bench.clock);
    EXPECT_TRUE(bench.acquire(bench.first));
    EXPECT_TRUE(bench.acquire(other));
}

}  // namespace
}  // namespace acme::lease
