#pragma once

/// Carries a plan out, and the way back when it fails.
///
/// One deployment at a time holds the machines (Hold). A controller that dies leaves them to the
/// next one after 15 s, which looks how things are and makes the plan for what is left.

#include "io/loop/cancellable.hpp"
#include "io/loop/task_group.hpp"
#include "operate/changes/freezes.hpp"
#include "operate/deploy/fleet.hpp"
#include "operate/deploy/hold.hpp"
#include "operate/deploy/journal.hpp"
#include "operate/deploy/judging.hpp"
#include "operate/deploy/replace.hpp"

namespace acme::deploy {

/// What somebody wants to run everywhere.
struct Order {
    DeploymentId id;
    std::string environment;
    std::string release;
    bool is_return = false;  // a rollback
    std::string actor;       // a user's id, or "cli"
    std::string reason = "";
    std::string canary = "";
    Limits limits = {};
    std::string break_glass = "";  // why it is begun although frozen (C-3)
    std::string accept_load = "";  // why it is begun although the others would be too busy (PIPE-6)
    Strategy strategy = Strategy::drain_first;
    bool is_sticky = false;        // the canary gets users, not requests; as the fleet file says
    std::string plan_digest = "";  // of the plan that was shown; "": whatever it is now
    bool is_queued = false;        // it waits in the table, and is not begun when it does no more
    bool goes_on = false;          // after a controller that died: it was begun already
    std::string known_good = "";   // "": what the nodes say
    std::string own_node = "";     // on which this controller runs
    bool is_production = false;
    bool is_watched_here = true;  // false: ends with "succeeded" and leaves the watch to others
};

/// How it ended, as the table's state says it, and why. "" when there was nothing to do; "lost"
/// when somebody else goes on, or may, and this controller cannot know how it ends.
struct Ending {
    std::string state;
    std::string outcome;
    bool is_as_asked = true;  // false: it was to be something else
};

/// What a person asks of a deployment that runs: "hold", "resume", "promote", "abort"; "" nothing.
struct Wish {
    std::string what;
    std::string who;
    std::string reason;
    bool breaks_glass = false;  // a promotion by who began the deployment (C-3)
};

/// What the program around gives.
struct Hooks {
    /// What the fleet file asks for the environment; what it does not name is "". Errors: fleet.*.
    std::function<Result<FleetEnvironment>(const std::string& environment)> fleet = nullptr;

    /// Reads the wish that stands in the database now. It may throw: no database, no wish.
    std::function<Task<Wish>(trace::Context, DeploymentId)> wish;

    /// Refuses while the environment is frozen, or says why it passes all the same, as
    /// changes::Freezes::admit(); never asked before a way back.
    std::function<Task<Result<std::string>>(trace::Context, changes::Entrance)> may_deploy;

    /// Runs the smoke suite against the release; the evidence, or the Error that says what is red.
    std::function<Task<Result<std::string>>(trace::Context, std::string release)> smoke;

    /// What the judge asks of new nodes, as somebody who is signed in; without a cookie when nobody
    /// can sign in now. Never throws for that.
    std::function<Task<judge::Reads>(trace::Context)> reads;
};

class Controller {
public:
    struct Parts {
        Driver& driver;
        balancer::Balancer& balancer;
        fetch::Client& fetch;
        Journal& journal;
        Judging& judging;
        Telemetry& telemetry;
        TaskGroup& tasks;  // what runs beside; ends soon after run(), and before the loop
        const Hooks& hooks;
    };

    explicit Controller(Parts parts) : parts_(parts) {}

    /// What run() would do, from how things are now. Errors: those of make_plan() and nodes_now(),
    /// deploy.unknown_release (not_found).
    Task<Result<Plan>> plan(trace::Context context, const Order& order);

    /// Errors, all before anything changed: those of plan(); engine.held (unavailable) with who
    /// holds the machines; deploy.plan_moved (conflict), when the world is not the one that
    /// plan_digest was made from; deploy.not_queued (conflict), when it waits no more, and
    /// journal.away (unavailable), when nobody can say; for one that goes on only those that pass.
    ///
    /// Whatever else happens, it ends with all nodes on one release, or as "lost".
    Task<Result<Ending>> run(trace::Context context, Order order);

    /// As a wish does: for Ctrl-C.
    void abort(std::string who);

    /// What is waited for now, for people; "" when nothing is.
    const std::string& doing() const { return doing_; }

    /// Ends soon, as "lost", and gives the machines back: whoever takes them next goes on.
    void leave();

    /// What it holds the machines for now.
    Claim claim() const;

private:
    struct Heard {
        Wish wish;
        bool is_over = false;
        bool is_leaving = false;
        std::vector<std::weak_ptr<Cancellable>> calls;  // that may take long
    };

    /// Also when something is thrown.
    struct AtEnd {
        Hold& hold;
        Heard& heard;
        ~AtEnd() {
            hold.forget();
            heard.is_over = true;
        }
    };

