// The accounts with which checks sign in, on a real PostgreSQL.
#include "platform/accounts/synthetic.hpp"

#include "testing/sessions_bench.hpp"

namespace acme::accounts {
namespace {

const char* const email = "probe@acme.invalid";

struct SyntheticBench : testing::SessionsBench {
    Result<Secret> open(std::optional<PlatformRole> role = std::nullopt) {
        NewUser wanted{.email = email, .name = "Probe", .platform_role = role};
        return wait(open_synthetic(node.accounts, node.passwords, db, telemetry, context, wanted));
    }

    bool opens(const Secret& password) {
        return wait(node.passwords.verify(context, email, password.clone())).has_value();
    }

    User user() { return wait(node.accounts.find_by_email(context, email)).value(); }
};

TEST(Synthetic, TheFirstCallMakesTheAccountAndTheSecondOnlyChangesItsPassword) {
    SyntheticBench bench;

    const Result<Secret> first = bench.open();
    const UserId made = bench.user().id;
    const bool first_opened = bench.opens(*first);
    const Result<Secret> second = bench.open();

    EXPECT_TRUE(first_opened);
    EXPECT_EQ(bench.user().id, made);
    EXPECT_FALSE(bench.opens(*first));
    EXPECT_TRUE(bench.opens(*second));
}

TEST(Synthetic, TheAccountHasTheRoleThatWasAskedForLast) {
    SyntheticBench bench;

    ASSERT_TRUE(bench.open());
    ASSERT_TRUE(bench.open(PlatformRole::viewer));

    EXPECT_EQ(bench.user().platform_role, PlatformRole::viewer);
}

TEST(Synthetic, AnAccountThatAnAdministratorDisabledStaysSo) {
    SyntheticBench bench;
    ASSERT_TRUE(bench.open());
    const User user = bench.user();
    ASSERT_TRUE(bench.wait(bench.node.accounts.administer(
        bench.context, {.name = "test"}, user.id, user.version, {.state = State::disabled}
    )));

    const Result<Secret> refused = bench.open();

    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code.text(), "accounts.synthetic_disabled");
    EXPECT_EQ(bench.user().state, State::disabled);
}

}  // namespace
}  // namespace acme::accounts
