#include "operate/deploy/plan.hpp"

#include "operate/deploy/load.hpp"

#include <algorithm>

namespace acme::deploy {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t production_nodes_min = 3;
constexpr std::size_t workers_min = 2;

// Measured on a small machine; only for people.
constexpr milliseconds replace_expected{4'000};
constexpr milliseconds step_expected{1'000};
constexpr milliseconds smoke_expected{10'000};

std::string seconds_text(milliseconds time) {
    const auto count = std::chrono::round<std::chrono::seconds>(time).count();
    return count % 60 == 0 ? std::to_string(count / 60) + " min" : std::to_string(count) + " s";
}

std::string made_from(const std::vector<NodeNow>& nodes) {
    std::string text;
    for (const NodeNow& node : nodes) {
        text += node.name + ' ' + node.role + ' ' + node.release + ' ' + node.track + ' ' +
                node.known_good + (node.is_running ? " running" : " stopped") +
                (node.is_ready ? " ready" : "") + (node.takes_traffic ? "" : " out") +
                (node.beside.empty() ? "" : " beside " + node.beside) + ' ' +
                std::to_string(node.weight) + '\n';
    }
    return text;
}

class Planner {
public:
    Planner(std::vector<NodeNow> nodes, const Goal& goal, const Limits& limits)
        : nodes_(std::move(nodes)), goal_(goal), limits_(limits) {
        std::ranges::sort(nodes_, {}, &NodeNow::name);
    }

    Result<Plan> make() {
        if (const auto checked = check(); !checked) return std::unexpected(checked.error());
        plan_.release = goal_.release;
        plan_.is_return = goal_.is_return;
        plan_.from = most_common_release();
        plan_.made_from = made_from(nodes_);
        if (!goal_.is_return) {
            go_forward();
            return weighed(std::move(plan_), nodes_, goal_.accepts_load);
        }
        go_back();
        return std::move(plan_);
    }

private:
    std::vector<const NodeNow*> of_role(std::string_view role) const {
        std::vector<const NodeNow*> found;
        for (const NodeNow& node : nodes_) {
            if (node.role == role) found.push_back(&node);
        }
        return found;
    }

    Result<> check() const {
        const auto serving = of_role("serve");
        if (serving.empty()) {
            return refuse(ErrorKind::conflict, "deploy.no_nodes", "There is no node that serves.");
        }
        if (goal_.is_return) return {};
        if (goal_.is_production && goal_.release.starts_with("dev-")) {
            return refuse(
                ErrorKind::conflict,
                "deploy.dev_release",
                "Production takes only what was built from a commit."
            );
        }
        if (!goal_.canary.empty() &&
            std::ranges::none_of(serving, [&](auto* node) { return node->name == goal_.canary; })) {
            return refuse(
                ErrorKind::invalid, "deploy.no_such_canary", "The canary is no node that serves."
            );
        }
        if (const auto room = check_room(serving); !room) return room;
        return check_numbers(serving.size());
    }

    bool starts_first() const {
        return goal_.strategy == Strategy::start_first &&
               std::ranges::all_of(of_role("serve"), [](auto* node) { return node->has_room; });
    }

    Result<> check_room(const std::vector<const NodeNow*>& serving) const {
        if (goal_.strategy == Strategy::drain_first || starts_first()) return {};
        std::vector<FieldError> full;
        for (const NodeNow* node : serving) {
            if (node->has_room) continue;
            full.push_back(
                {"/" + node->name, "deploy.no_room_beside", "has no room for a second program"}
            );
        }
        return std::unexpected(Error{
            .kind = ErrorKind::conflict,
            .code = "deploy.no_room_beside",
            .message = "Not every node can run two programs at once; use --strategy drain-first.",
            .fields = std::move(full),
        });
    }

    Result<> check_numbers(std::size_t serving) const {
        if (goal_.is_production && serving < production_nodes_min) {
            return refuse(
                ErrorKind::conflict,
                "deploy.too_few_nodes",
                "Production has three nodes that serve, at least; here are " +
                    std::to_string(serving) + "."
            );
        }
        if (goal_.is_production && of_role("worker").size() < workers_min) {
            return refuse(
                ErrorKind::conflict,
                "deploy.too_few_workers",
                "Production has two workers, at least."
            );
        }
        std::vector<FieldError> unready;
        for (const NodeNow& node : nodes_) {
            if (node.is_running && node.is_ready) continue;
            // It is what a plan before was about.
            if (node.release == goal_.release || node.beside == goal_.release) continue;
            unready.push_back({"/" + node.name, "deploy.unready_nodes", "is not ready"});
        }
        if (unready.empty()) return {};
        return std::unexpected(Error{
            .kind = ErrorKind::conflict,
            .code = "deploy.unready_nodes",
            .message = "Nothing is deployed while nodes are not ready.",
            .fields = std::move(unready),
        });
    }

    std::string most_common_release() const {
        std::vector<std::string> releases;
        for (const NodeNow& node : nodes_) releases.push_back(node.release);
        return most_common(releases);
    }

    bool is_there(const NodeNow& node) const {
        return node.release == goal_.release && node.is_running && node.is_ready &&
               node.takes_traffic && node.beside.empty();
    }

    std::vector<std::string> missing(std::string_view role, std::string_view except = "") const {
        std::vector<std::string> found;
        for (const NodeNow* node : of_role(role)) {
            if (!is_there(*node) && node->name != except) found.push_back(node->name);
        }
        return found;
    }

    /// The release runs everywhere, and no node is treated unlike the others.
    bool is_settled() const {
        const int weight = of_role("serve").front()->weight;
        return std::ranges::all_of(nodes_, [&](const NodeNow& node) {
            return is_there(node) && node.track == "stable" &&
                   (node.role != "serve" || node.weight == weight);
        });
    }

    void add(Step step) { plan_.steps.push_back(std::move(step)); }

    std::string back() const {
        return goal_.known_good.empty() ? "stops it; there is no release to return to"
                                        : "starts " + goal_.known_good + " there again";
    }

    std::string back_from_beside() const {
        return "ends it, and what ran there goes on; where that has ended, " + back();
    }

    void replace(
        const std::vector<std::string>& names_of_nodes, milliseconds drain, bool is_beside
    ) {
        add({
            .kind = StepKind::replace,
            .nodes = names_of_nodes,
            .about = is_beside
                         ? "starts " + goal_.release + " beside " + joined(names_of_nodes) +
                               ", then drains what ran there"
                         : "drains " + joined(names_of_nodes) + " and starts " + goal_.release,
            .undo = is_beside ? back_from_beside() : back(),
            .time_max = limits_.floor_wait + drain + limits_.stop + limits_.ready,
            .expected = replace_expected,
            .starts_first = is_beside,
        });
    }

    /// The one that an earlier controller chose, as long as it has the release.
    std::string choose_canary() const {
        const auto serving = of_role("serve");
        for (const NodeNow* node : serving) {
            if (node->track == "canary" && node->release == goal_.release) return node->name;
        }
        return goal_.canary.empty() ? serving.back()->name : goal_.canary;
    }

    void go_forward() {
        if (goal_.is_recorded) {
            add_watch();
            return;
        }
        if (is_settled() && !goal_.canary_passed) return;
        const std::string canary = choose_canary();
        if (!goal_.canary_passed) {
            add_migrate();
            add_canary(canary);
        }
        roll(missing("serve", goal_.canary_passed ? "" : canary), limits_.drain, true);
        roll_others(limits_.job_drain);
        add_end();
    }

    void add_migrate() {
        add({
            .kind = StepKind::migrate,
            .nodes = {},
            .about = "runs the migrations of " + goal_.release + ", which only add",
            .undo = "",
            .time_max = limits_.migrate,
            .expected = step_expected,
        });
    }

    void add_canary(const std::string& canary) {
        add({
            .kind = StepKind::canary,
            .nodes = {canary},
            .about = starts_first()
                         ? "starts " + goal_.release + " beside " + canary + ", gives it " +
                               goal_.share() + ", then drains what ran there"
                         : "drains " + canary + ", starts " + goal_.release + " and gives it " +
                               goal_.share(),
            .undo = "takes " + canary + " out of the balancer and " +
                    (starts_first() ? back_from_beside() : back()),
            .time_max = limits_.drain + limits_.stop + limits_.ready,
            .expected = replace_expected,
            .starts_first = starts_first(),
        });
        add({
            .kind = StepKind::judge,
            .nodes = {canary},
            .about = "judges " + canary + " every 5 s for " + seconds_text(limits_.canary_window),
            .undo = "",
            .time_max = limits_.canary_window + std::chrono::minutes(1),
            .expected = limits_.canary_window,
        });
    }

    void roll(const std::vector<std::string>& serving, milliseconds drain, bool is_judged) {
        const std::size_t batch = batch_of(of_role("serve").size());
        for (std::size_t at = 0; at < serving.size(); at += batch) {
            const auto end = std::min(at + batch, serving.size());
            const std::vector<std::string> now(
                serving.begin() + static_cast<std::ptrdiff_t>(at),
                serving.begin() + static_cast<std::ptrdiff_t>(end)
            );
            replace(now, drain, starts_first());
            if (!is_judged) continue;
            add({
                .kind = StepKind::watch_batch,
                .nodes = now,
                .about = "judges " + joined(now) + " for " + seconds_text(limits_.batch_time()),
                .undo = "",
                .time_max = limits_.batch_time() + std::chrono::seconds(30),
                .expected = limits_.batch_time(),
            });
        }
    }

    /// One by one, so that one worker is always at work.
    void roll_others(milliseconds drain) {
        for (const std::string& name : missing("worker")) replace({name}, drain, false);
        for (const std::string& name : missing("scheduler")) replace({name}, drain, false);
    }

    void add_balance() {
        add({
            .kind = StepKind::balance,
            .nodes = {},
            .about = "gives every node the same weight",
            .undo = "",
            .time_max = std::chrono::seconds(60),
            .expected = milliseconds(0),
        });
    }

    void add_record() {
        add({
            .kind = StepKind::record,
            .nodes = {},
            .about = "records " + goal_.release + " as the current release",
            .undo = "records " + goal_.known_good + " again",
            .time_max = std::chrono::seconds(30),
            .expected = milliseconds(0),
        });
    }

    void add_end() {
        add_balance();
        add({
            .kind = StepKind::smoke,
            .nodes = {},
            .about = "runs the smoke suite through the balancer",
            .undo = "",
            .time_max = limits_.smoke,
            .expected = smoke_expected,
        });
        add_record();
        add_watch();
    }

    void add_watch() {
        add({
            .kind = StepKind::watch,
            .nodes = {},
            .about = "watches the whole for " + seconds_text(limits_.watch) +
                     "; then the release is good",
            .undo = "",
            .time_max = limits_.watch + std::chrono::minutes(1),
            .expected = limits_.watch,
        });
    }

    void go_back() {
        std::vector<std::string> shed;
        for (const NodeNow* node : of_role("serve")) {
            const bool is_canary = node->track == "canary" && node->release != goal_.release;
            const bool has_other = !node->beside.empty() && node->beside != goal_.release;
            if ((is_canary || has_other) && node->takes_traffic) shed.push_back(node->name);
        }
        if (is_settled() && !goal_.is_begun) return;
        if (!shed.empty()) {
            add({
                .kind = StepKind::shed,
                .nodes = shed,
                .about = "takes what " + goal_.release + " replaces on " + joined(shed) +
                         " out of the balancer",
                .undo = "",
                .time_max = std::chrono::seconds(10),
                .expected = milliseconds(0),
            });
        }
        roll_back();
        add_balance();
        add_record();
    }

    /// Soon (ROLL-3): with each batch of nodes that serve goes one that works, so that another one
    /// is always at work, and with the last of them the scheduler.
    void roll_back() {
        const auto serving = missing("serve");
        const auto workers = missing("worker");
        const auto schedulers = missing("scheduler");
        const std::size_t batch = batch_of(of_role("serve").size());
        const std::size_t batches = (serving.size() + batch - 1) / batch;
        const std::size_t last = std::max(batches, workers.size());
        for (std::size_t at = 0; at < std::max<std::size_t>(last, 1); ++at) {
            std::vector<std::string> now;
            for (std::size_t i = at * batch; i < std::min((at + 1) * batch, serving.size()); ++i) {
                now.push_back(serving[i]);
            }
            if (at < workers.size()) now.push_back(workers[at]);
            if (at + 1 >= last) now.insert(now.end(), schedulers.begin(), schedulers.end());
            const bool is_beside = starts_first() && at < batches;
            if (!now.empty()) replace(now, std::max(limits_.drain, limits_.job_drain), is_beside);
        }
    }

    std::vector<NodeNow> nodes_;
    const Goal& goal_;
    const Limits& limits_;
    Plan plan_;
};

}  // namespace

std::size_t batch_of(std::size_t serving) { return std::max<std::size_t>(1, serving / 3); }

std::size_t floor_of(std::size_t serving) {
    const std::size_t others = serving - std::min(serving, batch_of(serving));
    return std::min(std::max<std::size_t>(2, others), serving == 0 ? 0 : serving - 1);
}

Result<Plan> make_plan(std::vector<NodeNow> nodes, const Goal& goal, const Limits& limits) {
    return Planner(std::move(nodes), goal, limits).make();
}

}  // namespace acme::deploy
