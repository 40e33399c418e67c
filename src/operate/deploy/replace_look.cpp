// What the Replacer asks of a node's machine: when its program began, and why it does not come.
#include "operate/deploy/replace.hpp"

#include <algorithm>

namespace acme::deploy {
namespace {

constexpr std::int64_t ends_max = 3;  // of a program that shall become ready

/// The program at the address of the facts, beside or not; nullptr for none.
const Instance* program_of(const std::vector<Instance>& instances, const Facts& facts) {
    const auto found = std::ranges::find(instances, facts.node, [](const Instance& each) {
        return each.facts.node;
    });
    if (found == instances.end()) return nullptr;
    for (const Instance& second : found->beside) {
        if (second.facts.address == facts.address) return &second;
    }
    return &*found;
}

}  // namespace

Task<Result<Instance>> Replacer::instance_of(std::string node) {
    const auto instances = ACME_TRY(co_await driver_.instances());
    for (const Instance& instance : instances) {
        if (instance.facts.node == node) co_return instance;
    }
    co_return refuse(ErrorKind::conflict, "deploy.node_gone", node + " is no node any more.");
}

Task<bool> Replacer::ends_again_and_again(Facts facts) {
    const auto instances = co_await driver_.instances();
    if (!instances) co_return false;
    const Instance* const program = program_of(*instances, facts);
    co_return program != nullptr && program->restarts >= ends_max;
}

/// Now, when the machine does not say.
Task<WallTime> Replacer::start_of(Facts facts) {
    const auto instances = co_await driver_.instances();
    const Instance* const program = instances ? program_of(*instances, facts) : nullptr;
    co_return program != nullptr ? program->started_at : clock_.now();
}

Task<std::string> Replacer::why_not(Facts facts, std::string said) {
    std::string text = "It last answered: " + (said.empty() ? std::string("nothing") : said) + ".";
    const auto instances = co_await driver_.instances();
    const Instance* const program = instances ? program_of(*instances, facts) : nullptr;
    if (program == nullptr) co_return text;
    if (!program->last_end.empty()) {
        text += " It ended " + std::to_string(program->restarts) + " times, last by " +
                program->last_end + ".";
    }
    if (!program->last_lines.empty()) text += " Its log ends:";
    for (const std::string& line : program->last_lines) text += "\n    " + line;
    co_return text;
}

}  // namespace acme::deploy
