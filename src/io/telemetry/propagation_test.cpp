// The cases of the W3C's own test harness (trace-context, test/test.py, at both levels), as tables.
#include "io/telemetry/propagation.hpp"

#include "io/telemetry/trace.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace acme::trace {
namespace {

struct Header {
    std::string name;
    std::string value;
};

using Headers = std::vector<Header>;

constexpr auto given_id = "12345678901234567890123456789012";
const std::string given_parent = "00-12345678901234567890123456789012-1234567890123456-00";

/// What we send on for a request that came with `headers`.
struct Sent {
    std::string traceparent;
    std::string tracestate;
};

Sent pass(const Headers& headers, double share = 0) {
    ManualClock clock{WallTime(std::chrono::days(20'000))};
    SeededRandom random{1};
    Trace trace(clock, random);
    Span span(trace.begin(read_parent(headers), share), "x", SpanKind::server);
    return {span.context().traceparent(), span.context().tracestate()};
}

bool keeps_id(const std::string& traceparent) {
    const Sent sent = pass({{"traceparent", traceparent}});
    EXPECT_TRUE(parse_traceparent(sent.traceparent)) << traceparent;
    return sent.traceparent.substr(3, 32) == given_id;
}

std::string state_after(const std::vector<std::string>& values) {
    Headers headers{{"traceparent", given_parent}};
    for (const std::string& value : values) headers.push_back({"tracestate", value});
    const Sent sent = pass(headers);
    EXPECT_EQ(sent.traceparent.substr(3, 32), given_id);  // never hurt by a bad tracestate
    return sent.tracestate;
}

TEST(Propagation, WithoutHeadersATraceBeginsHere) {
    const Sent sent = pass({});
    EXPECT_TRUE(parse_traceparent(sent.traceparent));
    EXPECT_TRUE(sent.traceparent.ends_with("-02"));  // random, not sampled
    EXPECT_EQ(sent.tracestate, "");
}

TEST(Propagation, TheIdStaysAndTheParentIsNew) {
    const Sent sent =
        pass({{"traceparent", "00-12345678901234567890123456789012-1234567890123456-01"}});
    EXPECT_EQ(sent.traceparent.substr(3, 32), given_id);
    EXPECT_NE(sent.traceparent.substr(36, 16), "1234567890123456");
}

TEST(Propagation, TwoTraceparentsBeginANewTrace) {
    const Sent sent = pass({
        {"traceparent", "00-12345678901234567890123456789011-1234567890123456-01"},
        {"traceparent", "00-12345678901234567890123456789012-1234567890123456-01"},
        {"tracestate", "foo=1"},
    });
    EXPECT_NE(sent.traceparent.substr(3, 31), std::string(given_id).substr(0, 31));
    EXPECT_EQ(sent.tracestate, "");
}

TEST(Propagation, HeaderNamesAreThoseInAnyCase) {
    for (const char* name : {"TraceParent", "TrAcEpArEnT", "TRACEPARENT"}) {
        EXPECT_EQ(pass({{name, given_parent}}).traceparent.substr(3, 32), given_id);
    }
    for (const char* name : {"trace-parent", "trace.parent"}) {
        EXPECT_NE(pass({{name, given_parent}}).traceparent.substr(3, 32), given_id);
    }
    for (const char* name : {"TraceState", "TrAcEsTaTe", "TRACESTATE"}) {
        EXPECT_EQ(pass({{"traceparent", given_parent}, {name, "foo=1"}}).tracestate, "foo=1");
    }
    for (const char* name : {"trace-state", "trace.state"}) {
        EXPECT_EQ(pass({{"traceparent", given_parent}, {name, "foo=1"}}).tracestate, "");
    }
}

TEST(Propagation, ValidTraceparentsAreTakenOver) {
    for (const char* header : {
             "00-12345678901234567890123456789012-1234567890123456-01",
             "cc-12345678901234567890123456789012-1234567890123456-01",
             "cc-12345678901234567890123456789012-1234567890123456-01-what-the-future-will-be-like",
             " 00-12345678901234567890123456789012-1234567890123456-01",
             "\t00-12345678901234567890123456789012-1234567890123456-01",
             "00-12345678901234567890123456789012-1234567890123456-01 ",
             "00-12345678901234567890123456789012-1234567890123456-01\t",
             "\t 00-12345678901234567890123456789012-1234567890123456-01 \t",
         }) {
        EXPECT_TRUE(keeps_id(header)) << header;
    }
}

TEST(Propagation, InvalidTraceparentsBeginANewTrace) {
    for (const char* header : {
             "",
             "00-12345678901234567890123456789012-1234567890123456-01.",
             "00-12345678901234567890123456789012-1234567890123456-01-what-the-future-will-be-like",
             "cc-12345678901234567890123456789012-1234567890123456-01.what-the-future-will-be-like",
             "ff-12345678901234567890123456789012-1234567890123456-01",
             ".0-12345678901234567890123456789012-1234567890123456-01",
             "0.-12345678901234567890123456789012-1234567890123456-01",
             "000-12345678901234567890123456789012-1234567890123456-01",
             "0000-12345678901234567890123456789012-1234567890123456-01",
             "0-12345678901234567890123456789012-1234567890123456-01",
             "00-.2345678901234567890123456789012-1234567890123456-01",
             "00-1234567890123456789012345678901.-1234567890123456-01",
             "00-123456789012345678901234567890123-1234567890123456-01",
             "00-1234567890123456789012345678901-1234567890123456-01",
             "00-12345678901234567890123456789012-0000000000000000-01",
             "00-12345678901234567890123456789012-.234567890123456-01",
             "00-12345678901234567890123456789012-123456789012345.-01",
             "00-12345678901234567890123456789012-12345678901234567-01",
             "00-12345678901234567890123456789012-123456789012345-01",
             "00-12345678901234567890123456789012-1234567890123456-.0",
             "00-12345678901234567890123456789012-1234567890123456-0.",
             "00-12345678901234567890123456789012-1234567890123456-001",
             "00-12345678901234567890123456789012-1234567890123456-1",
             "00-1234567890123456789012345678901A-1234567890123456-01",
         }) {
        EXPECT_FALSE(keeps_id(header)) << header;
    }
    EXPECT_FALSE(parse_traceparent("00-00000000000000000000000000000000-1234567890123456-01"));
}

TEST(Propagation, ATracestateAloneIsDropped) {
    EXPECT_EQ(pass({{"tracestate", "foo=1"}}).tracestate, "");
}

TEST(Propagation, ValidTracestatesArePassedOn) {
    EXPECT_EQ(state_after({"foo=1,bar=2"}), "foo=1,bar=2");
    EXPECT_EQ(
        state_after({"foo=1,bar=2", "rojo=1,congo=2", "baz=3"}), "foo=1,bar=2,rojo=1,congo=2,baz=3"
    );
    EXPECT_EQ(state_after({""}), "");
    EXPECT_EQ(state_after({"foo=1", ""}), "foo=1");
    EXPECT_EQ(state_after({"", "foo=1"}), "foo=1");
    for (const char* value :
         {"foo=1 \t , \t bar=2, \t baz=3", "foo=1\t \t,\t \tbar=2,\t \tbaz=3"}) {
        EXPECT_EQ(state_after({value}), "foo=1,bar=2,baz=3");
    }
    for (const char* value : {" foo=1", "\tfoo=1", "foo=1 ", "foo=1\t", "\t foo=1 \t"}) {
        EXPECT_EQ(state_after({value}), "foo=1");
    }
}

TEST(Propagation, AllCharactersThatTheStandardAllowsAreTaken) {
    std::string value;
    for (char c = ' '; c <= '~'; ++c) {
        if (c != ',' && c != '=') value += c;
    }
    for (const std::string key :
         {"abcdefghijklmnopqrstuvwxyz0123456789_-*/", "abc0123456789_-*/@a-z0-9_-*/", "0a"}) {
        EXPECT_EQ(state_after({key + "=" + value}), key + "=" + value);
    }
}

TEST(Propagation, InvalidTracestatesAreDroppedAsAWhole) {
    for (const char* value :
         {"foo =1",
          "FOO=1",
          "foo.bar=1",
          "@foo=1,bar=2",
          "foo=bar=baz",
          "foo=,bar=3",
          "foo,bar=2",
          "foo=1,foo=1",
          "foo=1,foo=2",
          "foo=\x7f",
          "foo=\xc3\xa9",
          "=1",
          "foo=1;bar\x01=2"}) {
        EXPECT_EQ(state_after({value}), "") << value;
    }
    EXPECT_EQ(state_after({"foo=1", "foo=2"}), "");
}

TEST(Propagation, TracestateKeepsItsLimits) {
    std::string members;
    for (int i = 1; i <= 32; ++i)
        members += (i > 1 ? ",bar" : "bar") + std::to_string(i) + "=" + std::to_string(i);
    EXPECT_EQ(state_after({members}), members);
    EXPECT_EQ(state_after({members + ",bar33=33"}), "");
    EXPECT_EQ(
        state_after({"foo=1," + std::string(256, 'z') + "=1"}),
        "foo=1," + std::string(256, 'z') + "=1"
    );
    EXPECT_EQ(state_after({"foo=1," + std::string(257, 'z') + "=1"}), "");
    EXPECT_EQ(state_after({"foo=" + std::string(256, 'v')}), "foo=" + std::string(256, 'v'));
    EXPECT_EQ(state_after({"foo=" + std::string(257, 'v')}), "");

    const std::string ours =
        pass({{"traceparent", given_parent}, {"tracestate", members}}, 1).tracestate;
    EXPECT_TRUE(ours.starts_with("ot=th:0,bar1=1,"));
    EXPECT_TRUE(ours.ends_with(",bar31=31"));  // the rightmost one makes room
}

TEST(Propagation, TheRandomFlagIsPassedOnAsItCame) {
    const auto flags = [](const char* given) {
        return pass({{"traceparent", given_parent.substr(0, 53) + given}}).traceparent.substr(53);
    };
    EXPECT_EQ(flags("00"), "00");
    EXPECT_EQ(flags("02"), "02");
    EXPECT_EQ(flags("fe"), "02");  // what we do not know is zero
}

TEST(Propagation, OurThresholdReplacesTheOneThatCameAndLeavesTheRest) {
    EXPECT_EQ(with_threshold("", "e666"), "ot=th:e666");
    EXPECT_EQ(
        with_threshold("foo=1,ot=rv:abcdef01234567;th:8;x:1,bar=2", "e666"),
        "ot=th:e666;rv:abcdef01234567;x:1,foo=1,bar=2"
    );
    EXPECT_EQ(with_threshold("foo=1,ot=th:8", ""), "foo=1");
}

TEST(Propagation, AShareIsAThresholdOfFourDigits) {
    EXPECT_EQ(Threshold(0.1).text(), "e666");
    EXPECT_EQ(Threshold(0.5).text(), "8");
    EXPECT_EQ(Threshold(1).text(), "0");
    EXPECT_TRUE(Threshold(1).takes(0));
    EXPECT_FALSE(Threshold(0).takes(~std::uint64_t{0} >> 8));
    EXPECT_FALSE(Threshold(0.1).takes(0xe665ffffffffff));
    EXPECT_TRUE(Threshold(0.1).takes(0xe6660000000000));
}

TEST(Propagation, TheRandomnessIsThatOfTheIdUnlessAPeerGaveIt) {
    const TraceId id{0xffff, 0xffe6660000000001};
    EXPECT_EQ(randomness_of(id, ""), 0xe6660000000001);
    EXPECT_EQ(randomness_of(id, "ot=th:8;rv:00000000000001"), 1);
    EXPECT_EQ(randomness_of(id, "ot=rv:xyz"), 0xe6660000000001);
}

}  // namespace
}  // namespace acme::trace
