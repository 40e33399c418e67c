#include "operate/local/choice.hpp"

#include <algorithm>

namespace acme::local {
namespace {

deploy::Facts facts_of(const Situation& situation, const std::string& release) {
    return {
        .environment = situation.environment,
        .node = "",
        .role = "",
        .release = release,
        .digest = "",
        .known_good = release,
        .deployment = "up",
        .track = "stable",
        .spec = "",
        .address = "",
    };
}

/// nullopt when neither its release nor the one to return to is on the machine any more.
std::optional<deploy::Facts> again(const Situation& situation, const deploy::Facts& before) {
    deploy::Facts facts = before;
    facts.environment = situation.environment;
    facts.track = "stable";
    if (before.track != "canary" && situation.is_there(before.release)) return facts;
    if (situation.is_there(before.known_good)) return facts_of(situation, before.known_good);
    return std::nullopt;
}

std::string most_frequent(const std::map<std::string, deploy::Facts>& starts) {
    std::map<std::string, int> counts;
    for (const auto& [node, facts] : starts) ++counts[facts.release];
    return std::ranges::max_element(
               counts, {}, [](const auto& count) { return count.second; }
    )->first;
}

}  // namespace

Choice choose_releases(const Situation& situation) {
    Choice choice;
    for (const std::string& node : situation.nodes) {
        const auto before = situation.facts.find(node);
        if (situation.is_new || before == situation.facts.end()) continue;
        if (auto facts = again(situation, before->second)) choice.starts[node] = *facts;
    }
    choice.is_release_of_program = choice.starts.empty();
    choice.release = choice.starts.empty() ? situation.program : most_frequent(choice.starts);
    for (const std::string& node : situation.nodes) {
        choice.starts.try_emplace(node, facts_of(situation, choice.release));
    }
    return choice;
}

}  // namespace acme::local
