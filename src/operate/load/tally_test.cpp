#include "operate/load/tally.hpp"

#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

namespace acme::load {
namespace {

using std::chrono::milliseconds;

Outcome answered(int status, std::string release) {
    return {.kind = Kind::read, .status = status, .release = std::move(release)};
}

TEST(Tally, AnAnswerBelow500IsNoFailure) {
    Tally tally;

    for (const int status : {200, 304, 404, 429})
        tally.end(answered(status, "r-1"), milliseconds(1));

    EXPECT_EQ(tally.ended(), 4);
    EXPECT_EQ(tally.failed(), 0);
}

TEST(Tally, FailuresAreCountedByReleaseAndByReason) {
    Tally tally;
    tally.end(answered(200, "r-1"), milliseconds(1));
    tally.end(answered(500, "r-2"), milliseconds(2));
    tally.end(answered(503, "none"), milliseconds(3));
    tally.end({.kind = Kind::upload, .fault = "time-out"}, milliseconds(10'000));

    const auto json = tally.to_json();

    EXPECT_EQ(
        boost::json::serialize(json.at("failures")),
        R"({"status 500":1,"status 503":1,"time-out":1})"
    );
    EXPECT_EQ(json.at("releases").at("r-1").at("failed").as_uint64(), 0);
    EXPECT_EQ(json.at("releases").at("r-2").at("failed").as_uint64(), 1);
    EXPECT_EQ(json.at("releases").at("none").at("requests").as_uint64(), 2);
    EXPECT_EQ(json.at("kinds").at("upload").at("max_ms").as_double(), 10'000);
}

TEST(Tally, WhatWasNotSentIsNeitherAnsweredNorForgotten) {
    Tally tally;

    tally.skip();

    EXPECT_EQ(tally.ended(), 0);
    EXPECT_EQ(tally.to_json().at("not_sent").as_uint64(), 1);
}

TEST(Tally, ItSaysHowLateItWasItself) {
    Tally tally;
    for (int i = 0; i < 99; ++i) tally.begin(milliseconds(1));
    tally.begin(milliseconds(500));

    const auto json = tally.to_json();

    EXPECT_LT(json.at("late_ms").at("p99").as_double(), 1.1);
    EXPECT_EQ(json.at("late_ms").at("max").as_double(), 500);
}

TEST(Tally, ReleasesThatAreMadeUpFillNoMemory) {
    Tally tally;

    for (int i = 0; i < 1'000; ++i) {
        tally.end(answered(200, "r-" + std::to_string(i)), milliseconds(1));
    }

    const auto json = tally.to_json();
    EXPECT_EQ(json.at("releases").as_object().size(), Tally::releases_max + 1);
    EXPECT_EQ(json.at("releases").at("others").at("requests").as_uint64(), 968);
}

}  // namespace
}  // namespace acme::load
