#pragma once

/// The engine of this machine: what a controller may do to the nodes of `acme up`, and who of them.

#include "operate/local/driver.hpp"
#include "operate/local/fence.hpp"

namespace acme::local {

/// The deploy::Driver on the side of the supervisor; EngineClient is the other side. Every call of
/// a controller runs to its end here, whether or not he waits for it.
class Engine final : public deploy::Driver {
public:
    /// All of it outlives the engine and what it still does. `nodes` may be filled later.
    struct Parts {
        const Clock& clock;
        logs::DayFiles& logs;
        ProcessDriver& processes;
        const Releases& releases;
        const std::vector<Node>& nodes;
        const process::Environment& environment;  // of a command
    };

    static constexpr std::chrono::milliseconds grace_most{std::chrono::minutes(10)};
    static constexpr std::chrono::milliseconds run_time_most{std::chrono::hours(1)};
    static constexpr std::size_t output_bytes_max = std::size_t{16} * 1024;

    /// Throws as Fences does.
    Engine(Parts parts, std::string fence_file)
        : parts_(parts), fences_(parts.clock, std::move(fence_file)) {}

    Task<Result<std::vector<deploy::Instance>>> instances() override;
    Task<Result<std::vector<deploy::Stored>>> releases() override;
    Task<Result<deploy::Fence>> take(
        std::string holder, std::chrono::milliseconds time_max, deploy::Claim claim
    ) override;
    Task<Result<deploy::Fence>> held() override;
    Task<Result<>> give_back(deploy::Fence fence) override;
    Task<Result<bool>> stop(deploy::Fence fence, std::string node, std::chrono::milliseconds grace)
        override;
    Task<Result<>> start(deploy::Fence fence, deploy::Facts facts) override;
    Task<Result<bool>> replace(
        deploy::Fence fence, deploy::Facts facts, std::chrono::milliseconds grace
    ) override;
    Task<Result<>> start_beside(deploy::Fence fence, deploy::Facts facts) override;
    Task<Result<bool>> settle(
        deploy::Fence fence, std::string node, std::string address, std::chrono::milliseconds grace
    ) override;
    Task<Result<>> kill(deploy::Fence fence, std::string node) override;
    Task<Result<>> label(deploy::Fence fence, deploy::Facts facts) override;
    Task<Result<>> mark_good(deploy::Fence fence, std::string release) override;
    Task<Result<deploy::Ended>> run_once(
        deploy::Fence fence,
        std::string release,
        std::vector<std::string> argv,
        std::chrono::milliseconds time_max
    ) override;

    /// The supervisor stops: nothing is changed from now on, and what runs once is ended.
    void close() { closing_.set(); }

private:
    /// Errors: engine.fenced; engine.unreachable, once closed.
    Result<> check(const deploy::Fence& fence) const;
    /// At the address at which it was started last.
    Result<Node> node_of(const std::string& name) const;
    Result<Release> release_of(const std::string& id) const;
    process::Spec spec_of(const Release& release, const std::vector<std::string>& argv) const;
    Task<deploy::Ended> run(process::Spec spec, std::chrono::milliseconds time_max);

    Parts parts_;
    Fences fences_;
    process::Event closing_;
};

/// Of all nodes, whether they run or not, in the order of their names.
std::vector<Facts> all_facts(const std::string& facts_folder);

/// What all nodes name: releases that must stay where they are.
std::set<std::string> releases_in_use(const std::string& facts_folder);

}  // namespace acme::local
