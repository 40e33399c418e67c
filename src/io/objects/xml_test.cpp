#include "io/objects/xml.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace acme::objects::xml {
namespace {

TEST(Xml, EachElementIsVisitedAtItsEndWithItsPathAndText) {
    std::vector<std::pair<std::string, std::string>> seen;
    const bool ok = read(
        "<?xml version=\"1.0\"?>\n<A xmlns=\"urn:a\"><!-- > --><B>one &amp; "
        "&#116;w&#x6f;</B><C/></A>\n",
        [&](std::string_view path, std::string_view text) { seen.emplace_back(path, text); }
    );

    EXPECT_TRUE(ok);
    ASSERT_EQ(seen.size(), 3);
    EXPECT_EQ(seen[0], std::pair(std::string("A/B"), std::string("one & two")));
    EXPECT_EQ(seen[1].first, "A/C");
    EXPECT_EQ(seen[2].first, "A");
}

TEST(Xml, WhatIsNotWellFormedIsRefused) {
    const auto is_read = [](std::string_view text) { return read(text, [](auto, auto) {}); };
    for (const std::string_view bad :
         {"",
          "text",
          "<A>",
          "<A></B>",
          "</A>",
          "<A",
          "<A>&none;</A>",
          "<A>&#0;</A>",
          "<A>&#xd800;</A>",
          "<A>&amp</A>",
          "<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>",
          "<A><B></A></B>",
          "<></>"}) {
        EXPECT_FALSE(is_read(bad)) << bad;
    }
    std::string deep;
    for (int i = 0; i < 100'000; ++i) deep += "<a>";
    EXPECT_FALSE(is_read(deep));
}

TEST(Xml, EncodedTextComesBackAsItWas) {
    const std::string text = "a<b>&\"c\" 'd' \xc3\xa9";
    EXPECT_EQ(find("<A><B>" + encode(text) + "</B></A>", "A/B"), text);
    EXPECT_EQ(find("<A/>", "A/B"), "");
}

}  // namespace
}  // namespace acme::objects::xml
