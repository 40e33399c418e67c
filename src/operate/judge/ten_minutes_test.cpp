// Ten minutes of a canary, look by look, at the speed of the test: nodes that tell what they have
// counted, behind a real HAProxy, and the prober asking all the while.
#include "operate/judge/judge.hpp"
#include "testing/balanced.hpp"
#include "testing/bench.hpp"

namespace acme::judge {
namespace {

using std::chrono::seconds;

constexpr int looks = 120;
constexpr int looks_of_a_minute = 12;
constexpr int look_seconds = 5;

/// How a canary does.
struct Behaviour {
    int per_second = 5;  // the others get nineteen times as much
    int of_1000 = 0;     // requests that fail, evenly spread
    int jump_at = -1;    // before this look the clock jumps by an hour
};

/// How it ended, and when.
struct End {
    std::string check = "";  // "": it passed
    int seconds = 0;
    std::int64_t requests = 0;  // the canary's, until then
};

class Window10 {
public:
    explicit Window10(Behaviour behaviour) : behaviour_(behaviour) {
        bench_.wait(balanced_.until_all_up());
        count(0);
        bench_.wait(judge_.sample());
        judge_.mark();
    }
    ~Window10() {
        client_.close();
        bench_.wait(balanced_.stop());
    }
    Window10(const Window10&) = delete;
    Window10& operator=(const Window10&) = delete;

    End run() {
        for (int look = 1; look <= looks; ++look) {
            if (look == behaviour_.jump_at) bench_.clock.advance(std::chrono::hours(1));
            probe();
            count(look * look_seconds);
            bench_.wait(judge_.sample());
            const Verdict now = judge_.abort();
            if (now.outcome == Outcome::fail) return end(now.check, look);
        }
        const Verdict all = conclude(judge_.end({}));
        return end(all.outcome == Outcome::pass ? "" : all.check, looks);
    }

private:
    End end(std::string check, int look) const {
        return {
            .check = std::move(check),
            .seconds = look * look_seconds,
            .requests = judge_.canary().whole.users.requests,
        };
    }

    /// Five times between two looks at first, then as often as tells that it still asks.
    void probe() {
        const int times = probed_ < looks_of_a_minute * look_seconds ? look_seconds : 1;
        for (int i = 0; i < times; ++i) {
            bench_.clock.advance(seconds(look_seconds / times));
            bench_.wait(judge_.probe());
            ++probed_;
        }
    }

    /// What the nodes have counted so many seconds after the beginning.
    void count(int at) {
        for (std::size_t i = 1; i <= 3; ++i) {
            testing::SmallNode& node = balanced_.node(i);
            const bool is_canary = i == 3;
            const int requests = behaviour_.per_second * at * (is_canary ? 1 : 19);
            const int errors = is_canary ? requests * behaviour_.of_1000 / 1'000 : 0;
            node.release = is_canary ? "new" : "old";
            node.pages["/metrics"] = page(requests + (is_canary ? probed_ : 0), errors, at, node);
        }
    }

    static std::string page(int requests, int errors, int at, const testing::SmallNode& node) {
        const auto line = [](std::string_view name, auto value) {
            return std::string(name) + " " + std::to_string(value) + "\n";
        };
        return line("http_requests_total{path=\"/\",status=\"200\"}", requests - errors) +
               line("http_requests_total{path=\"/\",status=\"500\"}", errors) +
               line("http_request_duration_seconds_bucket{path=\"/\",le=\"0.01\"}", requests) +
               line("http_request_duration_seconds_bucket{path=\"/\",le=\"+Inf\"}", requests) +
               line("process_cpu_seconds_total", requests * 0.002 + at * 0.01) +
               line("process_resident_memory_bytes", 60'000'000 + at % 7 * 10'000) +
               line("process_memory_limit_bytes", 512'000'000) +
               line("process_start_time_seconds", 1) + "acme_build_info{release=\"" + node.release +
               "\"} 1\n";
    }

    std::vector<Target> targets() {
        std::vector<Target> targets;
        for (std::size_t i = 1; i <= 3; ++i) {
            targets.push_back({
                .node = balanced_.node(i).name(),
                .role = "serve",
                .operations = "127.0.0.1:" + std::to_string(balanced_.node(i).port()),
                .release = i == 3 ? "new" : "old",
                .is_judged = i == 3,
                .is_probed = i == 3,
            });
        }
        return targets;
    }

    Behaviour behaviour_;
    int probed_ = 0;
    testing::DryBench bench_;
    testing::Balanced balanced_{bench_.loop, bench_.log, 3};
    balancer::Balancer balancer_ = balanced_.balancer();
    fetch::Client client_{bench_.telemetry};
    Judge judge_{bench_.telemetry, client_, bench_.clock, balancer_, targets()};
};

TEST(TenMinutes, ACleanCanaryPassesAndIsLookedAtToTheEnd) {
    const End end = Window10({}).run();
    EXPECT_EQ(end.check, "");
    EXPECT_EQ(end.seconds, 600);
    EXPECT_EQ(end.requests, 3'000);
}

TEST(TenMinutes, HalfAPercentPasses) { EXPECT_EQ(Window10({.of_1000 = 5}).run().check, ""); }

TEST(TenMinutes, FourPercentAreNoReasonToStopAndAPercentTooManyInTheEnd) {
    const End end = Window10({.per_second = 50, .of_1000 = 40}).run();
    EXPECT_EQ(end.check, "error_excess");
    EXPECT_EQ(end.seconds, 600);
}

TEST(TenMinutes, SixPercentAreStoppedAsSoonAsThereIsNoDoubt) {
    const End end = Window10({.per_second = 50, .of_1000 = 60}).run();
    EXPECT_EQ(end.check, "error_ratio");
    EXPECT_NEAR(static_cast<double>(end.requests), 2'570, 50 * look_seconds);
}

TEST(TenMinutes, TenPercentAreStoppedWithinTenSecondsOfThe110thRequest) {
    for (const int per_second : {1, 5, 50}) {
        const End end = Window10({.per_second = per_second, .of_1000 = 100}).run();
        EXPECT_EQ(end.check, "error_ratio");
        EXPECT_LE(end.seconds, 110 / per_second + 10);
    }
}

TEST(TenMinutes, AHundredPercentAreStoppedWithinTenSecondsOfTheTenthRequest) {
    for (const int per_second : {1, 5, 50}) {
        const End end = Window10({.per_second = per_second, .of_1000 = 1'000}).run();
        EXPECT_EQ(end.check, "error_ratio");
        EXPECT_LE(end.seconds, 10 / per_second + 10);
    }
}

TEST(TenMinutes, AClockThatJumpsChangesNoVerdict) {
    EXPECT_EQ(Window10({.jump_at = 40}).run().check, "");
    const End end = Window10({.per_second = 50, .of_1000 = 100, .jump_at = 1}).run();
    EXPECT_EQ(end.check, "error_ratio");
    EXPECT_LE(end.seconds, 10);
}

}  // namespace
}  // namespace acme::judge
