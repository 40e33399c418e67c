// What SDKs send: a context in a query, and counts.
#include "platform/unleash/reports.hpp"

#include "platform/flags/flags.hpp"
#include "testing/bench.hpp"
#include "testing/text_body.hpp"

#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

namespace acme::unleash {
namespace {

namespace json = boost::json;

TEST(UnleashReports, AQueryIsAContext) {
    testing::TextBody body("");
    const http::Request request{
        .target = "/api/frontend?userId=a%20b&properties[plan]=gold&properties%5Bx%5D=1+2&bad=%zz&",
        .body = body
    };
    EXPECT_EQ(
        json::value(context_of(request)),
        json::parse(R"({"userId": "a b", "properties": {"plan": "gold", "x": "1 2"}})")
    );
    const http::Request bare{.target = "/api/frontend", .body = body};
    EXPECT_EQ(json::value(context_of(bare)), json::parse(R"({"properties": {}})"));
}

TEST(UnleashReports, AreCountedWithOurOwnEvaluations) {
    testing::DryBench bench;
    flags::Depot depot(bench.metrics, bench.clock, true, "production");
    depot.put(flags::Snapshot::compile(
                  flags::parse_ruleset(
                      R"({"environment": "production", "version": 1, "segments": [], "flags": [
            {"key": "a", "type": "bool", "enabled": true, "salt": "s:", "fallthrough": {"variant": "off"}},
            {"key": "b", "type": "string", "enabled": true, "salt": "s:",
             "variants": [{"key": "x", "value": "1"}, {"key": "enabled", "value": ""}],
             "fallthrough": {"variant": "x"}}]})"
                  )
                      .value()
    )
                  .value());
    flags::Flags flags(depot);
    const auto report = json::parse(R"({"bucket": {"toggles": {
        "a": {"yes": 5, "no": 7, "variants": {"disabled": 5}},
        "b": {"yes": 9, "no": 1, "variants": {"x": 6, "disabled": 2}},
        "gone": {"yes": 1, "no": 0}, "c": 7}}})");
    ASSERT_TRUE(count_report(report.as_object(), flags, flags.subject(bench.clock.now())));
    std::map<std::string, std::uint64_t> counted;
    for (const flags::Count& one : depot.counts()) {
        if (one.count > 0) counted[one.flag + " " + one.result] = one.count;
    }
    const std::map<std::string, std::uint64_t> expected{
        {"a true", 5}, {"a false", 7}, {"b x", 6}, {"b enabled", 3}, {"b default", 1}
    };
    EXPECT_EQ(counted, expected);
    const auto refused = count_report({{"bucket", 7}}, flags, flags.subject(bench.clock.now()));
    EXPECT_EQ(refused.error().code.text(), "unleash.report");
}

}  // namespace
}  // namespace acme::unleash
