#include "platform/flags/flags.hpp"

#include "platform/flags/compiled.hpp"

#include <algorithm>

namespace acme::flags {
namespace {

const std::shared_ptr<Tally> none;

/// Text of a JSON value, and a number where a whole one is stored, may be had as well.
bool fits(ValueType stored, ValueType wanted) {
    return stored == wanted || (stored == ValueType::json && wanted == ValueType::string) ||
           (stored == ValueType::integer && wanted == ValueType::number);
}

void add(
    const CompiledFlag& flag,
    const Evaluation& evaluation,
    const Subject& subject,
    std::uint64_t times = 1
) {
    Tally* const tally = subject.tally();
    if (tally != nullptr) tally->count(flag.places, flag.variants, evaluation, times);
}

}  // namespace

std::string_view Flags::own_environment(std::uint64_t number) {
    if (own_number_ != number) {
        own_number_ = number;
        const bool is_there = depot_.newest(depot_.environment()) != nullptr;
        own_ = is_there ? std::string_view(depot_.environment()) : "production";
    }
    return own_;
}

const std::shared_ptr<Tally>& Flags::tally_of(std::string_view environment) {
    if (!is_on()) return none;
    const std::uint64_t number = depot_.number();
    const std::string_view name = environment.empty() ? own_environment(number) : environment;
    auto found = std::ranges::find(pinned_, name, &Pinned::environment);
    if (found == pinned_.end()) {
        // Names come from requests: those that are no environment's leave nothing behind.
        auto tally = depot_.enlist(name);
        if (tally == nullptr) return none;
        pinned_.push_back(
            {.environment = std::string(name), .number = number, .tally = std::move(tally)}
        );
        return pinned_.back().tally;
    }
    if (found->number != number) {
        found->number = number;
        const auto newest = depot_.newest(name);
        if (newest != found->tally->snapshot()) found->tally = depot_.enlist(name);
    }
    return found->tally;
}

std::shared_ptr<const Snapshot> Flags::pin(std::string_view environment) {
    const auto& tally = tally_of(environment);
    return tally == nullptr ? nullptr : tally->snapshot();
}

Subject Flags::subject(WallTime now, std::string_view environment) {
    const auto& tally = tally_of(environment);
    return {tally == nullptr ? nullptr : tally->snapshot(), now, tally};
}

Evaluation Flags::evaluate(std::uint32_t flag, const Subject& subject) {
    const Compiled& all = *subject.compiled();
    const CompiledFlag& compiled = all.flags[flag];
    const Evaluation evaluation = flags::evaluate(all, compiled, subject);
    add(compiled, evaluation, subject);
    return evaluation;
}

std::vector<Answer> Flags::evaluate_all(const Subject& subject) {
    const Compiled& all = *subject.compiled();
    Tally* const tally = subject.tally();
    const auto count = static_cast<std::uint32_t>(all.flags.size());
    std::vector<Answer> answers;
    answers.reserve(count);
    for (std::uint32_t i = 0; i < count; ++i) {
        const CompiledFlag& flag = all.flags[i];
        const Evaluation evaluation = flags::evaluate(all, flag, subject);
        if (tally != nullptr) tally->count(flag.places, flag.variants, evaluation);
        // In its place: what is put together elsewhere and then copied waits for its own parts.
        answers.emplace_back(evaluation, all.members[place_of_members(all, i, evaluation.value)]);
    }
    return answers;
}

void Flags::count(
    std::uint32_t flag, const Evaluation& evaluation, const Subject& subject, std::uint64_t times
) {
    add(subject.compiled()->flags[flag], evaluation, subject, times);
}

const Value* Flags::served(std::uint32_t flag, ValueType type, const Subject& subject) {
    const Compiled& all = *subject.compiled();
    const CompiledFlag& compiled = all.flags[flag];
    if (!fits(compiled.type, type)) {
        add(compiled, {.reason = Reason::error, .fault = Fault::type_mismatch}, subject);
        return nullptr;
    }
    const Evaluation evaluation = flags::evaluate(all, compiled, subject);
    add(compiled, evaluation, subject);
    return evaluation.has_value() ? &all.values[compiled.values + evaluation.value] : nullptr;
}

}  // namespace acme::flags
