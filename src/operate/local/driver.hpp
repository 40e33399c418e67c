#pragma once

/// The `process` driver (C-6): a release runs on a node of this machine as a child of the
/// supervisor, under the contract of an image (C-4).

#include "io/loop/task_group.hpp"
#include "operate/local/keeper.hpp"
#include "operate/local/plan.hpp"
#include "operate/local/release.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>

namespace acme::local {

/// What is known about a node without any database (C-5), in <home>/nodes/<node>.json: the labels
/// of a container, for a process.
struct Facts {
    std::string environment;
    std::string node;
    std::string role;
    std::string release;
    std::string digest;
    std::string known_good;  // the release to return to
    std::string deployment;
    std::string track;  // "canary", "stable", "kept"
    std::string spec;   // digest of all that the process was started with
    std::string address;

    std::string json() const;
    static std::optional<Facts> parse(std::string_view json);
};

class ProcessDriver {
public:
    struct Parts {
        const Clock& clock;
        logs::DayFiles& logs;
        const Say& say;
        TaskGroup& tasks;
    };

    ProcessDriver(Parts parts, std::string facts_folder)
        : parts_(parts), folder_(std::move(facts_folder)) {}

    /// Starts the release on the node, and keeps it running. A node that runs is stopped first by
    /// stop(); starting it twice throws std::logic_error.
    Task<> start(Node node, Release release);

    /// Drains the node and waits; see Keeper::stop(). Its facts stay. A node that does not run is
    /// stopped already.
    Task<bool> stop(std::string node, std::chrono::milliseconds grace, const process::Event& hurry);

    /// What was started there last; nullopt when nothing ever was.
    std::optional<Facts> facts(const std::string& node) const;

    /// nullptr when the node was not started.
    const Keeper* find(const std::string& node) const;

private:
    std::string path_of(const std::string& node) const { return folder_ + "/" + node + ".json"; }

    Parts parts_;
    std::string folder_;
    std::map<std::string, std::unique_ptr<Keeper>> running_;
};

}  // namespace acme::local
