// Plans carried out on a drawing board: every place at which a controller can die, one after the
// other, and then by chance several times in one deployment.
#include "operate/deploy/plan.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>
#include <set>

namespace acme::deploy {
namespace {

/// What a step does, in parts that can each be the last one before the controller dies.
class Fleet {
public:
    Fleet(int serving, int workers) {
        for (int i = 1; i <= serving; ++i) add("app-" + std::to_string(i), "serve");
        for (int i = 1; i <= workers; ++i) add("worker-" + std::to_string(i), "worker");
        add("scheduler", "scheduler");
    }

    /// True when it was carried out; false when the controller died on the way.
    bool carry_out(const Step& step, const Goal& goal, int& lives) {
        for (const std::string& name : step.nodes) {
            NodeNow& node = find(name);
            const bool is_serving = node.role == "serve";
            if (step.kind == StepKind::shed) {
                if (dies(lives)) return false;
                seconds_in_rotation.erase(name);
                if (node.release != goal.release) node.takes_traffic = false;
            }
            if (step.kind != StepKind::canary && step.kind != StepKind::replace) continue;
            if (is_serving && step.starts_first) {
                if (!replace_beside(node, step, goal, lives)) return false;
                continue;
            }
            if (dies(lives)) return false;
            if (is_serving) node.takes_traffic = false;
            check_floor(step);
            if (dies(lives)) return false;
            node.release = goal.release;  // the engine goes on by itself once it was told
            node.track = step.kind == StepKind::canary ? "canary" : "stable";
            node.known_good = goal.known_good;
            if (dies(lives)) return false;
            if (step.kind == StepKind::canary) node.weight = 2;
            if (dies(lives)) return false;
            node.takes_traffic = true;
        }
        if (dies(lives)) return false;
        if (step.kind == StepKind::judge) canary_passed = true;
        if (step.kind == StepKind::balance) {
            for (NodeNow& node : nodes) node.weight = 19;
        }
        if (step.kind == StepKind::record) {
            for (NodeNow& node : nodes) {
                if (dies(lives)) return false;
                node.track = "stable";
            }
            current = goal.release;
            is_recorded = !goal.is_return;
        }
        return !dies(lives);
    }

    bool is_on(const std::string& release) const {
        return current == release && std::ranges::all_of(nodes, [&](const NodeNow& node) {
                   return node.release == release && node.takes_traffic && node.track == "stable" &&
                          node.weight == nodes.front().weight && node.beside.empty();
               });
    }

    std::vector<NodeNow> nodes;
    std::string current = "old";
    bool canary_passed = false;
    bool is_recorded = false;

private:
    static bool dies(int& lives) { return lives-- == 0; }

    /// The new program takes traffic before the old one stops to, so that no node is ever missing.
    bool replace_beside(NodeNow& node, const Step& step, const Goal& goal, int& lives) {
        const bool is_canary = step.kind == StepKind::canary;
        if (dies(lives)) return false;
        if (node.release == goal.release && node.is_ready) {
            node.takes_traffic = true;
            if (dies(lives)) return false;
            end_beside(node);
            return !dies(lives);
        }
        if (node.beside != goal.release) end_beside(node);
        if (dies(lives)) return false;
        node.beside = goal.release;
        if (dies(lives)) return false;
        seconds_in_rotation.insert(node.name);
        check_nobody_is_missing(goal);
        if (dies(lives)) return false;
        node.takes_traffic = false;
        check_nobody_is_missing(goal);
        if (dies(lives)) return false;
        node.release = goal.release;
        node.track = is_canary ? "canary" : "stable";
        node.known_good = goal.known_good;
        if (is_canary) node.weight = 2;
        node.takes_traffic = true;
        end_beside(node);
        return !dies(lives);
    }

    void end_beside(NodeNow& node) {
        node.beside.clear();
        seconds_in_rotation.erase(node.name);
    }

    /// But for what a way back took out of the balancer before anything else.
    void check_nobody_is_missing(const Goal& goal) const {
        if (goal.is_return) return;
        for (const NodeNow& node : nodes) {
            if (node.role != "serve") continue;
            EXPECT_TRUE(node.takes_traffic || seconds_in_rotation.contains(node.name)) << node.name;
        }
    }

    std::set<std::string> seconds_in_rotation;

    void add(std::string name, std::string role) {
        nodes.push_back({
            .name = std::move(name),
            .role = std::move(role),
            .address = "127.0.0.1",
            .release = "old",
            .track = "stable",
            .known_good = "old",
            .is_running = true,
            .is_ready = true,
            .weight = 19,
            .has_room = true,
        });
    }

    NodeNow& find(const std::string& name) {
        return *std::ranges::find(nodes, name, &NodeNow::name);
    }

