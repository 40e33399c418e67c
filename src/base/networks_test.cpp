#include "base/networks.hpp"

#include <gtest/gtest.h>

namespace acme {
namespace {

TEST(Networks, HoldTheAddressesWithinThem) {
    const auto networks = Networks::parse("127.0.0.0/8, 10.1.2.3,::1, fd00::/8");
    ASSERT_TRUE(networks);
    for (const char* inside : {"127.0.0.1", "127.255.0.3", "10.1.2.3", "::1", "fdab::7"}) {
        EXPECT_TRUE(networks->contains(inside)) << inside;
    }
    for (const char* outside : {"128.0.0.1", "10.1.2.4", "::2", "fe80::1", "", "127.0.0.1 ", "x"}) {
        EXPECT_FALSE(networks->contains(outside)) << outside;
    }
}

TEST(Networks, NoneHoldsNothing) {
    EXPECT_TRUE(Networks::parse("")->empty());
    EXPECT_FALSE(Networks::parse("")->contains("127.0.0.1"));
    EXPECT_TRUE(Networks::parse("0.0.0.0/0")->contains("8.8.8.8"));
    EXPECT_FALSE(Networks::parse("0.0.0.0/0")->contains("::1"));
}

TEST(Networks, WhatIsNoneIsRefused) {
    for (const char* bad :
         {"10.0.0.0/33", "10.0.0", "10.0.0.0/", "::/129", "localhost", "1.2.3.4/-1"}) {
        EXPECT_FALSE(Networks::parse(bad)) << bad;
    }
}

TEST(Networks, NeighboursShareTheirNetwork) {
    EXPECT_EQ(neighbourhood_of("192.0.2.1"), neighbourhood_of("192.0.2.200"));
    EXPECT_NE(neighbourhood_of("192.0.2.1"), neighbourhood_of("192.0.3.1"));
    EXPECT_EQ(neighbourhood_of("2001:db8::1"), neighbourhood_of("2001:db8::ffff:1"));
    EXPECT_NE(neighbourhood_of("2001:db8::1"), neighbourhood_of("2001:db8:0:1::1"));
    EXPECT_EQ(neighbourhood_of("unknown"), "unknown");
}

}  // namespace
}  // namespace acme
