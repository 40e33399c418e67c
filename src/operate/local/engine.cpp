#include "operate/local/engine.hpp"

#include "operate/local/files.hpp"

#include <algorithm>
#include <csignal>
#include <filesystem>

namespace acme::local {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds look_again{20};
constexpr std::size_t words_max = 32;

bool is_grace(milliseconds time) {
    return time >= milliseconds::zero() && time <= Engine::grace_most;
}

std::unexpected<Error> malformed(std::string message) {
    return refuse(ErrorKind::invalid, "engine.malformed", std::move(message));
}

}  // namespace

Result<> Engine::check(const deploy::Fence& fence) const {
    if (closing_.is_set()) {
        return refuse(ErrorKind::unavailable, "engine.unreachable", "`acme up` is stopping.");
    }
    return fences_.check(fence);
}

Result<Node> Engine::node_of(const std::string& name) const {
    const auto found = std::ranges::find(parts_.nodes, name, &Node::name);
    if (found != parts_.nodes.end()) {
        const auto facts = parts_.processes.facts(name);
        return facts ? found->at(facts->address) : *found;
    }
    return refuse(ErrorKind::not_found, "engine.unknown_node", "There is no such node.");
}

Result<Release> Engine::release_of(const std::string& id) const {
    if (auto found = parts_.releases.find(id)) return *std::move(found);
    return refuse(
        ErrorKind::not_found,
        "engine.release_missing",
        "That release is not on this machine. `acme release list` shows those that are."
    );
}

Task<Result<std::vector<deploy::Instance>>> Engine::instances() {
    std::vector<deploy::Instance> all;
    for (const Node& node : parts_.nodes) {
        if (auto instance = parts_.processes.look(node)) all.push_back(*std::move(instance));
    }
    co_return all;
}

Task<Result<std::vector<deploy::Stored>>> Engine::releases() { co_return parts_.releases.list(); }

Task<Result<deploy::Fence>> Engine::take(
    std::string holder, milliseconds time_max, deploy::Claim claim
) {
    co_return fences_.take(holder, time_max, claim);
}

Task<Result<deploy::Fence>> Engine::held() { co_return fences_.held(); }

Task<Result<>> Engine::give_back(deploy::Fence fence) {
    fences_.give_back(fence);
    co_return done;
}

Task<Result<bool>> Engine::stop(deploy::Fence fence, std::string node, milliseconds grace) {
    ACME_TRY(check(fence));
    ACME_TRY(node_of(node));
    if (!is_grace(grace)) co_return malformed("The grace is from nothing to ten minutes.");
    co_return co_await parts_.processes.stop(std::move(node), grace, closing_);
}

Task<Result<>> Engine::start(deploy::Fence fence, deploy::Facts facts) {
    ACME_TRY(check(fence));
    Node node = ACME_TRY(node_of(facts.node));
    Release release = ACME_TRY(release_of(facts.release));
    co_return co_await parts_.processes.start(
        std::move(node), std::move(release), std::move(facts)
    );
}

Task<Result<bool>> Engine::replace(deploy::Fence fence, deploy::Facts facts, milliseconds grace) {
    ACME_TRY(check(fence));
    const Node node = ACME_TRY(node_of(facts.node));
    const Release release = ACME_TRY(release_of(facts.release));
    parts_.processes.stage(node, release, facts);  // before anything is stopped
    const bool ended_by_itself = ACME_TRY(co_await stop(fence, facts.node, grace));
    if (closing_.is_set() || !fences_.is_latest(fence)) ACME_TRY(check(fence));
    ACME_TRY(co_await parts_.processes.start(node, release, std::move(facts)));
    co_return ended_by_itself;
}

Task<Result<>> Engine::start_beside(deploy::Fence fence, deploy::Facts facts) {
    ACME_TRY(check(fence));
    Node node = ACME_TRY(node_of(facts.node));
    Release release = ACME_TRY(release_of(facts.release));
    co_return co_await parts_.processes.start_beside(
        std::move(node), std::move(release), std::move(facts)
    );
}

Task<Result<bool>> Engine::settle(
    deploy::Fence fence, std::string node, std::string address, milliseconds grace
) {
    ACME_TRY(check(fence));
    ACME_TRY(node_of(node));
    if (!is_grace(grace)) co_return malformed("The grace is from nothing to ten minutes.");
    co_return co_await parts_.processes.settle(
        std::move(node), std::move(address), grace, closing_
    );
}

