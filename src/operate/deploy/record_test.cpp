#include "operate/deploy/record.hpp"

#include "testing/bench.hpp"

namespace acme::deploy {
namespace {

TEST(Record, IsReadBackAsItWasWritten) {
    const Record record{
        .deployment = {{.high = 1, .low = 2}},
        .seq = 7,
        .at = testing::start,
        .kind = "note",
        .data = {{"text", "a \"quoted\" line\n"}},
    };

    const auto read = Record::parse(record.line());

    ASSERT_TRUE(read);
    EXPECT_EQ(read->line(), record.line());
    const auto old = Record::parse(
        R"({"deployment":")" + record.deployment.str() +
        R"(","seq":8,"at":0,"kind":"note","data":{"text":")" + "\xff" + R"(\u0000"}})"
    );
    ASSERT_TRUE(old);
    EXPECT_EQ(old->text("text"), "\xef\xbf\xbd\xef\xbf\xbd");
    for (const char* broken : {"", "{}", "[1]", "{\"deployment\":1}", "not json"}) {
        EXPECT_FALSE(Record::parse(broken)) << broken;
    }
}

TEST(Record, WhatSomebodyWroteIsKeptWithoutItsSecretsAndDigestsAsTheyAre) {
    const std::string digest = "sha256:" + std::string(64, '4');
    Record record{
        .deployment = {},
        .at = testing::start,
        .kind = "begun",
        .data =
            {{"reason", "for Ada, password=hunter22"},
             {"digest", digest},
             {"release", "4444333322221111"},
             {"now", {{"reason", "GET /x?token=hunter22 was answered 500"}}}},
    };

    record.make_storable();

    EXPECT_EQ(record.line().find("hunter22"), std::string::npos) << record.line();
    EXPECT_NE(record.text("reason").find("for Ada"), std::string::npos);
    EXPECT_EQ(record.text("digest"), digest);
    EXPECT_EQ(record.text("release"), "4444333322221111");
}

}  // namespace
}  // namespace acme::deploy
