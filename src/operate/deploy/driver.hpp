#pragma once

/// The machines on which releases run, behind one small interface (C-6).
///
/// Whoever calls start() must not think of a process: an engine or an orchestrator may stand behind
/// it. Every call has a deadline of its own. Errors of all of them: engine.unreachable
/// (unavailable), when a machine does not answer; engine.fenced (conflict), when somebody with a
/// newer fence was there, or when it was given back; engine.unknown_node (not_found).

#include "base/clock.hpp"
#include "base/result.hpp"
#include "base/task.hpp"
#include "operate/deploy/facts.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace acme::deploy {

/// A node as its machine has it now.
struct Instance {
    Facts facts;
    bool is_running = false;
    WallTime started_at = {};
    std::int64_t restarts = 0;  // by itself, since it was started
    bool was_out_of_memory = false;
    std::string last_end = "";  // "signal 9", "exit 1"; "" when it never ended by itself
    std::vector<std::string> last_lines = {};  // of its log, at most last_lines_max
    std::string spare_address = "";     // of a second program there; "" where is no room for one
    std::vector<Instance> beside = {};  // what start_beside() started; one at most

    static constexpr std::size_t last_lines_max = 50;
};

/// A release that is unpacked on the machines.
struct Stored {
    std::string id;      // a commit, or "dev-" and a digest
    std::string digest;  // "sha256:…"
    WallTime added_at = {};
    bool is_good = false;  // its watch ended clean here once, or it is good by birth
};

/// Who may change the machines. Only one at a time; a number that only grows tells an older one.
struct Fence {
    std::int64_t number = 0;  // 0: none
    std::string holder = "";  // for people: "deploy run by anna on laptop, dpl_…"
};

/// What somebody wants the machines for. A later one takes them from an earlier one, which ends his
/// rights at once; among equals whoever has them keeps them.
enum class Claim : std::uint8_t {
    watch,       // only looks, and may have to go back
    deployment,  // changes them
    rollback,    // brings them back
};

/// How a program of a release ended that ran once.
struct Ended {
    int code = 0;
    std::string output = "";  // the last 16 KiB
};

class Driver {
public:
    Driver() = default;
    Driver(const Driver&) = delete;
    Driver& operator=(const Driver&) = delete;
    virtual ~Driver() = default;

    /// All nodes of all roles, asked of the machines now. A machine that does not answer fails the
    /// whole: half a picture is none.
    virtual Task<Result<std::vector<Instance>>> instances() = 0;

    /// What could be started without fetching anything; the newest first.
    virtual Task<Result<std::vector<Stored>>> releases() = 0;

    /// Takes the machines for `time_max`, or renews that (same holder, who may claim something else
    /// now). A holder is one run of one program: whoever goes on with the work of another has
    /// another name. Errors: engine.held (unavailable) with the holder's name.
    virtual Task<Result<Fence>> take(
        std::string holder, std::chrono::milliseconds time_max, Claim claim
    ) = 0;

    /// The last one who took the machines; its holder is "" when nobody has them now.
    virtual Task<Result<Fence>> held() = 0;

    /// Gives them back. Twice, or when somebody else has them, is harmless.
    virtual Task<Result<>> give_back(Fence fence) = 0;

    /// Asks the node's program to end, and ends it after `grace`; true when it ended by itself.
    /// One that does not run has ended already.
    virtual Task<Result<bool>> stop(
        Fence fence, std::string node, std::chrono::milliseconds grace
    ) = 0;

    /// Starts facts.release on facts.node, and keeps it running. What runs there with the same
    /// facts is left alone; something else must have been stopped: engine.runs (conflict). The
    /// driver fills in `digest`, `spec` and `address`. Errors: engine.release_missing (not_found).
    virtual Task<Result<>> start(Fence fence, Facts facts) = 0;

    /// stop() and start() in one, which goes on when the caller is gone: so no node is left stopped
    /// by a controller that died, not even the one on which the controller itself ran. What can be
    /// known before is: when there is no room to write down what is to run, nothing is stopped.
    /// True when what ran ended by itself.
    virtual Task<Result<bool>> replace(
        Fence fence, Facts facts, std::chrono::milliseconds grace
    ) = 0;

    /// Starts facts.release beside what runs on facts.node, at Instance::spare_address, and keeps
    /// it running. The node is still what ran before, until settle(). What is beside with the same
    /// facts is left alone. Errors: engine.no_room (conflict), where is none; engine.runs, for
    /// something else that is beside; engine.release_missing.
    virtual Task<Result<>> start_beside(Fence fence, Facts facts) = 0;

    /// Of two programs on the node the one at `address` is the node from then on: the other one is
    /// asked to end, and ended after `grace`; it goes on when the caller is gone. True when that
    /// ended by itself, or was not there. Errors: engine.not_running (conflict), when nothing was
    /// started at that address.
    virtual Task<Result<bool>> settle(
        Fence fence, std::string node, std::string address, std::chrono::milliseconds grace
    ) = 0;

    /// Ends the node's program at once and unasked, as a crash would, and leaves its coming back to
    /// what keeps it running: for drills. Errors: engine.not_running (conflict).
    virtual Task<Result<>> kill(Fence fence, std::string node) = 0;

    /// Changes known_good, deployment and track of what is there, running or not. Errors:
    /// engine.runs, when it is another release.
    virtual Task<Result<>> label(Fence fence, Facts facts) = 0;

    /// Marks a release as one to which may be returned. Errors: engine.release_missing.
    virtual Task<Result<>> mark_good(Fence fence, std::string release) = 0;

    /// Runs `argv` of the release once, with the environment of a command: {"migrate"}. What takes
    /// longer than `time_max` is killed: code 137. One that cannot be started: 127. Errors:
    /// engine.release_missing.
    virtual Task<Result<Ended>> run_once(
        Fence fence,
        std::string release,
        std::vector<std::string> argv,
        std::chrono::milliseconds time_max
    ) = 0;
};

}  // namespace acme::deploy
