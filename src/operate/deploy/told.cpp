#include "operate/deploy/told.hpp"

#include <algorithm>
#include <array>
#include <map>

namespace acme::deploy {
namespace {

void begin(Deployment& deployment, const Record& record) {
    deployment.environment = record.text("environment");
    deployment.kind = record.text("kind");
    deployment.release = record.text("release");
    deployment.from_release = record.text("from");
    deployment.known_good = record.text("known_good");
    deployment.state = "checking";
    deployment.actor = record.text("actor");
    deployment.reason = record.text("reason");
    deployment.canary = record.text("canary");
    deployment.canary_window_ms = record.number("canary_window_ms");
    deployment.strategy = record.text("strategy");
    deployment.is_sticky = record.flag("sticky");
    deployment.begun_at = record.at;
    deployment.fence = record.number("fence");
}

void move_to(
    Deployment& deployment, const std::string& state, const std::string& outcome, WallTime at
) {
    if (deployment.has_ended()) return;
    deployment.state = state;
    if (!outcome.empty()) deployment.outcome = outcome;
    if (state == "succeeded") deployment.succeeded_at = at;
    if (is_end(state)) deployment.ended_at = at;
}

/// As cancel_others in journal_rows.cpp does it.
bool is_before(const Deployment& one, const Record& cancels) {
    if (one.fence > 0) return one.fence < cancels.number("fence");
    return one.begun_at <= cancels.at;  // what waits is not in the files
}

}  // namespace

std::string state_of_cancelled(const Record& cancels) {
    std::string state = cancels.text("state");
    return state.empty() ? "cancelled" : state;
}

bool is_end(std::string_view state) {
    constexpr std::array<std::string_view, 6> ends = {
        "good", "rolled_back", "rollback_failed", "refused", "superseded", "cancelled"
    };
    return std::ranges::find(ends, state) != ends.end();
}

void Told::add(const Record& record) {
    if (record.seq <= last_seq) return;
    last_seq = record.seq;
    deployment.id = record.deployment;
    if (record.kind == "begun") {
        is_begun = true;
        begin(deployment, record);
    }
    if (record.kind == "taken") deployment.fence = record.number("fence");
    if (record.kind == "state") {
        move_to(deployment, record.text("state"), record.text("outcome"), record.at);
    }
    if (record.kind == "step_begun") {
        last_step = std::max(last_step, record.number("number"));
        open_steps.push_back(record.number("number"));
        left.reset();
    }
    if (record.kind == "step_ended") std::erase(open_steps, record.number("number"));
    if (record.kind == "passed") deployment.canary_passed = true;
    if (record.kind == "sample" && record.data.contains("remaining_ms")) {
        left = std::chrono::milliseconds(record.number("remaining_ms"));
    }
}

std::vector<Told> told_by(const std::vector<Record>& records) {
    std::map<std::string, Told> by_id;
    std::vector<Record> cancels;
    for (const Record& record : records) {
        by_id[record.deployment.str()].add(record);
        if (record.kind == "cancels") cancels.push_back(record);
    }
    std::vector<Told> each;
    for (auto& [id, told] : by_id) each.push_back(std::move(told));
    return told_by(std::move(each), cancels);
}

std::vector<Told> told_by(std::vector<Told> all, const std::vector<Record>& cancels) {
    std::erase_if(all, [](const Told& told) { return !told.is_begun; });
    std::ranges::sort(all, {}, [](const Told& told) {
        return std::pair(told.deployment.fence, told.deployment.id.str());
    });
    for (const Record& record : cancels) {
        for (Told& told : all) {
            Deployment& one = told.deployment;
            if (one.id == record.deployment || one.environment != record.text("environment") ||
                !is_before(one, record)) {
                continue;
            }
            const std::string state = state_of_cancelled(record);
            const bool is_back = state == "cancelled" && one.state == "succeeded";
            move_to(one, is_back ? "rolled_back" : state, record.text("outcome"), record.at);
        }
    }
    return all;
}

}  // namespace acme::deploy
