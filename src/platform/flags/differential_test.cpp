// Random rule sets and random subjects: the compiled one, the explained one and the plain one
// agree.
#include "platform/flags/explain.hpp"
#include "platform/flags/interpreter_test.hpp"

#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

namespace acme::flags {
namespace {

constexpr WallTime now{std::chrono::sys_days(std::chrono::year(2026) / 11 / 29)};

class Maker {
public:
    explicit Maker(std::uint32_t seed) : engine_(seed) {}

    Ruleset ruleset() {
        Ruleset ruleset{.environment = "production", .version = 1};
        for (const char* key : {"staff", "beta"}) {
            Segment segment{.key = key};
            for (std::size_t i = below(20); i > 0; --i) segment.users.push_back(user());
            for (std::size_t i = below(3); i > 0; --i) segment.orgs.push_back(org());
            if (one_in(3)) segment.clauses.push_back(clause(false));
            ruleset.segments.push_back(std::move(segment));
        }
        const std::size_t count = 1 + below(6);
        for (std::size_t i = 0; i < count; ++i) ruleset.flags.push_back(flag(i));
        return ruleset;
    }

    plain::Attributes subject() {
        plain::Attributes attributes;
        if (!one_in(5)) attributes["user_id"] = user();
        if (!one_in(4)) attributes["org_id"] = org();
        if (!one_in(4)) attributes["region"] = pick({"eu-west", "us-east", "ap"});
        if (one_in(3)) attributes["device_id"] = "dev_" + std::to_string(below(1000));
        if (one_in(2)) attributes["age"] = std::to_string(below(100));
        if (one_in(2)) attributes["app"] = pick({"1.2.3", "2.0.0-rc.1", "2.0.0", "10.1.0", "x"});
        if (one_in(2)) attributes["ip"] = pick({"10.1.2.3", "192.168.0.9", "2001:db8::1", "no"});
        if (one_in(3))
            attributes["born"] = pick({"2020-01-01T00:00:00Z", "2030-05-05T10:00:00Z", "?"});
        if (one_in(4)) attributes["now"] = "2031-01-01T00:00:00Z";
        return attributes;
    }

    std::size_t below(std::size_t end) { return engine_() % end; }

private:
    bool one_in(std::size_t count) { return below(count) == 0; }
    std::string pick(std::vector<std::string> list) { return list[below(list.size())]; }
    std::string user() { return pick({"usr_", "Usr_", "ユーザー"}) + std::to_string(below(40)); }
    std::string org() { return "org_" + std::to_string(below(8)); }

    Clause clause(bool may_be_segment) {
        Clause clause{.negate = one_in(4)};
        const auto take =
            [&](Op op, const char* attribute, std::vector<std::string> from, std::size_t most) {
                clause.op = op;
                clause.attribute = attribute;
                for (std::size_t i = 1 + below(most); i > 0; --i)
                    clause.values.push_back(pick(from));
            };
        const auto op = static_cast<Op>(below(may_be_segment ? 20 : 18));
        switch (op) {
            case Op::in: in(clause); break;
            case Op::starts_with: take(op, "region", {"eu", "us-", "a"}, 2); break;
            case Op::ends_with: take(op, "region", {"t", "west", "P"}, 2); break;
            case Op::contains: take(op, "user_id", {"_1", "R_2", "ー3"}, 2); break;
            case Op::matches: take(op, "user_id", {"^usr_[0-4]", "7$", "(?i)USR"}, 2); break;
            case Op::lt:
            case Op::le:
            case Op::gt:
            case Op::ge:
            case Op::eq: take(op, "age", {"18", "50.5", "-1", "1e1"}, 3); break;
            case Op::semver_lt:
            case Op::semver_le:
            case Op::semver_eq:
            case Op::semver_ge:
            case Op::semver_gt: take(op, "app", {"2.0.0", "1.9.9", "2.0.0-rc.2"}, 2); break;
            case Op::before:
            case Op::after:
                take(
                    op,
                    one_in(2) ? "now" : "born",
                    {"2026-06-01T00:00:00Z", "2030-01-01T00:00:00Z"},
                    2
                );
                break;
            case Op::cidr: take(op, "ip", {"10.0.0.0/8", "2001:db8::/32", "192.168.0.9"}, 2); break;
            case Op::segment: take(op, "", {"staff", "beta"}, 2); break;
            case Op::present:
                clause.op = op;
                clause.attribute = pick({"user_id", "age", "nothing"});
                break;
        }
        const bool takes_case = op <= Op::contains;
        clause.ignores_case = takes_case && one_in(3);
        return clause;
    }

