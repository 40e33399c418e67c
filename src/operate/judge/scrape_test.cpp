// The text of Prometheus, of ours and of others, and counters that begin anew.
#include "operate/judge/scrape.hpp"

#include "operate/judge/windows.hpp"

#include <gtest/gtest.h>

namespace acme::judge {
namespace {

using std::chrono::seconds;

constexpr std::string_view page = R"(# HELP http_requests_total Requests
# TYPE http_requests_total counter
http_requests_total{method="GET",path="/v1/files",status="200"} 90
http_requests_total{method="GET",path="/v1/files",status="404"} 6
http_requests_total{method="POST",path="/v1/files",status="503"} 4 1700000000000
http_requests_total{method="GET",path="/readyz",status="503"} 1000
http_request_duration_seconds_bucket{path="/v1/files",le="0.005"} 50
http_request_duration_seconds_bucket{path="/v1/files",le="0.01"} 90
http_request_duration_seconds_bucket{path="/v1/files",le="+Inf"} 100
http_request_duration_seconds_bucket{path="/readyz",le="+Inf"} 1000
process_cpu_seconds_total 12.5
process_cpu_peak_cores 0.5
process_cpu_limit_cores 2
process_resident_memory_bytes 1.048576e+06
process_memory_limit_bytes 4194304
process_start_time_seconds 1.7e9
db_connections_active{pool="primary"} 9
db_connections_max{pool="primary"} 20
db_connections_active{pool="replica"} 1
db_connections_max{pool="replica"} 20
acme_build_info{release="abc\"d",role="serve"} 1
)";

TEST(Metrics9090, AreReadWithoutHealthChecks) {
    const NodeCounters counters = read_metrics(page);
    EXPECT_EQ(counters.requests, 100);
    EXPECT_EQ(counters.errors, 4);
    EXPECT_EQ(counters.cpu_peak, 0.5);
    EXPECT_EQ(counters.cpu_limit, 2);
    EXPECT_EQ(counters.answers_4xx, 6);
    EXPECT_EQ(counters.latency.total(), 100);
    EXPECT_EQ(counters.latency.buckets[2], 50);
    EXPECT_EQ(counters.latency.buckets[3], 40);
    EXPECT_EQ(counters.latency.buckets.back(), 10);
    EXPECT_EQ(counters.cpu_seconds, 12.5);
    EXPECT_EQ(counters.memory_bytes, 1'048'576);
    EXPECT_EQ(counters.memory_limit, 4'194'304);
    EXPECT_EQ(counters.start_seconds, 1.7e9);
    EXPECT_EQ(counters.pool_share, 0.45);
    EXPECT_EQ(counters.release, "abc\"d");
}

TEST(Metrics9090, LinesThatAreNoneArePassedOver) {
    EXPECT_FALSE(parse_series(""));
    EXPECT_FALSE(parse_series("# TYPE a counter"));
    EXPECT_FALSE(parse_series("name"));
    EXPECT_FALSE(parse_series("name{a=\"b\" 1"));
    EXPECT_FALSE(parse_series("name{a=\"b"));
    EXPECT_FALSE(parse_series("name{a=b} 1"));
    EXPECT_FALSE(parse_series("name one"));
    EXPECT_TRUE(parse_series("name{} 1"));
    EXPECT_EQ(
        read_metrics("http_requests_total -5\nhttp_requests_total NaN\n\x01\xff").requests, 0
    );
}

TEST(Metrics9090, EdgesOfOthersFallIntoOurBuckets) {
    const NodeCounters counters = read_metrics(
        "http_request_duration_seconds_bucket{le=\"0.3\"} 10\n"
        "http_request_duration_seconds_bucket{le=\"3\"} 15\n"
        "http_request_duration_seconds_bucket{le=\"60\"} 16\n"
    );
    EXPECT_EQ(counters.latency.buckets[8], 10);  // up to 0.5 s
    EXPECT_EQ(counters.latency.buckets[11], 5);  // up to 5 s
    EXPECT_EQ(counters.latency.buckets.back(), 1);
}

SteadyTime at(int second) { return SteadyTime(seconds(second)); }

NodeCounters node(double requests, double errors, double start = 1) {
    NodeCounters counters;
    counters.requests = requests;
    counters.errors = errors;
    counters.start_seconds = start;
    counters.memory_limit = 100;
    return counters;
}

balancer::ServerNow server(std::int64_t requests, std::int64_t failures) {
    balancer::ServerNow now;
    now.requests = requests;
    now.failures = failures;
    return now;
}

TEST(Windows, BeginWithWhatWasSeenFirst) {
    History history;
    history.add(at(0), node(1'000, 500), server(2'000, 7), {});
    EXPECT_EQ(history.whole().node, Counts());
    history.add(at(5), node(1'010, 501), server(2'011, 8), {});
    EXPECT_EQ(history.whole().node, (Counts{10, 1}));
    EXPECT_EQ(history.whole().balancer, (Counts{11, 1}));
}

TEST(Windows, AreAMinuteOrTheWhole) {
    History history;
    for (int i = 0; i <= 60; ++i) history.add(at(i * 5), node(i * 10, 0), std::nullopt, {});
    EXPECT_EQ(history.since(seconds(60)).node.requests, 120);
    EXPECT_EQ(history.seconds(seconds(60)), 60);
    EXPECT_EQ(history.whole().node.requests, 600);
    history.mark();
    history.add(at(305), node(610, 0), std::nullopt, {});
    EXPECT_EQ(history.whole().node.requests, 10);
    EXPECT_EQ(history.since(seconds(60)).node.requests, 10);
}

TEST(Windows, ARestartOfTheNodeIsCountedAndLosesNothingBehindIt) {
    History history;
    history.add(at(0), node(100, 0), std::nullopt, {});
    history.add(at(5), node(150, 0), std::nullopt, {});
    history.add(at(10), node(7, 2, 99), std::nullopt, {});
    EXPECT_EQ(history.whole().node, (Counts{57, 2}));
    EXPECT_EQ(history.whole().restarts, 1);
}

TEST(Windows, AReloadOfTheBalancerIsNoTraffic) {
    History history;
    history.add(at(0), std::nullopt, server(5'000, 10), {});
    history.add(at(5), std::nullopt, server(3, 1), {});
    EXPECT_EQ(history.whole().balancer, (Counts{3, 1}));
}

TEST(Windows, ANodeThatDoesNotAnswerIsJudgedByTheBalancer) {
    History history;
    history.add(at(0), node(0, 0), server(0, 0), {});
    history.add(at(5), std::nullopt, server(20, 20), {});
    Merge merge;
    merge.add(history.whole(), history.whole_seconds(), history);
    EXPECT_EQ(merge.finish().users, (Counts{20, 20}));
}

TEST(Windows, OurOwnProbesAreNoUsers) {
    History history;
    history.add(at(0), node(0, 0), server(0, 0), {});
    history.add(at(5), node(5, 1), server(0, 0), {.counts = {5, 1}});
    Merge merge;
    merge.add(history.whole(), history.whole_seconds(), history);
    EXPECT_EQ(merge.finish().users, Counts());
}

}  // namespace
}  // namespace acme::judge
