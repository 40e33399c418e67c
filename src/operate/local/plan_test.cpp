// What `acme up` would start: pure, so every case of it is cheap.
#include "operate/local/plan.hpp"

#include "operate/local/backoff.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <set>

namespace acme::local {
namespace {

using namespace std::chrono_literals;

const Tools tools{"/usr/lib/postgresql/15/bin", "/usr/bin/redis-server", "/usr/sbin/haproxy"};
const Keys keys{.secret_key = "a-key-of-chance", .redis_password = "hunter2"};

Plan plan_of(Options options, const process::Environment& given = {}) {
    return make_plan(options, make_layout("/home/a/.acme", 7), tools, keys, {9, 8081}, given);
}

std::vector<std::string> names_of(const std::vector<balancer::Server>& servers) {
    std::vector<std::string> names;
    for (const auto& server : servers) names.push_back(server.name);
    return names;
}

TEST(LocalPlan, StartsThreeNodesTwoWorkersAndAScheduler) {
    const Plan plan = plan_of({});
    EXPECT_EQ(names_of(plan.balancer.app), (std::vector<std::string>{"app-1", "app-2", "app-3"}));
    EXPECT_EQ(
        names_of(plan.balancer.watched),
        (std::vector<std::string>{"worker-1", "worker-2", "scheduler"})
    );
    ASSERT_EQ(plan.nodes.size(), 6U);
    EXPECT_EQ(plan.nodes[0].role, "serve");
    EXPECT_EQ(plan.nodes[3].role, "worker");
    EXPECT_EQ(plan.nodes[5].role, "scheduler");
    EXPECT_EQ(plan.url, "http://127.0.0.1:8081");
    EXPECT_EQ(plan.dashboard, "http://localhost:8081");
    EXPECT_EQ(plan.environment.at("ACME_URL"), plan.dashboard);
    EXPECT_TRUE(plan.replicas.empty());
}

TEST(LocalPlan, EveryNodeHasAnAddressOfItsOwnAndTheSamePorts) {
    const Plan plan = plan_of({.app_nodes = 6, .workers = 3});
    std::set<std::string> addresses;
    for (const Node& node : plan.nodes) {
        EXPECT_TRUE(addresses.insert(node.address).second) << node.address;
        EXPECT_TRUE(node.address.starts_with("127.9."));
        EXPECT_EQ(node.environment.at("ACME_ADDRESS"), node.address);
        EXPECT_EQ(node.environment.at("PORT"), "8080");
        EXPECT_EQ(node.environment.at("METRICS_PORT"), "9090");
        EXPECT_EQ(node.environment.at("ACME_NODE"), node.name);
    }
}

TEST(LocalPlan, NodesInheritOnlyWhatAPersonMaySet) {
    const Plan plan = plan_of(
        {}, {{"LOG_LEVEL", "debug"}, {"LD_PRELOAD", "/evil.so"}, {"DATABASE_URL", "postgres://x/y"}}
    );
    const auto& environment = plan.nodes[0].environment;
    EXPECT_EQ(environment.at("LOG_LEVEL"), "debug");
    EXPECT_FALSE(environment.contains("LD_PRELOAD"));
    EXPECT_EQ(
        environment.at("DATABASE_URL"), "postgresql://acme_app@%2fhome%2fa%2f.acme%2frun:5432/acme"
    );
    EXPECT_EQ(environment.at("S3_ENDPOINT"), "file:///home/a/.acme/objects");
}

TEST(LocalPlan, TheOwnerOfTheTablesIsNamedToCommandsAndToNoNode) {
    const Plan plan = plan_of({.replicas = 1}, {{"MIGRATION_DATABASE_URL", "postgres://x/y"}});
    EXPECT_EQ(
        plan.environment.at("MIGRATION_DATABASE_URL"),
        "postgresql://acme@%2fhome%2fa%2f.acme%2frun:5432/acme"
    );
    for (const Node& node : plan.nodes) {
        EXPECT_FALSE(node.environment.contains("MIGRATION_DATABASE_URL")) << node.name;
        for (const char* name : {"DATABASE_URL", "DATABASE_REPLICA_URLS"}) {
            EXPECT_TRUE(node.environment.at(name).starts_with("postgresql://acme_app@")) << name;
        }
    }
}

TEST(LocalPlan, AnObjectStoreThatIsNamedIsUsedInPlaceOfTheFolder) {
    const Plan plan = plan_of(
        {}, {{"S3_ENDPOINT", "https://s3.test"}, {"S3_BUCKET", "mine"}, {"S3_REGION", "eu-1"}}
    );
    EXPECT_EQ(plan.environment.at("S3_ENDPOINT"), "https://s3.test");
    EXPECT_EQ(plan.environment.at("S3_BUCKET"), "mine");
}

TEST(LocalPlan, NoSecretStandsInAListOfProcesses) {
    const Plan plan = plan_of({.replicas = 2});
    std::vector<Part> parts{plan.postgres, plan.redis, plan.haproxy};
    parts.insert(parts.end(), plan.replicas.begin(), plan.replicas.end());
    for (const Part& part : parts) {
        for (const std::string& word : part.process.argv) {
            EXPECT_EQ(word.find(keys.redis_password), std::string::npos) << part.name;
            EXPECT_EQ(word.find(keys.secret_key), std::string::npos) << part.name;
        }
    }
    EXPECT_NE(plan.redis.process.input.find("requirepass hunter2\n"), std::string::npos);
}

TEST(LocalPlan, ReplicasAreTheNextSocketsOfTheSameFolder) {
    const Plan plan = plan_of({.replicas = 2});
    ASSERT_EQ(plan.replicas.size(), 2U);
    EXPECT_EQ(plan.replicas[1].name, "postgres-2");
    EXPECT_EQ(plan.replicas[1].process.argv[2], "/home/a/.acme/postgres-2");
    EXPECT_EQ(
        plan.environment.at("DATABASE_REPLICA_URLS"),
        "postgresql://acme_app@%2fhome%2fa%2f.acme%2frun:5433/acme,"
        "postgresql://acme_app@%2fhome%2fa%2f.acme%2frun:5434/acme"
    );
}

TEST(LocalPlan, SocketsMoveWhereTheirPathIsShortEnough) {
    EXPECT_EQ(make_layout("/srv/acme/", 7).run, "/srv/acme/run");
    const Layout deep = make_layout("/" + std::string(100, 'x'), 7);
    EXPECT_TRUE(deep.run.starts_with("/tmp/acme-7-")) << deep.run;
    EXPECT_NE(deep.run, make_layout("/" + std::string(101, 'x'), 7).run);
    EXPECT_TRUE(make_layout("/home/a b/.acme", 7).run.starts_with("/tmp/"));
}

TEST(LocalPlan, TheTunnelLineIsShownOnlyToWhoCameFromAfar) {
    EXPECT_EQ(tunnel_line({}, 8080), "");
    process::Environment given{
        {"SSH_CONNECTION", "10.0.0.9 51000 10.0.0.1 22"}, {"LOGNAME", "ann"}
    };
    EXPECT_EQ(tunnel_line(given, 8081), "ssh -L 8081:127.0.0.1:8081 ann@10.0.0.1");
    given["SSH_CONNECTION"] = "10.0.0.9 51000 10.0.0.1 2222";
    EXPECT_EQ(tunnel_line(given, 8080), "ssh -L 8080:127.0.0.1:8080 -p 2222 ann@10.0.0.1");
    given["SSH_CONNECTION"] = "nonsense";
    EXPECT_EQ(tunnel_line(given, 8080), "");
}

TEST(LocalBackoff, GrowsToItsLimitAndForgetsAfterALongLife) {
    Backoff backoff;
    std::vector<std::chrono::milliseconds> waits;
    for (int i = 0; i < 8; ++i) waits.push_back(backoff.next(1s));
    EXPECT_EQ(
        waits,
        (std::vector<std::chrono::milliseconds>{
            200ms, 400ms, 800ms, 1600ms, 3200ms, 6400ms, 10s, 10s
        })
    );
    EXPECT_EQ(backoff.next(10s), 200ms);
    EXPECT_EQ(backoff.next(1s), 400ms);
}

}  // namespace
}  // namespace acme::local