    static Task<> listen(Parts parts, DeploymentId id, std::shared_ptr<Heard> heard);
    template <class T>
    Task<Result<T>> while_here(Task<Result<T>> task);
    Result<> heed_fleet();
    void aim(const Told& told);
    bool is_there_nothing_to_end() const;
    Task<Result<Ending>> run_held(trace::Context context);
    Task<Result<>> expect_queued(trace::Context context);
    Task<std::optional<Ending>> ended_meanwhile(trace::Context context, Told told);
    Task<> begin(trace::Context context, const Plan& plan);
    Task<> cancel_others(trace::Context context, std::int64_t fence, WallTime begun_at);
    Task<Result<Ending>> go_on(trace::Context context);
    Task<> take_up(trace::Context context, const Told& told);
    Task<Result<Plan>> make(trace::Context context);
    Task<Result<Plan>> make_in_time(trace::Context context);
    Task<Ending> forward(trace::Context context, Plan plan);
    Task<Ending> back(trace::Context context, std::string why);
    Task<Result<>> bring_back(trace::Context context);
    Task<> shed_the_rest(trace::Context context);
    Task<Ending> end(trace::Context context, std::string state, std::string outcome);
    Task<Result<>> carry_out(trace::Context context, Plan plan);
    Task<Result<>> carry_out_step(trace::Context context, const Step& step);
    Task<Result<std::string>> try_step(trace::Context context, const Step& step);
    Task<Result<std::string>> do_step(trace::Context context, const Step& step);

    Task<Result<std::string>> migrate(trace::Context context);
    Task<Result<std::string>> shed(const Step& step);
    Task<Result<>> shed_programs(Instance instance);
    Task<Result<>> maintain(std::string node);
    Task<Result<std::string>> canary(trace::Context context, const Step& step);
    Task<Result<std::string>> judge(
        trace::Context context,
        Judged judged,
        std::chrono::milliseconds window,
        std::vector<std::string> fresh
    );
    Task<Result<std::string>> replace(trace::Context context, const Step& step);
    Task<Result<std::string>> balance(trace::Context context);
    Task<Result<std::string>> record(trace::Context context);
    Task<Result<std::string>> watch(trace::Context context);

    Task<Result<>> lead_users(trace::Context context, std::string name);
    Task<Result<>> give_weight();
    Task<> keep_canary_share(trace::Context context, std::string canary);
    Task<Result<>> mend(trace::Context context, std::string name);
    Task<Result<>> stay_out(trace::Context context, std::string name, Error why);
    Task<Result<>> readmit_drained(trace::Context context);
    Task<Result<>> keep_the_last(const Step& step);
    Task<Result<>> until_floor(trace::Context context, const Step& step);
    Task<Result<>> until_everywhere(trace::Context context);
    Task<Result<std::size_t>> others_in_rotation(const Step& step, std::size_t& floor);
    Task<Result<>> leave_out(trace::Context context, const Step& step);
    Task<> replace_one(
        trace::Context context,
        Facts facts,
        bool starts_first,
        Replacer& replacer,
        std::vector<Result<Replaced>>& all
    );
    Task<Result<>> label_all(std::string known_good);
    Task<Result<NodeNow>> node_of(trace::Context context, std::string name);
    Facts facts_for(const Facts& there, std::string track) const;
    Task<> tell(trace::Context context, std::string kind, boost::json::object data);
    Task<> tell_state(trace::Context context, std::string state, std::string outcome = "");
    Result<> interrupt() const;
    Interrupt interrupter();
    bool is_over() const { return hold_->is_lost() || heard_->is_leaving; }

    Parts parts_;
    Order order_;
    std::shared_ptr<Hold> hold_;
    std::shared_ptr<Heard> heard_ = std::make_shared<Heard>();
    Goal goal_;
    Stored stored_;  // the release that is wanted
    Limits limits_;
    std::string state_;
    std::vector<std::string> left_out_;
    std::vector<std::string> mended_;     // in the watch
    std::optional<std::string> watched_;  // what the watch found; nullopt until its end
    std::optional<judge::Reads> reads_;
    std::int64_t step_number_ = 0;
    std::int64_t cut_ = 0;  // connections, in this step
    std::string doing_;
    std::optional<SteadyTime> step_end_;  // when its time is up
    std::optional<Error> untold_;         // why nothing can be told any more
};

/// Runs what may take long, until leave(). Errors: its own, deploy.left (conflict).
template <class T>
Task<Result<T>> Controller::while_here(Task<Result<T>> task) {
    constexpr std::chrono::hours time_max{2};  // more than any step has
    const auto call = std::make_shared<Cancellable>();
    std::erase_if(heard_->calls, [](const auto& old) { return old.expired(); });
    heard_->calls.push_back(call);
    try {
        co_return co_await call->run(std::move(task), time_max);
    } catch (const boost::system::system_error&) {
        if (!call->is_cancelled()) throw;
    }
    co_return refuse(ErrorKind::conflict, "deploy.left", "It is left to the next controller.");
}

}  // namespace acme::deploy
