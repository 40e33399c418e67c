// The drill of the way back: to the good release before this one, and forward again.
#include "io/loop/loop.hpp"
#include "operate/deploy/show.hpp"
#include "operate/drills/exercise.hpp"
#include "operate/drills/prober.hpp"

#include <algorithm>

namespace acme::drills {
namespace {

using deploy::NodeNow;
using deploy::Stored;
using std::chrono::milliseconds;

constexpr std::chrono::seconds limit_usual{180};  // ROLL-3
constexpr std::chrono::seconds before{1};         // of reading, so that there is something to lose

class Rollback final : public Exercise {
public:
    Rollback(const deploy::CliParts& parts, deploy::Ground& ground, Wanted wanted)
        : parts_(parts),
          ground_(ground),
          limit_(wanted.limit.count() > 0 ? wanted.limit : limit_usual) {}

    Task<Result<>> prepare(trace::Context context) override {
        const auto nodes = ACME_TRY(co_await nodes_well(parts_, ground_, context));
        current_ = nodes.front().release;
        const auto stored = ACME_TRY(co_await ground_.driver->releases());
        const bool is_good = std::ranges::any_of(stored, [this](const Stored& release) {
            return release.id == current_ && release.is_good;
        });
        if (!is_good) {
            co_return refuse(
                ErrorKind::conflict,
                "drills.nowhere_to_go",
                "Release " + current_ +
                    " is still being watched. A drill leaves only what it may " +
                    "return to: wait for its 15 minutes, acme deploy history."
            );
        }
        const auto earlier = std::ranges::find_if(stored, [this](const Stored& release) {
            return release.id != current_ && release.is_good;
        });
        if (earlier == stored.end()) {
            co_return refuse(
                ErrorKind::conflict,
                "drills.nowhere_to_go",
                "There is no other release that was good. The drill needs two: acme release list."
            );
        }
        earlier_ = earlier->id;
        co_return done;
    }

    std::string intent() const override {
        return "From " + deploy::short_of(current_) + " back to " + deploy::short_of(earlier_) +
               " and forward again, as a rollback does it.";
    }

    std::vector<std::string> expectations() const override {
        return {arrival(earlier_), arrival(current_), std::string(Prober::sentence)};
    }

    milliseconds time_max() const override { return 2 * limit_; }

    const std::string& release() const override { return current_; }

    Task<std::vector<Expectation>> carry_out(trace::Context context, DrillId id, Say say) override {
        std::vector<Expectation> found;
        Prober prober(parts_.telemetry, parts_.tasks, url_of(ground_.balancer->settings()));
        co_await prober.begin();
        co_await sleep_for(before);
        for (const std::string& release : {earlier_, current_}) {
            if (is_stopped() && found.empty()) break;  // nothing was begun
            say("All nodes go to " + deploy::short_of(release) + ".");
            found.push_back(co_await go_to(context, id, release));
            say(found.back().found);
        }
        found.push_back(co_await prober.end());
        co_return found;
    }

private:
    std::string arrival(const std::string& release) const {
        return "all nodes run " + deploy::short_of(release) + " within " + seconds_text(limit_);
    }

    /// Whatever happens on the way there, somebody must still go back.
    Task<Expectation> go_to(trace::Context context, DrillId id, std::string release) {
        Expectation found{.what = arrival(release), .found = ""};
        const SteadyTime begun = parts_.telemetry.clock.steady();
        try {
            const auto ending = co_await run(context, id, release);
            const auto took =
                std::chrono::duration_cast<milliseconds>(parts_.telemetry.clock.steady() - begun);
            found.found = seconds_text(took);
            const auto nodes = co_await nodes_well(parts_, ground_, context);
            if (!ending) {
                found.found = ending.error().message;
            } else if (!nodes || nodes->front().release != release) {
                found.found += ", and not all nodes are well";
                if (!ending->outcome.empty()) found.found += ": " + ending->outcome;
            } else {
                found.is_met = took <= limit_;
            }
        } catch (const std::exception& fault) {
            found.found = fault.what();
        }
        co_return found;
    }

    Task<Result<deploy::Ending>> run(trace::Context context, DrillId id, std::string release) {
        deploy::Journal journal(
            parts_.journal_folder, parts_.db, parts_.telemetry.clock, parts_.telemetry
        );
        deploy::Controller controller({
            .driver = *ground_.driver,
            .balancer = *ground_.balancer,
            .fetch = parts_.fetch,
            .journal = journal,
            .judging = *ground_.judging,
            .telemetry = parts_.telemetry,
            .tasks = parts_.tasks,
            .hooks = parts_.hooks,
        });
        const Clock& clock = parts_.telemetry.clock;
        co_return co_await controller.run(
            context,
            {.id = deploy::DeploymentId::make(clock.now(), parts_.telemetry.random),
             .environment = parts_.environment,
             .release = std::move(release),
             .is_return = true,
             .actor = "cli",
             .reason = "drill " + id.str(),
             .limits = deploy::Limits::of_return(),
             .is_production = parts_.is_production}
        );
    }

    const deploy::CliParts& parts_;
    deploy::Ground& ground_;
    milliseconds limit_;
    std::string current_;
    std::string earlier_;
};

}  // namespace

std::unique_ptr<Exercise> make_rollback(
    const deploy::CliParts& parts, deploy::Ground& ground, Wanted wanted
) {
    return std::make_unique<Rollback>(parts, ground, std::move(wanted));
}

}  // namespace acme::drills
