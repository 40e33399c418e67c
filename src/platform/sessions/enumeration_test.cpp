// Whether an address has an account must not show in how long an answer takes. What is held against
// each other is the work, not the time: the same statements, as often.
#include "testing/sessions_bench.hpp"

#include <map>
#include <sstream>

namespace acme::sessions {
namespace {

using testing::Browser;
using testing::SessionsBench;

/// How often each statement was run so far.
std::map<std::string, int> statements(SessionsBench& bench) {
    std::map<std::string, int> counts;
    std::istringstream text(bench.metrics.text());
    for (std::string line; std::getline(text, line);) {
        if (!line.starts_with("db_query_duration_seconds_count{")) continue;
        counts[line.substr(0, line.rfind(' '))] = std::atoi(line.c_str() + line.rfind(' '));
    }
    return counts;
}

/// What was run for one call, by name.
std::map<std::string, int> work_of(SessionsBench& bench, auto call) {
    const auto before = statements(bench);
    call();
    auto after = statements(bench);
    for (const auto& [name, count] : before) after[name] -= count;
    std::erase_if(after, [](const auto& entry) { return entry.second == 0; });
    return after;
}

TEST(Enumeration, AWrongPasswordIsTheSameWorkForEveryAddress) {
    SessionsBench bench;
    bench.add_user("ada@example.com");
    bench.wait(bench.node.accounts.create(
        bench.context, {}, {.email = "link@example.com", .name = "Only by link"}
    ));
    Browser browser = bench.browser();
    const auto try_as = [&](const std::string& email) {
        return work_of(bench, [&] {
            const std::string body = R"({"email":")" + email + R"(","password":"wrong battery"})";
            EXPECT_EQ(browser.post("/v1/auth/login", body).status, 401) << email;
        });
    };
    try_as("ada@example.com");  // with what a connection asks first
    const auto known = try_as("ada@example.com");
    EXPECT_FALSE(known.empty());
    EXPECT_EQ(known, try_as("nobody@example.com"));
    EXPECT_EQ(known, try_as("link@example.com")) << "who has no password";
}

}  // namespace
}  // namespace acme::sessions
