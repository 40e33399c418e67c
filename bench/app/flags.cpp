// What an evaluation costs, in this process: no server, no database. The fixture is the one that
// the peers were measured with (design/flags.md, 3.1): 100 flags, each with three rules. Prints one
// JSON object: nanoseconds of a call, the median of seven rounds, and bytes.
#include "platform/flags/flags.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>
#include <malloc.h>

namespace {

using namespace acme;
using namespace acme::flags;

constexpr int rounds = 7;
constexpr Handle<bool> asked{"flag-7", false};
constexpr Handle<bool> idle{"flag-4", false};

/// Keeps the compiler from leaving out what nobody reads.
template <class T>
void keep(const T& value) {
    asm volatile("" : : "r,m"(value) : "memory");
}

/// Of this thread alone: what else runs on the machine does not count.
double seconds_used() {
    timespec used{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) * 1e-9;
}

template <class Call>
double nanoseconds(int calls, Call call) {
    std::array<double, rounds> times{};
    for (double& time : times) {
        const double began = seconds_used();
        for (int i = 0; i < calls; ++i) call(i);
        time = (seconds_used() - began) * 1e9 / calls;
    }
    std::ranges::sort(times);
    return times[rounds / 2];
}

std::vector<std::string> ids(const char* prefix, int from, int count) {
    std::vector<std::string> list;
    for (int i = 0; i < count; ++i) list.push_back(prefix + std::to_string(from + i));
    return list;
}

Flag fixture_flag(int number) {
    Flag flag{.key = "flag-" + std::to_string(number), .variants = bool_variants()};
    flag.is_enabled = number % 5 != 4;  // one of five is off
    flag.salt = "k3x9f" + std::to_string(100 + number) + ":";
    const Serve on{.variant = "on"};
    Rule orgs{.id = "r_1", .serve = on};
    orgs.clauses = {{.attribute = "org_id", .op = Op::in, .values = ids("org-", number, 5)}};
    Rule share{.id = "r_2", .rollout = 25'000, .serve = on};
    share.clauses = {{.attribute = "region", .op = Op::in, .values = {"eu-west-1", "eu-central-1"}}
    };
    Rule users{.id = "r_3", .serve = on};
    users.clauses = {
        {.attribute = "user_id", .op = Op::in, .values = ids("user-", number * 100, 20)}
    };
    flag.rules = {orgs, share, users};
    flag.fallthrough = Serve{.variant = "off"};
    return flag;
}

std::shared_ptr<const Snapshot> fixture(int count) {
    Ruleset ruleset{.environment = "production", .version = 1};
    for (int i = 0; i < count; ++i) ruleset.flags.push_back(fixture_flag(i));
    return Snapshot::compile(std::move(ruleset)).value();
}

std::string member(int number) {
    const std::string digits = std::to_string(100'000'000 + number);
    return "usr_01hzy3k8m5q7r9t1v3" + digits.substr(1);  // 30 characters, as our ids have
}

std::shared_ptr<const Snapshot> with_list() {
    Ruleset ruleset{.environment = "production", .version = 1};
    Segment segment{.key = "list"};
    segment.users.reserve(1'000'000);
    for (int i = 0; i < 1'000'000; ++i) segment.users.push_back(member(i));
    ruleset.segments.push_back(std::move(segment));
    Flag flag = fixture_flag(0);
    Rule rule{.id = "r_1", .serve = {.variant = "on"}};
    rule.clauses = {{.op = Op::segment, .values = {"list"}}};
    flag.rules = {rule};
    ruleset.flags.push_back(std::move(flag));
    return Snapshot::compile(std::move(ruleset)).value();
}

/// What `make` leaves in memory.
template <class Make>
std::size_t bytes_of(Make make) {
    malloc_trim(0);
    const auto used = [] { return mallinfo2().uordblks + mallinfo2().hblkhd; };
    const std::size_t before = used();
    const auto made = make();
    return used() - before;
}

Subject subject_for(Flags& flags, const char* user, const char* org, const char* region) {
    Subject subject = flags.subject(WallTime{});
    subject.set("user_id", user);
    subject.set("org_id", org);
    subject.set("region", region);
    return subject;
}

void bulk(Flags& flags, const Subject& subject, std::string& body) {
    body.assign("{\"flags\":[");
    for (const Answer& answer : flags.evaluate_all(subject)) {
        body.append(body.ends_with('[') ? "{" : ",{").append(answer.members);
        body.append(",\"reason\":\"").append(word_of(answer.evaluation.reason)).append("\"}");
    }
    body.append("]}");
}

boost::json::object evaluations() {
    Metrics metrics;
    SystemClock clock;
    Depot off_depot(metrics, clock, false, "production");
    Flags off(off_depot);
    Depot depot(metrics, clock, true, "production");
    depot.put(fixture(100));
    Flags flags(depot);
    const Subject nobody = off.subject(WallTime{});
    const Subject first = subject_for(flags, "user-1003", "org-9", "eu-west-1");
    const Subject second = subject_for(flags, "user-1003", "org-99", "eu-west-1");
    const Subject third = subject_for(flags, "user-719", "org-99", "us-east-1");
    const Subject none = subject_for(flags, "user-1003", "org-99", "us-east-1");
    constexpr int calls = 3'000'000;
    const auto get = [&](const Subject& subject) {
        return nanoseconds(calls, [&](int) { keep(flags.get(asked, subject)); });
    };
    boost::json::object ns;
    ns["switched_off"] = nanoseconds(calls, [&](int) { keep(off.get(asked, nobody)); });
    ns["disabled"] = nanoseconds(calls, [&](int) { keep(flags.get(idle, first)); });
    ns["rule_1"] = get(first);
    ns["rule_2"] = get(second);
    ns["rule_3"] = get(third);
    ns["no_rule"] = get(none);
    std::string name = "flag-7";
    ns["by_name"] = nanoseconds(calls, [&](int) {
        keep(name);
        keep(flags.evaluate(second.snapshot()->find(name).value(), second));
    });
    ns["bulk_100"] = nanoseconds(30'000, [&](int) {
        for (std::uint32_t flag = 0; flag < 100; ++flag) keep(flags.evaluate(flag, second));
    });
    std::string body;
    ns["bulk_100_json"] = nanoseconds(30'000, [&](int) {
        bulk(flags, second, body);
        keep(body);
    });
    return ns;
}

double membership() {
    const auto snapshot = with_list();
    std::vector<Subject> subjects;
    constexpr int count = 20'000;
    for (int i = 0; i < count; ++i) {
        subjects.emplace_back(snapshot, WallTime{});
        // Half of them are members, and no two near each other.
        subjects.back().set("user_id", member(i * 99'991 % 2'000'000));
    }
    return nanoseconds(count, [&](int i) {
        keep(evaluate(*snapshot, 0, subjects[static_cast<std::size_t>(i)]));
    });
}

}  // namespace

int main() {
    boost::json::object ns = evaluations();
    ns["member_of_million"] = membership();
    const boost::json::object all{
        {"ns", std::move(ns)},
        {"bytes",
         {{"flags_1000", bytes_of([] { return fixture(1'000); })},
          {"million_members", bytes_of(with_list)}}},
        {"goals",
         {{"switched_off", 1},
          {"disabled", 3},
          {"rule_1", 30},
          {"rule_2", 30},
          {"rule_3", 30},
          {"no_rule", 30},
          {"by_name", 45},
          {"bulk_100_json", 5'000},
          {"member_of_million", 200},
          {"flags_1000", 10'000'000},
          {"million_members", 64'000'000}}}
    };
    std::puts(boost::json::serialize(all).c_str());
}
