#pragma once

/// Three nodes that count on one real Redis.

#include "platform/limits/limits.hpp"
#include "testing/bench.hpp"
#include "testing/redis.hpp"

namespace acme::testing {

/// What one node has of the room.
struct LimitsNode {
    LimitsNode(
        DryBench& bench,
        const std::string& url,
        limits::Options options,
        std::chrono::milliseconds deadline
    )
        : redis({.url = Secret(url), .deadline = deadline}, bench.telemetry),
          limits(options, redis, bench.telemetry) {}

    redis::Client redis;
    limits::Limits limits;
};

struct LimitsBench : DryBench {
    explicit LimitsBench(
        limits::Options options = {}, std::chrono::milliseconds deadline = std::chrono::seconds(2)
    ) {
        for (auto& node : nodes) {
            node = std::make_unique<LimitsNode>(*this, server.url(), options, deadline);
            node->limits.set_nodes(std::ssize(nodes));
        }
    }

    ~LimitsBench() {
        for (const auto& node : nodes) node->redis.close();
        loop.restart();
        loop.run();
    }

    limits::Standing count(std::size_t node, limits::Caller caller) {
        return wait(nodes[node]->limits.count(context, std::move(caller)));
    }

    /// So many requests of `caller`, in turn to each node; how many passed.
    int send(int requests, const limits::Caller& caller) {
        int passed = 0;
        for (int i = 0; i < requests; ++i) {
            passed += count(static_cast<std::size_t>(turn++) % nodes.size(), caller).is_allowed;
        }
        return passed;
    }

    /// How often Redis ran a script.
    std::string scripts_run() const {
        const std::string facts = server.ask("INFO commandstats");
        const auto at = facts.find("cmdstat_evalsha:calls=");
        if (at == facts.npos) return "0";
        const auto number = facts.substr(at + 22);
        return number.substr(0, number.find(','));
    }

    Redis server;
    std::array<std::unique_ptr<LimitsNode>, 3> nodes;
    UserId user = UserId::make(start, random);
    limits::Caller ada = limits::caller_of(user, "a session");
    int turn = 0;
};

}  // namespace acme::testing
