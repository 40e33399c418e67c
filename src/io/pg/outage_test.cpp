// A server that goes away, comes back, hangs, or has no place left.
#include "io/loop/task_group.hpp"
#include "io/pg/database.hpp"
#include "testing/bench.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

namespace acme::pg {
namespace {

using std::chrono::milliseconds;
using testing::DryBench;

constexpr Query ask{"test.ask", "SELECT true"};
constexpr Query make_table{"test.table", "CREATE TABLE t (n int PRIMARY KEY)"};
constexpr Query insert{"test.insert", "INSERT INTO t VALUES ($1::int)"};
constexpr Query wait_long{"test.wait", "SELECT pg_sleep(30)"};
constexpr Query read_settings{"test.settings", R"sql(
    SELECT current_setting('application_name') || ' ' || current_setting('statement_timeout')
)sql"};

/// A server of its own; time is real, for outages are.
class OutageBench : public DryBench {
public:
    explicit OutageBench(milliseconds wait_max = milliseconds(100)) : pool_wait_max(wait_max) {}

    ~OutageBench() {
        db.close();
        loop.restart();
        loop.run();
    }

    std::string ask_once() {
        try {
            wait(db.run(context, ask));
            return "answered";
        } catch (const Unreachable&) {
            return "unreachable";
        }
    }

    /// Asks until the answer is the one; false if that takes longer than `time_max`.
    bool becomes(const std::string& answer, milliseconds time_max) {
        const SteadyTime end = system_clock.steady() + time_max;
        while (ask_once() != answer) {
            if (system_clock.steady() > end) return false;
            wait(sleep_for(milliseconds(20)));
        }
        return true;
    }

