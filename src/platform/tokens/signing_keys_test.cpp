// The states of keys, which follow from the times alone.
#include "platform/tokens/signing_keys.hpp"

#include <gtest/gtest.h>

namespace acme::tokens {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

const WallTime start = std::chrono::sys_days(std::chrono::year(2026) / 1 / 1);

std::vector<SigningKey> keys_at(std::initializer_list<WallTime> times) {
    std::vector<SigningKey> keys;
    for (const WallTime time : times) keys.push_back({.id = "k", .active_at = time});
    return keys;
}

std::vector<KeyState> states(std::vector<SigningKey> keys, WallTime now) {
    set_states(keys, now);
    std::vector<KeyState> found;
    for (const SigningKey& key : keys) found.push_back(key.state);
    return found;
}

TEST(SigningKeyStates, GoFromNextToActiveToRetiringToGone) {
    using enum KeyState;
    using States = std::vector<KeyState>;
    const auto keys = keys_at({start, start + days(90)});
    EXPECT_EQ(states(keys, start + days(89)), (States{active, next}));
    EXPECT_EQ(states(keys, start + days(90) - seconds(1)), (States{active, next}));
    EXPECT_EQ(states(keys, start + days(90)), (States{retiring, active}));
    const WallTime end = start + days(90) + hours(24) + minutes(5);
    EXPECT_EQ(states(keys, end - seconds(1)), (States{retiring, active}));
    EXPECT_EQ(states(keys, end), (States{gone, active}));
}

TEST(SigningKeyStates, TheFirstKeyIsDueAtOnceAndEachOtherADayBeforeItSigns) {
    EXPECT_EQ(next_due({}, start), start);
    const auto one = keys_at({start});
    EXPECT_EQ(next_due(one, start + days(89) - seconds(1)), std::nullopt);
    EXPECT_EQ(next_due(one, start + days(89)), start + days(90));
    EXPECT_EQ(next_due(keys_at({start, start + days(90)}), start + days(89)), std::nullopt);
    // After a long sleep it is shown for a day all the same.
    EXPECT_EQ(next_due(one, start + days(200)), start + days(201));
}

}  // namespace
}  // namespace acme::tokens