    /// What a dead controller drained before may be out as well: that is seen to first.
    void check_floor(const Step& step) const {
        const auto serving = std::ranges::count(nodes, "serve", &NodeNow::role);
        const auto in_rotation = std::ranges::count_if(nodes, [](const NodeNow& node) {
            return node.role == "serve" && node.takes_traffic;
        });
        EXPECT_LE(step.nodes.size(), batch_of(static_cast<std::size_t>(serving)) + 2);
        EXPECT_GE(in_rotation + 1, static_cast<long>(floor_of(static_cast<std::size_t>(serving))));
    }
};

/// How many parts a controller may do before it dies.
using Lives = std::vector<int>;

constexpr int never = 1'000'000;

constexpr std::array strategies = {Strategy::drain_first, Strategy::start_first};

/// As Controller does it: what it was about is told, what is there is looked at.
void deploy(Fleet& fleet, bool goes_back, Lives lives, Strategy strategy) {
    lives.push_back(never);
    bool is_back = false;
    for (const int life : lives) {
        int left = life;
        Goal goal{
            .release = is_back ? "old" : "new",
            .known_good = "old",
            .is_return = is_back,
            .canary_passed = fleet.canary_passed,
            .is_recorded = fleet.is_recorded,
            .is_begun = is_back,
            .strategy = strategy,
        };
        while (true) {
            const auto plan =
                make_plan(fleet.nodes, goal, is_back ? Limits::of_return() : Limits{});
            ASSERT_TRUE(plan) << plan.error().message;
            bool is_done = true;
            bool turns_back = false;
            for (const Step& step : plan->steps) {
                turns_back = goes_back && !is_back && step.kind == StepKind::smoke;
                if (turns_back) break;
                is_done = fleet.carry_out(step, goal, left);
                if (!is_done) break;
            }
            if (!is_done) break;  // the next controller
            if (!turns_back) return;
            is_back = true;
            goal = {
                .release = "old",
                .known_good = "old",
                .is_return = true,
                .is_begun = true,
                .strategy = strategy,
            };
        }
    }
    FAIL() << "it never came to an end";
}

int parts_of(int serving, bool goes_back, Strategy strategy) {
    for (int life = 1;; ++life) {
        Fleet fleet(serving, 2);
        int left = life;
        Goal goal{.release = "new", .known_good = "old", .strategy = strategy};
        const auto plan = make_plan(fleet.nodes, goal, {});
        bool is_done = true;
        for (const Step& step : plan->steps) is_done = is_done && fleet.carry_out(step, goal, left);
        if (is_done) return life * (goes_back ? 2 : 1);
    }
}

TEST(PlanWalk, WhereverAControllerDiesTheNextOneComesToTheEnd) {
    for (const Strategy strategy : strategies) {
        for (const int serving : {1, 2, 3, 6, 7}) {
            for (int life = 0; life <= parts_of(serving, false, strategy); ++life) {
                Fleet fleet(serving, 2);
                deploy(fleet, false, {life}, strategy);
                ASSERT_TRUE(fleet.is_on("new"))
                    << name_of(strategy) << ", " << serving << " nodes, died after " << life;
            }
        }
    }
}

TEST(PlanWalk, WhereverAControllerDiesOnTheWayBackTheNextOneComesToTheEnd) {
    for (const Strategy strategy : strategies) {
        for (const int serving : {1, 2, 3, 6, 7}) {
            for (int life = 0; life <= parts_of(serving, true, strategy); ++life) {
                Fleet fleet(serving, 2);
                deploy(fleet, true, {life}, strategy);
                ASSERT_TRUE(fleet.is_on("old"))
                    << name_of(strategy) << ", " << serving << " nodes, died after " << life;
            }
        }
    }
}

TEST(PlanWalk, AnyNumberOfDeathsByChanceEndsTheSame) {
    const auto seed = std::random_device{}();
    std::mt19937 random(seed);
    for (int run = 0; run < 500; ++run) {
        const int serving = std::uniform_int_distribution(1, 9)(random);
        const bool goes_back = run % 2 == 0;
        Lives lives;
        const int deaths = std::uniform_int_distribution(1, 12)(random);
        for (int i = 0; i < deaths; ++i) {
            lives.push_back(std::uniform_int_distribution(0, 20)(random));
        }
        Fleet fleet(serving, std::uniform_int_distribution(0, 4)(random));
        deploy(fleet, goes_back, lives, strategies.at(static_cast<std::size_t>(run / 2 % 2)));
        ASSERT_TRUE(fleet.is_on(goes_back ? "old" : "new")) << "seed " << seed << ", run " << run;
    }
}

}  // namespace
}  // namespace acme::deploy
