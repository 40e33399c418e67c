#include "io/telemetry/log.hpp"

#include <gtest/gtest.h>

namespace acme {
namespace {

struct LogTest : ::testing::Test {
    ManualClock clock{WallTime(std::chrono::sys_days(std::chrono::year(2026) / 11 / 23))};
    std::string written;
    Log log{clock, LogLevel::info, [this](std::string_view line) { written += line; }};
};

TEST_F(LogTest, ALineIsOneJsonObject) {
    SeededRandom random{1};
    trace::Trace trace(clock, random);
    const auto parent =
        trace::parse_traceparent("00-00000000000000010000000000000002-b7ad6b7169203331-01");
    log.write(
        LogLevel::warn,
        "disk",
        trace.begin(parent, 0),
        {{"path", "/a\"b\n"}, {"used", 90}, {"load", 0.5}}
    );
    EXPECT_EQ(
        written,
        R"({"timestamp":"2026-11-23T00:00:00.000000Z","level":"warn","message":"disk",)"
        R"("trace_id":"00000000000000010000000000000002","path":"/a\"b\n","used":90,"load":0.5})"
        "\n"
    );
}

TEST_F(LogTest, WhatIsBelowTheLevelIsNotWritten) {
    log.write(LogLevel::debug, "detail", {}, {});
    EXPECT_EQ(written, "");
}

TEST_F(LogTest, BytesThatAreNoTextDoNotSpoilTheLine) {
    log.info("x", {{"name", "a\xff\xc3\xa9\xed\xa0\x80"}});
    EXPECT_NE(written.find("\"a\\ufffd\xc3\xa9\\ufffd\\ufffd\\ufffd\""), std::string::npos);
}

TEST_F(LogTest, SecretsAreMaskedByNameAndBySight) {
    EXPECT_EQ(redacted("password", "hunter2"), "[redacted]");
    EXPECT_EQ(redacted("x_api_key_old", "hunter2"), "[redacted]");
    EXPECT_EQ(redacted("reason", "sent Bearer abc.def, got 401"), "sent [redacted], got 401");
    EXPECT_EQ(redacted("reason", "token eyJhbGciOi.x.y expired"), "token [redacted] expired");
    EXPECT_EQ(redacted("reason", "ack_1_a ack_2_b"), "[redacted] [redacted]");
    EXPECT_EQ(
        redacted("url", "postgres://acme:hunter2@db:5432/x"), "postgres://acme:[redacted]@db:5432/x"
    );
    EXPECT_EQ(redacted("reason", "plain text: fine"), "plain text: fine");
}

}  // namespace
}  // namespace acme
