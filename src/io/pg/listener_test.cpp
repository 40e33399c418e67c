// What is notified is heard, also after all connections were lost.
#include "io/pg/listener.hpp"

#include "io/loop/task_group.hpp"
#include "testing/bench.hpp"

namespace acme::pg {
namespace {

struct ListenerBench : testing::DryBench {
    template <class Ready>
    Task<> wait_until(Ready is_ready) {
        for (int i = 0; i < 1'000 && !is_ready(); ++i) {
            co_await sleep_for(std::chrono::milliseconds(10));
        }
    }

    void say(const std::string& what) { direct.execute("NOTIFY acme_test, '" + what + "'"); }

    /// With the listener beside it.
    Task<> listen_while(Task<> work) {
        TaskGroup group(log);
        group.spawn(loop.get_executor(), "listener", listener.run());
        co_await wait_until([this] { return listener.is_on(); });
        co_await std::move(work);
        listener.stop();
        co_await group.join();
    }

    Secret conninfo = testing::empty_database();
    testing::Sql direct{conninfo};
    std::vector<std::string> heard;
    Listener listener{
        {.conninfo = conninfo.clone()},
        "acme_test",
        [this](std::string_view news) { heard.emplace_back(news); },
        telemetry
    };
};

Task<> hear_two(ListenerBench& bench) {
    bench.say("one");
    bench.say("two");
    co_await bench.wait_until([&] { return bench.heard.size() == 2; });
}

Task<> hear_after_loss(ListenerBench& bench) {
    testing::cut_connections();
    co_await bench.wait_until([&] { return !bench.listener.is_on(); });
    co_await bench.wait_until([&] { return bench.listener.is_on(); });
    testing::Sql(bench.conninfo).execute("NOTIFY acme_test, 'again'");
    co_await bench.wait_until([&] { return !bench.heard.empty(); });
}

TEST(Listener, HearsWhatIsSaidInItsOrder) {
    ListenerBench bench;
    bench.wait(bench.listen_while(hear_two(bench)));
    EXPECT_EQ(bench.heard, (std::vector<std::string>{"one", "two"}));
    EXPECT_FALSE(bench.listener.is_on());
}

TEST(Listener, ListensAgainAfterALoss) {
    ListenerBench bench;
    bench.wait(bench.listen_while(hear_after_loss(bench)));
    EXPECT_EQ(bench.heard, (std::vector<std::string>{"again"}));
}

}  // namespace
}  // namespace acme::pg