    void in(Clause& clause) {
        clause.attribute = pick({"user_id", "org_id", "region"});
        for (std::size_t i = below(25); i > 0; --i) {
            clause.values.push_back(
                clause.attribute == "region"    ? pick({"eu-west", "AP"})
                : clause.attribute == "user_id" ? user()
                                                : org()
            );
        }
    }

    Serve serve() {
        if (one_in(2)) return {.variant = pick({"a", "b", "c"}), .split = {}};
        const auto first = static_cast<std::uint32_t>(one_in(4) ? 0 : below(100'001));
        const auto second = static_cast<std::uint32_t>(below(100'001 - first));
        return {
            .variant = {}, .split = {{"a", first}, {"b", second}, {"c", whole - first - second}}
        };
    }

    Flag flag(std::size_t index) {
        Flag flag{.key = "flag-" + std::to_string(index), .type = ValueType::string};
        flag.variants = {{"a", "A"}, {"b", "B"}, {"c", "C"}};
        flag.is_enabled = !one_in(8);
        if (one_in(3)) flag.off_value = "off";
        flag.salt = "salt" + std::to_string(below(10)) + ":";
        if (one_in(4)) flag.bucket_by = {"device_id", "user_id"};
        for (std::size_t i = one_in(3) && index > 0 ? 1 + below(2) : 0; i > 0; --i) {
            flag.prerequisites.push_back(
                {.flag = "flag-" + std::to_string(below(index)),
                 .variants = {"a", "b"},
                 .or_none = one_in(3)}
            );
        }
        std::set<std::string> overridden;
        for (std::size_t i = one_in(3) ? below(12) : 0; i > 0; --i) {
            const bool is_user = one_in(2);
            Override one{
                .kind = is_user ? SubjectKind::user : SubjectKind::org,
                .id = is_user ? user() : org(),
                .variant = pick({"a", "b", "c"}),
                .expires_at = std::nullopt
            };
            if (one_in(3)) one.expires_at = now + std::chrono::hours(one_in(2) ? 1 : -1);
            if (overridden.insert(one.id).second) flag.overrides.push_back(std::move(one));
        }
        for (std::size_t i = below(5); i > 0; --i) flag.rules.push_back(rule(i));
        if (flag.rules.empty() || !one_in(4)) flag.fallthrough = serve();
        return flag;
    }

    Rule rule(std::size_t number) {
        Rule rule{.id = "r_" + std::to_string(number)};
        rule.is_enabled = !one_in(6);
        for (std::size_t i = below(4); i > 0; --i) rule.clauses.push_back(clause(true));
        if (one_in(2)) rule.rollout = static_cast<std::uint32_t>(one_in(5) ? 0 : below(100'001));
        if (one_in(5)) rule.bucket_by = {"org_id"};
        rule.serve = serve();
        return rule;
    }

    std::mt19937 engine_;
};

Subject subject_of(
    const std::shared_ptr<const Snapshot>& snapshot, const plain::Attributes& attributes
) {
    Subject subject(snapshot, now);
    for (const auto& [name, text] : attributes) subject.set(name, text);
    return subject;
}

std::string words(const plain::Attributes& attributes) {
    std::string words;
    for (const auto& [name, text] : attributes) words += name + "=" + text + " ";
    return words;
}

TEST(FlagsDifferential, TheCompiledRuleSetAnswersAsThePlainOne) {
    std::map<Reason, int> seen;
    for (std::uint32_t seed = 1; seed <= 1'500; ++seed) {
        Maker maker(seed);
        const Ruleset ruleset = maker.ruleset();
        const auto snapshot = Snapshot::compile(ruleset);
        ASSERT_TRUE(snapshot) << seed << snapshot.error().fields.front().pointer << " "
                              << snapshot.error().fields.front().detail;
        for (int i = 0; i < 20; ++i) {
            const plain::Attributes attributes = maker.subject();
            const Subject subject = subject_of(*snapshot, attributes);
            for (const Flag& flag : ruleset.flags) {
                const auto expected = plain::interpret(ruleset, flag, attributes, now);
                const auto got = plain::compiled(**snapshot, flag.key, subject);
                ++seen[got.reason];
                ASSERT_TRUE(got == expected)
                    << "seed " << seed << " " << words(attributes) << "\n"
                    << boost::json::serialize(to_json(flag)) << "\nexpected " << expected.variant
                    << " " << word_of(expected.reason) << " " << expected.rule << ", got "
                    << got.variant << " " << word_of(got.reason) << " " << got.rule;
            }
        }
    }
    EXPECT_EQ(seen.size(), 5U);  // all but error
}

TEST(FlagsDifferential, WhatIsExplainedIsWhatIsServed) {
    for (std::uint32_t seed = 1; seed <= 300; ++seed) {
        Maker maker(seed);
        const auto snapshot = Snapshot::compile(maker.ruleset()).value();
        for (int i = 0; i < 10; ++i) {
            const Subject subject = subject_of(snapshot, maker.subject());
            for (std::uint32_t flag = 0; flag < snapshot->size(); ++flag) {
                const auto explanation = explain(*snapshot, flag, subject);
                const auto served = evaluate(*snapshot, flag, subject);
                ASSERT_EQ(explanation.evaluation, served) << seed;
                const std::string rule(snapshot->rule_id(flag, served.rule));
                if (rule.empty()) continue;
                for (const Step& step : explanation.steps) {
                    if (step.rule == rule)
                        ASSERT_TRUE(step.is_met.value_or(false)) << seed << step.text;
                }
            }
        }
    }
}

TEST(FlagsDifferential, ADocumentIsReadAsItWasPrinted) {
    for (std::uint32_t seed = 1; seed <= 300; ++seed) {
        const Ruleset ruleset = Maker(seed).ruleset();
        const std::string text = boost::json::serialize(to_json(ruleset));
        const auto again = parse_ruleset(text);
        ASSERT_TRUE(again) << seed << again.error().fields.front().pointer
                           << again.error().fields.front().detail;
        ASSERT_EQ(boost::json::serialize(to_json(*again)), text) << seed;
    }
}

TEST(FlagsDifferential, WhetherMembersStandInAListDecidesNothing) {
    for (std::uint32_t seed = 1; seed <= 200; ++seed) {
        Maker maker(seed);
        const Ruleset ruleset = maker.ruleset();
        Ruleset other = ruleset;
        MemberLists lists;
        for (Segment& segment : other.segments) {
            segment.list = std::string(list_id_digits - 1, '0') + std::to_string(lists.size());
            lists[segment.list] = std::make_shared<const MemberList>(
                Members(std::exchange(segment.users, {})), Members(std::exchange(segment.orgs, {}))
            );
        }
        const auto within = Snapshot::compile(ruleset).value();
        const auto apart = Snapshot::compile(other, lists).value();
        for (int i = 0; i < 20; ++i) {
            const plain::Attributes attributes = maker.subject();
            for (const Flag& flag : ruleset.flags) {
                const auto here =
                    plain::compiled(*within, flag.key, subject_of(within, attributes));
                const auto there = plain::compiled(*apart, flag.key, subject_of(apart, attributes));
                ASSERT_TRUE(here == there) << seed;
            }
        }
    }
}

TEST(FlagsDifferential, TheOrderOfFlagsAndTheirNamesDecideNothing) {
    for (std::uint32_t seed = 1; seed <= 200; ++seed) {
        Maker maker(seed);
        const Ruleset ruleset = maker.ruleset();
        Ruleset other = ruleset;
        std::ranges::reverse(other.flags);
        for (Flag& flag : other.flags) {
            flag.key += "-renamed";
            for (Prerequisite& one : flag.prerequisites) one.flag += "-renamed";
        }
        const auto first = Snapshot::compile(ruleset).value();
        const auto second = Snapshot::compile(other).value();
        for (int i = 0; i < 10; ++i) {
            const plain::Attributes attributes = maker.subject();
            for (const Flag& flag : ruleset.flags) {
                auto before = plain::compiled(*first, flag.key, subject_of(first, attributes));
                auto after =
                    plain::compiled(*second, flag.key + "-renamed", subject_of(second, attributes));
                before.prerequisite = after.prerequisite;
                ASSERT_TRUE(before == after) << seed;
            }
        }
    }
}

}  // namespace
}  // namespace acme::flags
