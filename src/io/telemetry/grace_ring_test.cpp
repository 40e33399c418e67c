#include "io/telemetry/grace_ring.hpp"

#include <gtest/gtest.h>
#include <prometheus/counter.h>

namespace acme::trace {
namespace {

using std::chrono::seconds;

struct GraceRingTest : ::testing::Test {
    TraceId put(GraceRing& ring, std::size_t text_bytes = 20) {
        {
            Span request(trace.begin(std::nullopt, 0), "GET /x", SpanKind::server);
            request.set("url.path", std::string(text_bytes, 'p'));
            Span query(request.context(), "x.find", SpanKind::client);
            query.set("rows", 3);
            clock.advance(std::chrono::milliseconds(2));
        }
        trace.request_id = "req_1";
        ring.put(trace);
        return trace.id();
    }

    double overruns() { return metrics.counter("trace_grace_overruns_total", "").Value(); }

    ManualClock clock{WallTime(std::chrono::days(20'000))};
    SeededRandom random{1};
    Metrics metrics;
    Trace trace{clock, random};
};

TEST_F(GraceRingTest, ATraceComesOutAsItWentInAndOnlyOnce) {
    GraceRing ring(1 << 16, clock, random, metrics);
    const TraceId id = put(ring);
    put(ring);

    const auto kept = ring.keep(id);

    ASSERT_EQ(kept.size(), 1);
    EXPECT_EQ(kept[0].id(), id);
    EXPECT_TRUE(kept[0].is_worth_keeping());
    EXPECT_EQ(kept[0].request_id, "req_1");
    ASSERT_EQ(kept[0].spans().size(), 2);
    EXPECT_EQ(kept[0].spans()[1].parent, kept[0].spans()[0].id);
    EXPECT_EQ(kept[0].spans()[0].duration, std::chrono::milliseconds(2));
    ASSERT_EQ(kept[0].attributes().size(), 2);
    EXPECT_EQ(std::get<std::string>(kept[0].attributes()[0].value), std::string(20, 'p'));
    EXPECT_EQ(std::get<std::int64_t>(kept[0].attributes()[1].value), 3);
    EXPECT_TRUE(ring.keep(id).empty());
}

TEST_F(GraceRingTest, TheOldestMakeRoomAndTheNewestStay) {
    GraceRing ring(10'000, clock, random, metrics);
    std::vector<TraceId> ids;
    for (std::size_t i = 0; i < 5'000; ++i) {
        ids.push_back(put(ring, random.number() % 900));
        clock.advance(seconds(5));
        ASSERT_EQ(ring.keep(ids[i]).size(), 1) << i;
        ids[i] = put(ring, random.number() % 900);
        clock.advance(seconds(5));
        if (i > 100) ASSERT_TRUE(ring.keep(ids[i - 100]).empty());
    }
    EXPECT_EQ(ring.keep(ids.back()).size(), 1);
    EXPECT_EQ(overruns(), 0);
}

TEST_F(GraceRingTest, WhatHasToLeaveTooSoonIsCounted) {
    GraceRing ring(10'000, clock, random, metrics);
    for (int i = 0; i < 100; ++i) put(ring);
    EXPECT_GT(overruns(), 50);
    trace.begin(std::nullopt, 0);
    put(ring, 20'000);  // larger than all of it
}

}  // namespace
}  // namespace acme::trace