    /// Waits until something was counted; false if that takes too long.
    bool grows(const int& count) {
        const SteadyTime end = system_clock.steady() + milliseconds(30'000);
        while (count == 0 && system_clock.steady() < end) wait(sleep_for(milliseconds(10)));
        return count > 0;
    }

    milliseconds pool_wait_max;
    SystemClock system_clock;
    Telemetry real{system_clock, random, log, metrics};
    testing::Postgres postgres;
    Database db{
        {.conninfo = postgres.fresh_database(),
         .connections_max = 2,
         .statement_time_max = milliseconds(300),
         .connect_time_max = milliseconds(2000),
         .pool_wait_max = pool_wait_max,
         .pool_waiting_max = 2},
        real
    };
};

Task<> load(OutageBench& bench, bool& is_over, int& answered, int& unreachable) {
    while (!is_over) {
        try {
            auto transaction = co_await bench.db.begin(bench.context);
            co_await transaction.run(bench.context, ask);
            co_await transaction.commit(bench.context);
            co_await bench.db.run(bench.context, ask);
            ++answered;
        } catch (const Unreachable&) {
            ++unreachable;
        }
        co_await sleep_for(milliseconds(1));
    }
}

TEST(Outage, AServerThatIsRestartedUnderLoadIsFoundAgain) {
    OutageBench bench;
    bool is_over = false;
    int answered = 0;
    int unreachable = 0;
    TaskGroup group(bench.log);
    for (int i = 0; i < 20; ++i) {
        group.spawn(bench.loop.get_executor(), "load", load(bench, is_over, answered, unreachable));
    }
    EXPECT_TRUE(bench.grows(answered));
    bench.postgres.stop();
    EXPECT_TRUE(bench.grows(unreachable));
    bench.postgres.start();
    EXPECT_TRUE(bench.becomes("answered", milliseconds(30'000)));

    answered = 0;
    EXPECT_TRUE(bench.grows(answered));
    is_over = true;
    bench.wait(group.join());
}

TEST(Outage, WhileTheServerIsDownEveryCallFailsAtOnce) {
    OutageBench bench;
    EXPECT_EQ(bench.ask_once(), "answered");
    bench.postgres.stop();
    EXPECT_TRUE(bench.becomes("unreachable", milliseconds(30'000)));
    const SteadyTime begin = bench.system_clock.steady();
    for (int i = 0; i < 1000; ++i) EXPECT_EQ(bench.ask_once(), "unreachable");
    EXPECT_LT(bench.system_clock.steady() - begin, 1000 * bench.pool_wait_max / 4);
}

TEST(Outage, AServerThatHangsIsGivenUpAndFoundAgain) {
    OutageBench bench;
    EXPECT_EQ(bench.ask_once(), "answered");
    bench.postgres.freeze();
    const SteadyTime begin = bench.system_clock.steady();
    EXPECT_EQ(bench.ask_once(), "unreachable");  // its session is silent
    EXPECT_EQ(bench.ask_once(), "unreachable");  // nobody opens another
    EXPECT_LT(bench.system_clock.steady() - begin, milliseconds(20'000));
    bench.postgres.thaw();
    EXPECT_TRUE(bench.becomes("answered", milliseconds(30'000)));
}

TEST(Outage, AStatementThatTakesTooLongIsEndedByTheServer) {
    OutageBench bench;
    try {
        bench.wait(bench.db.run(bench.context, wait_long));
        FAIL() << "it ended";
    } catch (const TooSlow& fault) {
        EXPECT_EQ(fault.sqlstate(), sqlstate::query_canceled);
    }
    const auto rows = bench.wait(bench.db.run(bench.context, read_settings));
    EXPECT_EQ(rows[0].text(), "acme 300ms");
}

TEST(Outage, WhoFindsNoPlaceInThePoolIsTurnedAwayInTime) {
    OutageBench bench;
    auto first = bench.wait(bench.db.begin(bench.context));
    auto second = bench.wait(bench.db.begin(bench.context));
    EXPECT_THROW(bench.wait(bench.db.begin(bench.context)), Unreachable);
    const std::string text = bench.metrics.text();
    EXPECT_NE(text.find(R"(db_connections_active{pool="primary"} 2)"), std::string::npos) << text;
    EXPECT_NE(text.find(R"(db_connections_max{pool="primary"} 3)"), std::string::npos);
    EXPECT_NE(text.find(R"(db_pool_wait_seconds_count{pool="primary"} 2)"), std::string::npos);
    EXPECT_NE(
        text.find(R"(db_query_duration_seconds_count{query="pg.begin",type="tx"} 2)"),
        std::string::npos
    );
}

Task<> begin(OutageBench& bench, bool& has_begun) {
    const auto transaction = co_await bench.db.begin(bench.context);
    has_begun = true;
}

TEST(Outage, WhoIsCancelledInTheLineLeavesItsPlaceToTheNext) {
    OutageBench bench(milliseconds(30'000));
    auto first = bench.wait(bench.db.begin(bench.context));
    auto second = std::make_unique<Transaction>(bench.wait(bench.db.begin(bench.context)));
    asio::cancellation_signal signal;
    bool is_cancelled = false;
    bool has_begun = false;
    bool has_begun_cancelled = false;
    asio::co_spawn(
        bench.loop,
        begin(bench, has_begun_cancelled),
        asio::bind_cancellation_slot(
            signal.slot(), [&](const std::exception_ptr& fault) { is_cancelled = fault != nullptr; }
        )
    );
    asio::co_spawn(bench.loop, begin(bench, has_begun), [](const std::exception_ptr&) {});
    bench.wait(sleep_for(milliseconds(10)));
    signal.emit(asio::cancellation_type::terminal);
    second.reset();
    for (int i = 0; i < 1000 && !has_begun; ++i) bench.wait(sleep_for(milliseconds(10)));
    EXPECT_TRUE(is_cancelled);
    EXPECT_FALSE(has_begun_cancelled);
    EXPECT_TRUE(has_begun);
}

TEST(Outage, AConstraintThatIsViolatedIsNamedAndNoValueIsShown) {
    OutageBench bench;
    bench.wait(bench.db.run(bench.context, make_table));
    bench.wait(bench.db.run(bench.context, insert, 4711));
    for (int i = 0; i < 3; ++i) {
        try {
            bench.wait(bench.db.run(bench.context, insert, 4711));
            FAIL() << "it was inserted";
        } catch (const Fault& fault) {
            EXPECT_EQ(fault.sqlstate(), sqlstate::unique_violation);
            EXPECT_EQ(fault.constraint(), "t_pkey");
            EXPECT_EQ(std::string(fault.what()).find("4711"), std::string::npos);
        }
    }
    bench.wait(bench.db.run(bench.context, insert, 4712));
    try {
        bench.wait(bench.db.run(bench.context, insert, std::string("s3cret")));
        FAIL() << "it was inserted";
    } catch (const Fault& fault) {
        EXPECT_EQ(std::string(fault.what()).find("s3cret"), std::string::npos);
    }
}

TEST(Outage, AnOldServerIsNotUsed) {
    EXPECT_NO_THROW(expect_server_version(150000));
    EXPECT_THROW(expect_server_version(140010), ServerTooOld);
}

TEST(Outage, AMalformedConnectionStringIsNotRepeated) {
    DryBench bench;
    Database db({.conninfo = Secret("host=x s3cret")}, bench.telemetry);
    try {
        bench.wait(db.run(bench.context, ask));
        FAIL() << "it was connected to";
    } catch (const Fault& fault) {
        EXPECT_EQ(std::string(fault.what()).find("s3cret"), std::string::npos);
    }
}

Task<> wait_in_a_transaction(OutageBench& bench, std::string& outcome) {
    try {
        auto transaction = co_await bench.db.begin(bench.context);
        outcome = "waits";
        co_await transaction.run(bench.context, wait_long);
        outcome = "answered";
    } catch (const Unreachable&) {
        outcome = "unreachable";
    }
}

TEST(Outage, WhoeverClosesItsSessionsWaitsForNoStatementAndAsksNoMore) {
    OutageBench bench;
    std::string outcome;
    TaskGroup tasks(bench.log);
    tasks.spawn(bench.loop.get_executor(), "test", wait_in_a_transaction(bench, outcome));
    while (outcome.empty()) bench.wait(sleep_for(milliseconds(5)));
    bench.db.close();
    bench.wait(tasks.join());
    EXPECT_EQ(outcome, "unreachable");
    EXPECT_EQ(bench.ask_once(), "unreachable");
}

TEST(Query, KnowsItsType) {
    EXPECT_EQ(type_of("\n  SELECT 1"), "select");
    EXPECT_EQ(type_of("INSERT INTO t SELECT 1"), "insert");
    EXPECT_EQ(type_of("WITH a AS (SELECT 1) UPDATE t SET n = 1"), "update");
    EXPECT_EQ(type_of("WITH RECURSIVE a AS (DELETE FROM t) SELECT 1"), "select");
    EXPECT_EQ(type_of("BEGIN"), "tx");
    EXPECT_EQ(type_of("CREATE TABLE t (a int)"), "other");
}

}  // namespace
}  // namespace acme::pg
