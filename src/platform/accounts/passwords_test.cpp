// Passwords while others wait for a hash, too.
#include "platform/accounts/passwords.hpp"

#include "io/loop/task_group.hpp"
#include "testing/sessions_bench.hpp"

#include <latch>

namespace acme::accounts {
namespace {

using testing::SessionsBench;

const char* const ada = "ada@example.com";

constexpr pg::Query find_sealed{"test.sealed", R"sql(
    SELECT sealed FROM credentials_password WHERE user_id = $1
)sql"};

TEST(Passwords, AnUnknownAddressIsHashedAsAKnownOneIs) {
    SessionsBench bench;
    bench.add_user(ada);
    std::latch may_go(1);
    std::size_t ended = 0;
    const auto work = [&] {
        may_go.wait();
        return true;
    };
    bench.loop.restart();
    for (std::size_t i = 0; i < Loop::blocking_max; ++i) {
        asio::co_spawn(bench.loop, bench.loop.blocking(work), [&](const auto&, const auto&) {
            ++ended;
        });
    }
    bench.loop.poll();

    // Whoever finds no place for the hash is told so: both were about to be hashed.
    for (const char* const email : {ada, "bob@example.com"}) {
        const auto refused =
            bench.wait(bench.node.passwords.verify(bench.context, email, Secret("wrong battery")));
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code.text(), "loop.busy") << email;
    }
    may_go.count_down();
    while (ended < Loop::blocking_max) bench.loop.run_one();
}

Task<> verify_by(Passwords& passwords, trace::Context context, bool& is_right) {
    is_right = (co_await passwords.verify(context, ada, Secret("correct battery"))).has_value();
}

Task<> change_by(Passwords& passwords, trace::Context context, UserId user, Result<>& changed) {
    changed = co_await passwords.change(
        context, {.name = "test"}, user, Secret("correct battery"), Secret("a third battery")
    );
}

Task<> store_by(Passwords& passwords, Accounts& accounts, trace::Context context, UserId user) {
    auto transaction = co_await accounts.begin(context);
    co_await passwords.store(transaction, context, user, "v1.another");
    co_await transaction.commit(context);
}

TEST(Passwords, WhoWaitedForAHashWhileThePasswordChangedBringsNoOtherOneBack) {
    SessionsBench bench;
    auto& accounts = bench.node.accounts;
    const std::string old_key(32, 'o');
    const std::string both_keys = std::string(32, 'n') + "," + old_key;
    Passwords before(bench.loop, bench.db, accounts, Secret(old_key), bench.telemetry);
    // To these, what the old key has sealed is to be sealed again.
    Passwords now(bench.loop, bench.db, accounts, Secret(both_keys), bench.telemetry);
    NewUser wanted{.email = ada, .name = "Ada"};
    const auto made =
        bench.wait(before.create(bench.context, {.name = "test"}, wanted, Secret("correct battery"))
        );
    ASSERT_TRUE(made);

    std::latch may_go(1);
    const auto work = [&] {
        may_go.wait();
        return true;
    };
    bool is_right = false;
    Result<> changed;
    TaskGroup group(bench.log);
    const auto executor = bench.loop.get_executor();
    asio::co_spawn(bench.loop, bench.loop.blocking(work), [](const auto&, const auto&) {});
    group.spawn(executor, "verify", verify_by(now, bench.context, is_right));
    group.spawn(executor, "change", change_by(now, bench.context, made->id, changed));
    // Statements of one connection are answered in turn: after this one both wait for the hash.
    ASSERT_TRUE(bench.wait(accounts.find(bench.context, made->id)));
    bench.wait(store_by(now, accounts, bench.context, made->id));
    may_go.count_down();
    bench.wait(group.join());

    EXPECT_TRUE(is_right);  // it was, when it was read
    ASSERT_FALSE(changed);
    EXPECT_EQ(changed.error().code.text(), "accounts.password_wrong");
    const auto rows = bench.wait(bench.db.run(bench.context, find_sealed, made->id));
    EXPECT_EQ(rows[0].text(), "v1.another");
}

}  // namespace
}  // namespace acme::accounts
