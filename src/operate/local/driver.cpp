#include "operate/local/driver.hpp"

#include "base/bytes.hpp"
#include "base/hash.hpp"
#include "operate/local/files.hpp"

#include <csignal>
#include <filesystem>

namespace acme::local {
namespace {

process::Spec spec_of(const Node& node, const Release& release) {
    process::Spec spec{
        .argv = {release.binary, node.role},
        .environment = node.environment,
        .directory = "/",
        // One that ignores SIGTERM would outlive a supervisor that was killed, and keep its port.
        // The balancer dies with the supervisor too, so no request is lost by that.
        .orphan_signal = SIGKILL,
    };
    spec.environment["ACME_RELEASE"] = release.id;
    return spec;
}

/// The values go in as a digest, and no secret can be read back from it.
std::string spec_digest(const process::Spec& spec) {
    Sha256 digest;
    for (const std::string& word : spec.argv) digest.add(word + '\0');
    for (const auto& [name, value] : spec.environment) digest.add(name + "=" + value + '\0');
    return "sha256:" + to_hex(digest.finish());
}

/// So that it lives as long as its task.
Task<> run(std::shared_ptr<Keeper> keeper) { co_await keeper->run(); }

}  // namespace

Facts ProcessDriver::whole(const Node& node, const Release& release, Facts facts) {
    facts.node = node.name;
    facts.role = node.role;
    facts.release = release.id;
    facts.digest = release.digest;
    facts.address = node.address;
    facts.spec = spec_digest(spec_of(node, release));
    return facts;
}

void ProcessDriver::stage(const Node& node, const Release& release, Facts facts) const {
    write_private(next_of(node.name), whole(node, release, std::move(facts)).json());
}

Task<Result<>> ProcessDriver::start(Node node, Release release, Facts facts) {
    facts = whole(node, release, std::move(facts));
    if (const Keeper* const there = find(node.name)) {
        if (!there->is_stopping() && this->facts(node.name) == facts) co_return done;
        co_return refuse(
            ErrorKind::conflict, "engine.runs", "Something else runs on " + node.name + "."
        );
    }
    // Before the process: who finds it running finds its facts.
    if (read_file(next_of(node.name)) == facts.json()) {
        std::filesystem::rename(next_of(node.name), path_of(node.name));
    } else {
        write(facts);
    }
    std::error_code ignored;  // of a supervisor that died with both
    if (!beside_.contains(node.name)) std::filesystem::remove(beside_of(node.name), ignored);
    const Executor executor = co_await asio::this_coro::executor;
    running_[node.name] = keep(executor, node, release, facts, pid_of(node.name));
    co_return done;
}

std::shared_ptr<Keeper> ProcessDriver::keep(
    const Executor& executor,
    const Node& node,
    const Release& release,
    const Facts& facts,
    std::string pid_file
) {
    process::Spec spec = spec_of(node, release);
    // What is so now, and no part of what was ordered. Not named ACME_…: a release from before this
    // setting would refuse to start with it, and it is the old ones that are returned to.
    if (facts.known_good == release.id) spec.environment["RELEASE_IS_KNOWN_GOOD"] = "true";
    Kept kept{.name = node.name, .process = std::move(spec), .pid_file = std::move(pid_file)};
    auto keeper = std::make_shared<Keeper>(parts_.clock, parts_.logs, parts_.say, std::move(kept));
    parts_.tasks.spawn(executor, "node", run(keeper));
    return keeper;
}

Task<Result<>> ProcessDriver::start_beside(Node node, Release release, Facts facts) {
    if (node.spare_address.empty()) {
        co_return refuse(
            ErrorKind::conflict, "engine.no_room", node.name + " has no second address."
        );
    }
    node = node.at(node.spare_address);
    facts = whole(node, release, std::move(facts));
    const auto there = beside_.find(node.name);
    if (there != beside_.end()) {
        const bool is_same = there->second.facts == facts && !there->second.keeper->is_stopping();
        if (is_same) co_return done;
        co_return refuse(
            ErrorKind::conflict, "engine.runs", "Something else runs beside " + node.name + "."
        );
    }
    write_private(beside_of(node.name), facts.json());
    const Executor executor = co_await asio::this_coro::executor;
    auto keeper = keep(executor, node, release, facts, beside_of(node.name) + ".pid");
    beside_[node.name] = {std::move(keeper), std::move(facts)};
    co_return done;
}

Task<Result<bool>> ProcessDriver::settle(
    std::string node,
    std::string address,
    std::chrono::milliseconds grace,
    const process::Event& hurry
) {
    const auto own = facts(node);
    if (own && own->address == address) co_return co_await stop_beside(node, grace, hurry);
    const auto second = beside_.find(node);
    if (second == beside_.end() || second->second.facts.address != address) {
        co_return refuse(
            ErrorKind::conflict, "engine.not_running", "Nothing was started there at " + address
        );
    }
    const std::shared_ptr<Keeper> keeper = second->second.keeper;
    const bool ended_by_itself = co_await stop(node, grace, hurry);
    // Two may settle it at once, or another ended it meanwhile.
    const auto still = beside_.find(node);
    if (still == beside_.end() || still->second.keeper != keeper) co_return ended_by_itself;
    std::filesystem::rename(beside_of(node), path_of(node));
    keeper->move_pid_file(pid_of(node));
    running_[node] = keeper;
    beside_.erase(still);
    co_return ended_by_itself;
}

Task<bool> ProcessDriver::stop_beside(
    std::string node, std::chrono::milliseconds grace, const process::Event& hurry
) {
    const auto found = beside_.find(node);
    if (found == beside_.end()) co_return true;
    const std::shared_ptr<Keeper> keeper = found->second.keeper;
    const bool ended_by_itself = co_await keeper->stop(grace, hurry);
    const auto there = beside_.find(node);
    if (there != beside_.end() && there->second.keeper == keeper) {
        beside_.erase(there);
        std::error_code ignored;
        std::filesystem::remove(beside_of(node), ignored);
    }
    co_return ended_by_itself;
}

Task<bool> ProcessDriver::stop(
    std::string node, std::chrono::milliseconds grace, const process::Event& hurry
) {
    const auto found = running_.find(node);
    if (found == running_.end()) co_return true;
    const std::shared_ptr<Keeper> keeper = found->second;
    const bool ended_by_itself = co_await keeper->stop(grace, hurry);
    // Two may stop it at once, and another may run there when the second one wakes up.
    const auto there = running_.find(node);
    if (there != running_.end() && there->second == keeper) running_.erase(there);
    co_return ended_by_itself;
}

bool ProcessDriver::kill(const std::string& node) const {
    const Keeper* const keeper = find(node);
    return keeper != nullptr && keeper->kill();
}

std::optional<Facts> ProcessDriver::facts(const std::string& node) const {
    const auto text = read_file(path_of(node));
    return text ? Facts::parse(*text) : std::nullopt;
}

void ProcessDriver::write(const Facts& facts) const {
    write_private(path_of(facts.node), facts.json());
}

deploy::Instance ProcessDriver::instance_of(Facts facts, const Keeper* keeper) {
    deploy::Instance instance{.facts = std::move(facts)};
    if (keeper != nullptr) {
        instance.is_running = keeper->is_running();
        instance.started_at = keeper->started_at();
        instance.restarts = keeper->deaths();
        instance.was_out_of_memory = keeper->was_out_of_memory();
        instance.last_end = keeper->last_end();
        instance.last_lines = {keeper->last_lines().begin(), keeper->last_lines().end()};
    }
    return instance;
}

std::optional<deploy::Instance> ProcessDriver::look(const Node& node) const {
    auto known = facts(node.name);
    if (!known) return std::nullopt;
    const std::string address = known->address;
    deploy::Instance instance = instance_of(*std::move(known), find(node.name));
    instance.spare_address = node.at(address).spare_address;
    const auto second = beside_.find(node.name);
    if (second != beside_.end()) {
        instance.beside.push_back(instance_of(second->second.facts, second->second.keeper.get()));
    }
    return instance;
}

const Keeper* ProcessDriver::find(const std::string& node) const {
    const auto found = running_.find(node);
    return found == running_.end() ? nullptr : found->second.get();
}

}  // namespace acme::local
