#pragma once

/// A drill as it is carried out.

#include "operate/changes/drills.hpp"
#include "operate/deploy/deploy_cli.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace acme::drills {

using changes::DrillId;
using changes::Expectation;

/// Tells a person what goes on.
using Say = std::function<void(std::string_view line)>;

/// What a person may say about a drill.
struct Wanted {
    std::chrono::milliseconds limit{0};  // of what is measured; 0: the usual one of the drill
    std::string node = "";               // "": the drill chooses
};

class Exercise {
public:
    Exercise() = default;
    Exercise(const Exercise&) = delete;
    Exercise& operator=(const Exercise&) = delete;
    virtual ~Exercise() = default;

    /// Looks how things are, and changes nothing. Errors: drills.not_well (conflict), when
    /// something is amiss already; drills.nowhere_to_go (conflict); drills.no_such_node (invalid);
    /// those of the machines and the balancer.
    virtual Task<Result<>> prepare(trace::Context context) = 0;

    // After prepare():

    /// A sentence for people.
    virtual std::string intent() const = 0;

    /// What must hold.
    virtual std::vector<std::string> expectations() const = 0;

    /// How long it takes at most, with the way back.
    virtual std::chrono::milliseconds time_max() const = 0;

    /// The release that runs everywhere.
    virtual const std::string& release() const = 0;

    /// Does it, and leaves everything as it was. One Expectation for each sentence of
    /// expectations(), fewer when it was stopped before.
    virtual Task<std::vector<Expectation>> carry_out(
        trace::Context context, DrillId id, Say say
    ) = 0;

    /// What was begun is brought to its end or taken back; nothing more is begun.
    void stop() { is_stopped_ = true; }
    bool is_stopped() const { return is_stopped_; }

private:
    bool is_stopped_ = false;
};

/// All that it is given outlives it.
std::unique_ptr<Exercise> make_rollback(
    const deploy::CliParts& parts, deploy::Ground& ground, Wanted wanted
);
std::unique_ptr<Exercise> make_node_kill(
    const deploy::CliParts& parts, deploy::Ground& ground, Wanted wanted
);

/// The nodes, all ready on one release and taking traffic alike. Errors: drills.not_well (conflict)
/// with what is amiss; those of deploy::nodes_now().
Task<Result<std::vector<deploy::NodeNow>>> nodes_well(
    const deploy::CliParts& parts, deploy::Ground& ground, trace::Context context
);

/// Where the balancer listens, on this machine.
std::string url_of(const balancer::Settings& settings);

/// "9.2 s".
std::string seconds_text(std::chrono::milliseconds time);

}  // namespace acme::drills
