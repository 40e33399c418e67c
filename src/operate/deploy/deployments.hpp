#pragma once

/// Deployments as the database tells them: for people, for the API, and for a controller that looks
/// for what is to be gone on with.

#include "operate/deploy/controller.hpp"

#include <boost/json/object.hpp>

namespace acme::deploy {

boost::json::object to_json(const Deployment& deployment);

/// Of a row with a column for each member, in their order.
Deployment to_deployment(pg::Row row);

struct StepRow {
    std::int64_t number = 0;
    std::string kind;
    std::string nodes;
    std::string about;
    std::string undo;
    WallTime begun_at;
    std::optional<WallTime> ended_at;
    std::string result;
    std::string evidence;
};

boost::json::object to_json(const StepRow& step);

struct SampleRow {
    WallTime at;
    std::string json;  // as the judge gave it
};

/// Which deployments are listed.
struct Filter {
    std::string environment;
    std::vector<std::string> states = {};  // none: all
};

/// Every function throws pg::Fault when the database is out of reach.
class Deployments {
public:
    static constexpr int list_max = 200;
    static constexpr int records_max = 500;
    static constexpr std::chrono::days samples_kept_for{30};

    explicit Deployments(pg::Database& db) : db_(db) {}

    /// The newest first.
    Task<std::vector<Deployment>> list(trace::Context context, std::string environment, int limit);

    /// Errors: deploy.not_found (not_found).
    Task<Result<Deployment>> find(trace::Context context, DeploymentId id);

    Task<std::vector<StepRow>> steps(trace::Context context, DeploymentId id);

    /// As list(), in the order of their ids, which are never moved: those after `after`.
    Task<std::vector<Deployment>> page(
        trace::Context context, Filter filter, std::optional<DeploymentId> after, int limit
    );

    /// The JSON of Plan::json(); nullopt while there is none.
    Task<std::optional<std::string>> plan_of(trace::Context context, DeploymentId id);

    /// The newest last.
    Task<std::vector<SampleRow>> samples(trace::Context context, DeploymentId id, int limit);

    /// What its controllers told after record `after`, in order; at most records_max.
    Task<std::vector<Record>> records(trace::Context context, DeploymentId id, std::int64_t after);

    /// Those of the environment that have not ended, the oldest first.
    Task<std::vector<Deployment>> running(trace::Context context, std::string environment);

    /// Ends the releases that wait in the environment since before `newest`, while that waits too.
    Task<> supersede(trace::Context context, std::string environment, DeploymentId newest);

    /// As ask() does, alone. Errors: those of ask().
    Task<Result<>> wish(trace::Context context, DeploymentId id, Wish wish);

    Task<Wish> wish_of(trace::Context context, DeploymentId id);

    /// Deletes what the judge saw longer ago than samples_kept_for; what followed from it stays.
    Task<> sweep(trace::Context context, WallTime now);

    /// How many of the newest ended badly, one after the other (ALRT-6).
    Task<std::int64_t> consecutive_failures(trace::Context context, std::string environment);

private:
    pg::Database& db_;
};

}  // namespace acme::deploy
