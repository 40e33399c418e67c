#include "operate/deploy/usual_return.hpp"

#include "operate/deploy/release_name.hpp"
#include "operate/deploy/releases.hpp"
#include "operate/deploy/show.hpp"

#include <algorithm>
#include <ranges>

namespace acme::deploy {
namespace {

bool has_another(const Instance& instance, const std::string& release) {
    return instance.facts.release != release || !instance.beside.empty();
}

/// As the table has it, if what it has is what the machines have.
Task<std::string> recorded_before(
    const CliParts& parts, trace::Context context, std::string known_good
) {
    try {
        Releases releases(parts.db);
        const auto current = co_await releases.current(context, parts.environment);
        if (!current || current->release != known_good) co_return "";
        co_return current->rollback_to.value_or("");
    } catch (const pg::Unreachable&) {
        co_return "";  // the files beside the nodes tell the same
    }
}

}  // namespace

std::string known_good_of(const std::vector<Instance>& instances) {
    std::vector<std::string> said;
    for (const Instance& instance : instances) said.push_back(instance.facts.known_good);
    return most_common(said);
}

std::string return_from_what_is(
    const std::vector<Instance>& instances,
    const std::vector<Told>& told,
    const std::string& environment
) {
    const std::string good = known_good_of(instances);
    const bool runs_elsewhere = std::ranges::any_of(instances, [&good](const Instance& instance) {
        return has_another(instance, good);
    });
    if (runs_elsewhere) return good;
    const bool is_under_way = std::ranges::any_of(told, [&](const Told& each) {
        const Deployment& one = each.deployment;
        const bool is_only_watched = one.kind == "release" && one.release == good;
        return one.environment == environment && !one.has_ended() && !is_only_watched;
    });
    return is_under_way ? good : "";
}

std::string good_before(
    const std::string& release, const std::vector<Told>& told, const std::string& environment
) {
    for (const Told& each : std::views::reverse(told)) {
        const Deployment& one = each.deployment;
        const bool brought_it = one.environment == environment && one.kind == "release" &&
                                one.release == release && one.known_good != release;
        if (brought_it && !one.known_good.empty()) return one.known_good;
    }
    return "";
}

Task<Result<Return>> usual_return(
    const CliParts& parts, Driver& driver, trace::Context context, std::vector<Stored> stored
) {
    const auto instances = ACME_TRY(co_await driver.instances());
    Journal journal(parts.journal_folder, parts.db, parts.telemetry.clock, parts.telemetry);
    const auto told = journal.told();
    std::string wanted = return_from_what_is(instances, told, parts.environment);
    if (!wanted.empty()) co_return Return{std::move(wanted)};
    const std::string good = known_good_of(instances);
    std::string before = co_await recorded_before(parts, context, good);
    if (before.empty()) before = good_before(good, told, parts.environment);
    std::erase_if(stored, [&good](const Stored& one) { return one.id == good || !one.is_good; });
    if (std::ranges::find(stored, before, &Stored::id) != stored.end()) {
        co_return Return{
            .release = before,
            .note = short_of(good) +
                    ", the known-good release, runs everywhere already: this goes to " +
                    short_of(before) + ", which was good before it."
        };
    }
    const std::string why = good.empty()
                                ? "No node says what was good here"
                                : short_of(good) +
                                      ", the known-good release, runs everywhere already, and "
                                      "what was good before it is not known or not there";
    co_return refuse_with(
        ErrorKind::conflict,
        "rollback.nowhere",
        why + ". Name one with --to; these were good:",
        stored
    );
}

}  // namespace acme::deploy
