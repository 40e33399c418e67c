#include "operate/deploy/judging.hpp"

#include <algorithm>
#include <cstdio>
#include <set>

namespace acme::deploy {
namespace {

namespace json = boost::json;
using judge::Counts;
using judge::Outcome;
using judge::Verdict;

std::string percent(double ratio) {
    char text[32];
    std::snprintf(text, sizeof(text), "%.2f %%", ratio * 100);
    return text;
}

/// "312 requests, 3 failed (0.96 %)"
std::string words_of(Counts counts) {
    return std::to_string(counts.requests) + " requests, " + std::to_string(counts.errors) +
           " failed (" + percent(counts.ratio()) + ")";
}

std::string words_of(const Verdict& verdict) { return verdict.check + ": " + verdict.reason; }

/// Each check once: what stops at once is also among what must hold in the end.
std::string words_of_failed(const std::vector<Verdict>& verdicts) {
    std::string words;
    std::set<std::string> told;
    for (const Verdict& verdict : verdicts) {
        if (verdict.outcome != Outcome::fail || !told.insert(verdict.check).second) continue;
        words.append(words.empty() ? "" : "; ").append(words_of(verdict));
    }
    return words;
}

Result<> refused_by(const std::vector<Verdict>& verdicts) {
    std::string reasons = words_of_failed(verdicts);
    if (!reasons.empty()) {
        return refuse(ErrorKind::conflict, "deploy.judged_bad", std::move(reasons));
    }
    const Verdict all = judge::conclude(verdicts);
    if (all.outcome == Outcome::pass) return {};
    return refuse(
        ErrorKind::conflict,
        "deploy.inconclusive",
        "Too little was seen to let it go on. " + words_of(all)
    );
}

judge::Target target_of(const NodeNow& node, const Subject& subject) {
    const bool is_fresh = std::ranges::find(subject.fresh, node.name) != subject.fresh.end();
    return {
        .node = node.name,
        .role = node.role,
        .operations = node.address + ":" + std::to_string(operations_port),
        .release = node.release,
        .is_judged = node.release == subject.release,
        .is_probed = is_fresh && subject.judged != Judged::watch,
        .service = node.address + ":" + std::to_string(service_port),
    };
}

}  // namespace

bool is_held(Judged judged, const std::string& wish) {
    return judged == Judged::canary && wish == "hold";
}

Judging::Judging(
    Telemetry& telemetry, fetch::Client& fetch, balancer::Balancer& balancer, Driver& driver
)
    : telemetry_(telemetry), fetch_(fetch), balancer_(balancer), driver_(driver) {}

void Judging::start(Subject subject) {
    subject_ = std::move(subject);
    std::vector<judge::Target> targets;
    for (const NodeNow& node : subject_.nodes) targets.push_back(target_of(node, subject_));
    judge_ = std::make_unique<judge::Judge>(
        telemetry_, fetch_, telemetry_.clock, balancer_, std::move(targets), subject_.reads
    );
    restarts_.clear();
    looked_.reset();
}

void Judging::forget(const std::string& node) {
    judge_->forget(node);
    restarts_.erase(node);
}

Task<std::optional<Look>> Judging::tick() {
    const SteadyTime now = telemetry_.clock.steady();
    if (looked_ && now - asked_ >= judge::Judge::probe_period) {
        asked_ = now;
        co_await judge_->probe();
    }
    if (looked_ && now - *looked_ < judge::Judge::period) co_return std::nullopt;
    const bool is_first = !looked_;  // where the counters stood
    looked_ = now;
    co_await see();
    if (is_first) co_return std::nullopt;
    co_return subject_.judged == Judged::watch ? look_at_site() : look_at_release();
}

Task<> Judging::see() {
    co_await judge_->sample();
    co_await ask_machines();
}

/// What a process did before the window, or before it was seen first, is not its release's fault.
/// A machine that does not answer says nothing; the balancer and the node itself still do.
Task<> Judging::ask_machines() {
    const auto instances = co_await driver_.instances();
    if (!instances) co_return;
    for (const Instance& instance : *instances) {
        const std::string& name = instance.facts.node;
        const auto [before, is_first] = restarts_.try_emplace(name, instance.restarts);
        if (is_first) continue;
        const std::int64_t count = instance.restarts - before->second;
        if (count <= 0) continue;
        judge_->tell_ends(
            name,
            {.count = count,
             .was_out_of_memory = instance.was_out_of_memory,
             .last = instance.last_end}
        );
    }
}

Task<Result<>> Judging::at_end() {
    co_await see();
    if (subject_.judged == Judged::canary) co_return refused_by(judge_->end({}));
    if (subject_.judged == Judged::batch) co_return refused_by({judge_->abort()});
    const Verdict site = judge_->site().watched.site;
    if (site.outcome != Outcome::fail) co_return done;
    co_return refused_by({site});
}

std::string Judging::summary_of(const judge::Report& report) {
    const Counts users = report.canary.whole.users;
    const Counts probes = report.canary.probes_whole.counts;
    std::string line = "gets " + percent(report.share) + ": " + words_of(users) + ", limit " +
                       percent(judge::limits.error_ratio);
    if (report.stable.nodes > 0) {
        line += " | others " + std::to_string(report.stable.users.requests) + ", " +
                percent(report.stable.users.ratio());
    }
    line += " | probes " + std::to_string(probes.requests) + ", " + std::to_string(probes.errors) +
            " failed";
    return line;
}

/// What would follow if the window ended now; "" when it would pass, or is over.
std::string Judging::outlook_of(const judge::Report& report) const {
    if (subject_.judged != Judged::canary || report.now.outcome == Outcome::fail) return "";
    const std::string failed = words_of_failed(report.checks);
    if (!failed.empty()) return "not good enough as it is: " + failed;
    if (report.canary.whole.users.requests >= judge::limits.requests_min) return "";
    return "fewer than " + std::to_string(judge::limits.requests_min) +
           " requests of users: the probes decide";
}

Look Judging::look_at_release() const {
    judge::Report report = judge_->report();
    if (subject_.judged == Judged::batch) report.checks = {report.now};
    Look look{.sample = report.json()};
    look.sample["summary"] = summary_of(report);
    look.sample["outlook"] = outlook_of(report);
    if (report.now.outcome == Outcome::fail) look.abort = words_of(report.now);
    return look;
}

Look Judging::look_at_site() const {
    const judge::SiteReport report = judge_->site();
    Look look{.sample = report.json(), .alone = report.watched.alone};
    std::string summary = "all nodes: " + words_of(report.site.users) + ", limit " +
                          percent(judge::limits.error_ratio);
    if (look.alone) summary += " | alone above it: " + *look.alone;
    look.sample["summary"] = std::move(summary);
    if (report.watched.site.outcome == Outcome::fail) look.abort = words_of(report.watched.site);
    return look;
}

}  // namespace acme::deploy