Task<Result<>> Engine::kill(deploy::Fence fence, std::string node) {
    ACME_TRY(check(fence));
    ACME_TRY(node_of(node));
    if (parts_.processes.kill(node)) co_return done;
    co_return refuse(
        ErrorKind::conflict, "engine.not_running", "Nothing runs on " + node + " now."
    );
}

Task<Result<>> Engine::label(deploy::Fence fence, deploy::Facts facts) {
    ACME_TRY(check(fence));
    ACME_TRY(node_of(facts.node));
    auto there = parts_.processes.facts(facts.node);
    if (!there || there->release != facts.release) {
        co_return refuse(
            ErrorKind::conflict, "engine.runs", "Another release is on " + facts.node + "."
        );
    }
    there->known_good = facts.known_good;
    there->deployment = facts.deployment;
    there->track = facts.track;
    parts_.processes.write(*there);
    co_return done;
}

Task<Result<>> Engine::mark_good(deploy::Fence fence, std::string release) {
    ACME_TRY(check(fence));
    ACME_TRY(release_of(release));
    parts_.releases.mark_good(release);
    co_return done;
}

Task<Result<deploy::Ended>> Engine::run_once(
    deploy::Fence fence, std::string release, std::vector<std::string> argv, milliseconds time_max
) {
    ACME_TRY(check(fence));
    const Release found = ACME_TRY(release_of(release));
    const bool is_sound = !argv.empty() && argv.size() <= words_max &&
                          time_max > milliseconds::zero() && time_max <= run_time_most;
    if (!is_sound) co_return malformed("A command has words, and up to an hour.");
    try {
        co_return co_await run(spec_of(found, argv), time_max);
    } catch (const process::Fault& fault) {
        co_return deploy::Ended{.code = 127, .output = fault.what()};
    }
}

process::Spec Engine::spec_of(const Release& release, const std::vector<std::string>& argv) const {
    process::Spec spec{.argv = {release.binary}, .environment = parts_.environment};
    spec.argv.insert(spec.argv.end(), argv.begin(), argv.end());
    spec.environment["ACME_NODE"] = argv.front();
    spec.environment["ACME_RELEASE"] = release.id;
    return spec;
}

Task<deploy::Ended> Engine::run(process::Spec spec, milliseconds time_max) {
    deploy::Ended ended;
    const auto hear = [&ended, this](std::string_view line) {
        parts_.logs.write("once", line);
        ended.output.append(line).append("\n");
        if (ended.output.size() <= output_bytes_max) return;
        ended.output.erase(0, ended.output.size() - output_bytes_max);
    };
    const auto child =
        process::Child::start(co_await asio::this_coro::executor, spec, process::LineSink(hear));
    const SteadyTime deadline = parts_.clock.steady() + time_max;
    while (!child->has_ended() && !closing_.is_set() && parts_.clock.steady() < deadline) {
        co_await child->wait_for(look_again);
    }
    if (!child->has_ended()) child->signal_group(SIGKILL);
    const process::Exit exit = co_await child->wait();
    ended.code = exit.code;
    co_return ended;
}

namespace {

std::vector<Facts> facts_in(const std::string& folder, std::string_view extension) {
    std::vector<Facts> all;
    std::error_code absent;
    for (const auto& entry : std::filesystem::directory_iterator(folder, absent)) {
        if (entry.path().extension() != extension) continue;
        const auto text = read_file(entry.path());
        auto facts = text ? Facts::parse(*text) : std::nullopt;
        if (facts) all.push_back(*std::move(facts));
    }
    std::ranges::sort(all, {}, &Facts::node);
    return all;
}

}  // namespace

std::vector<Facts> all_facts(const std::string& facts_folder) {
    return facts_in(facts_folder, ".json");
}

std::set<std::string> releases_in_use(const std::string& facts_folder) {
    std::set<std::string> ids;
    for (const Facts& facts : all_facts(facts_folder)) {
        ids.insert({facts.release, facts.known_good});
    }
    for (const Facts& facts : facts_in(facts_folder, ".beside")) ids.insert(facts.release);
    return ids;
}

}  // namespace acme::local
