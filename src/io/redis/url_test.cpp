#include "io/redis/url.hpp"

#include <gtest/gtest.h>

namespace acme::redis {
namespace {

TEST(RedisUrl, HasHostPortUserPasswordAndDatabase) {
    const auto plain = parse_url("redis://cache");
    ASSERT_TRUE(plain);
    EXPECT_EQ(plain->server.host, "cache");
    EXPECT_EQ(plain->server.port, 6379);
    EXPECT_EQ(plain->server.db, 0);
    EXPECT_TRUE(plain->server.password.empty());
    EXPECT_FALSE(plain->server.has_tls);
    EXPECT_TRUE(plain->sentinels.empty());

    const auto full = parse_url("rediss://acme:p%40ss@[::1]:7000/2");
    ASSERT_TRUE(full);
    EXPECT_EQ(full->server.host, "::1");
    EXPECT_EQ(full->server.port, 7000);
    EXPECT_EQ(full->server.user, "acme");
    EXPECT_EQ(full->server.password.reveal(), "p@ss");
    EXPECT_EQ(full->server.db, 2);
    EXPECT_TRUE(full->server.has_tls);
}

TEST(RedisUrl, NamesSentinelsAndTheServiceThatTheyWatch) {
    const auto place = parse_url(
        "redis+sentinel://acme:p%40ss@one,two:7000,[::1]:7001/cache/2"
        "?sentinel_user=watch&sentinel_password=w%26d"
    );
    ASSERT_TRUE(place);
    EXPECT_EQ(place->service, "cache");
    EXPECT_EQ(place->server.user, "acme");
    EXPECT_EQ(place->server.password.reveal(), "p@ss");
    EXPECT_EQ(place->server.db, 2);
    EXPECT_TRUE(place->server.is_master);
    ASSERT_EQ(place->sentinels.size(), 3);
    EXPECT_EQ(place->sentinels[0].host, "one");
    EXPECT_EQ(place->sentinels[0].port, 26379);
    EXPECT_EQ(place->sentinels[1].host, "two");
    EXPECT_EQ(place->sentinels[1].port, 7000);
    EXPECT_EQ(place->sentinels[2].host, "::1");
    EXPECT_EQ(place->sentinels[2].user, "watch");
    EXPECT_EQ(place->sentinels[2].password.reveal(), "w&d");
    EXPECT_FALSE(place->sentinels[2].has_tls);

    const auto safe = parse_url("rediss+sentinel://one/cache");
    ASSERT_TRUE(safe);
    EXPECT_TRUE(safe->server.has_tls);
    EXPECT_TRUE(safe->sentinels.at(0).has_tls);
    EXPECT_TRUE(safe->sentinels.at(0).password.empty());
}

TEST(RedisUrl, ThatIsNoneIsRefusedWithoutShowingIt) {
    for (const std::string url : {
             "",
             "cache:6379",
             "http://cache",
             "redis://",
             "redis://:hunter2@",
             "redis://:hunter2@cache/x",
             "redis://:hunter2@cache:99999",
             "redis://cache?db=1",
             "redis://hunter2@cache",
             "redis://one,two",
             "http+sentinel://:hunter2@one/cache",
             "redis+sentinel://:hunter2@one",
             "redis+sentinel://:hunter2@one/",
             "redis+sentinel://:hunter2@/cache",
             "redis+sentinel://:hunter2@one,,two/cache",
             "redis+sentinel://:hunter2@one:0/cache",
             "redis+sentinel://:hunter2@one/cache/x",
             "redis+sentinel://:hunter2@one/cache/0/x",
             "redis+sentinel://:hunter2@one/cache?db=1",
             "redis+sentinel://one/cache?sentinel_user=hunter2",
             "redis+sentinel://hunter2@one/cache",
         }) {
        const auto place = parse_url(url);
        ASSERT_FALSE(place) << url;
        EXPECT_EQ(place.error().code.text(), "redis.url_malformed");
        EXPECT_EQ(place.error().message.find("hunter2"), std::string::npos);
    }
}

}  // namespace
}  // namespace acme::redis
