#pragma once

/// The inner part of the `process` driver (C-6): a release runs on a node of this machine as a
/// child of the supervisor, under the contract of an image (C-4). Who may start and stop is the
/// Engine's to decide.

#include "io/loop/task_group.hpp"
#include "operate/deploy/driver.hpp"
#include "operate/local/keeper.hpp"
#include "operate/local/plan.hpp"
#include "operate/local/release.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>

namespace acme::local {

using deploy::Facts;

class ProcessDriver {
public:
    struct Parts {
        const Clock& clock;
        logs::DayFiles& logs;
        const Say& say;
        TaskGroup& tasks;
    };

    /// The facts of each node (C-5) are kept in <facts_folder>/<node>.json.
    ProcessDriver(Parts parts, std::string facts_folder)
        : parts_(parts), folder_(std::move(facts_folder)) {}

    /// Starts the release on the node, and keeps it running; its facts are written before. Of
    /// `facts` count environment, known_good, deployment and track. What runs there with the same
    /// facts is left alone. Errors: engine.runs (conflict), for something else that runs or is
    /// being stopped.
    Task<Result<>> start(Node node, Release release, Facts facts);

    /// Writes beside the facts of what runs those that start() shall write, so that it finds room
    /// for them. Throws std::system_error when there is none.
    void stage(const Node& node, const Release& release, Facts facts) const;

    /// Starts the release at the node's spare address, beside what runs there; see
    /// deploy::Driver::start_beside(). Its facts are in <facts_folder>/<node>.beside until
    /// settle(). Throws std::system_error when there is no room for them; then nothing was started.
    Task<Result<>> start_beside(Node node, Release release, Facts facts);

    /// See deploy::Driver::settle().
    Task<Result<bool>> settle(
        std::string node,
        std::string address,
        std::chrono::milliseconds grace,
        const process::Event& hurry
    );

    /// Drains what was started beside, and waits; nothing there is stopped already.
    Task<bool> stop_beside(
        std::string node, std::chrono::milliseconds grace, const process::Event& hurry
    );

    /// Drains the node and waits; see Keeper::stop(). Its facts stay. A node that does not run is
    /// stopped already.
    Task<bool> stop(std::string node, std::chrono::milliseconds grace, const process::Event& hurry);

    /// Ends it as a crash would; it comes back by itself. False when nothing runs there now.
    bool kill(const std::string& node) const;

    /// What was started there last; nullopt when nothing ever was.
    std::optional<Facts> facts(const std::string& node) const;

    /// Replaces what is written down, whether it runs or not. Throws std::system_error.
    void write(const Facts& facts) const;

    /// The node as it is now; nullopt when nothing was ever started there.
    std::optional<deploy::Instance> look(const Node& node) const;

    /// nullptr when the node was not started.
    const Keeper* find(const std::string& node) const;

private:
    /// A program beside the node's own.
    struct Second {
        std::shared_ptr<Keeper> keeper;
        Facts facts;
    };

    static Facts whole(const Node& node, const Release& release, Facts facts);
    static deploy::Instance instance_of(Facts facts, const Keeper* keeper);
    std::shared_ptr<Keeper> keep(
        const Executor& executor,
        const Node& node,
        const Release& release,
        const Facts& facts,
        std::string pid_file
    );
    std::string path_of(const std::string& node) const { return folder_ + "/" + node + ".json"; }
    std::string pid_of(const std::string& node) const { return folder_ + "/" + node + ".pid"; }
    std::string beside_of(const std::string& node) const {
        return folder_ + "/" + node + ".beside";
    }
    std::string next_of(const std::string& node) const { return folder_ + "/" + node + ".next"; }

    Parts parts_;
    std::string folder_;
    std::map<std::string, std::shared_ptr<Keeper>> running_;
    std::map<std::string, Second> beside_;
};

}  // namespace acme::local
