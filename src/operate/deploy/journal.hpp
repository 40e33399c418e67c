#pragma once

/// What is told of deployments: records, one after the other, in a file beside the nodes and in
/// PostgreSQL.
///
/// A record goes to the file first, so that a rollback can be told of while there is no database.
/// In PostgreSQL it is applied in one transaction with what follows from it; which records are
/// there is known by their numbers, so applying one twice changes nothing, and what the database
/// missed is made up for by whoever reaches it next.

#include "base/result.hpp"
#include "base/task.hpp"
#include "io/pg/database.hpp"
#include "operate/deploy/told.hpp"

#include <deque>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace acme::deploy {

/// Sees each record as it is told.
using Listener = std::function<void(const Record&)>;

class Journal {
public:
    /// A database that did not answer is not asked again for so long: a way back does not wait.
    static constexpr std::chrono::milliseconds away_time{10'000};

    /// The newest files that told() reads.
    static constexpr std::size_t told_files_max = 50;

    /// `folder` is made on the first write. What it is given outlives it.
    Journal(std::string folder, pg::Database& db, const Clock& clock, Telemetry& telemetry)
        : folder_(std::move(folder)), db_(db), clock_(clock), telemetry_(telemetry) {}

    void listen(Listener listener) { listener_ = std::move(listener); }

    /// Before the first add() for a deployment that somebody else has begun to tell of, and again
    /// when he may have gone on meanwhile: how far that came, by file and database or by the one of
    /// them that is there.
    Task<Told> open(trace::Context context, DeploymentId deployment);

    /// The state that the database has; "" when it has none, or is away.
    Task<std::string> state_of(trace::Context context, DeploymentId deployment);

    /// Told is what is in the file or in the database. Errors: journal.nowhere (unavailable), when
    /// the disk is full and the database away; it then follows as soon as one of them is back.
    Task<Result<>> add(
        trace::Context context, DeploymentId deployment, std::string kind, boost::json::object data
    );

    /// How many records of add() the database does not have yet.
    std::size_t missing() const { return pending_.size(); }

    /// Applies what other controllers left in files, the earliest deployment first. Returns how
    /// many records were new. Deletes what is there whole, has ended, and is older than the newest
    /// told_files_max. What the database refuses of one file holds up no other; it is tried
    /// again, and logged once. Throws pg::Unreachable.
    Task<std::size_t> merge(trace::Context context);

    /// The newest deployments by their files alone, the earliest first.
    std::vector<Told> told();

private:
    /// A file as it was read.
    struct Known {
        std::uintmax_t size = 0;
        Told told = {};
        std::vector<Record> cancels = {};
    };

    bool write_to_file(const Record& record);
    Task<bool> flush(trace::Context context);
    Task<std::size_t> merge_file(trace::Context context, std::vector<Record> records);
    Task<> forget_old(trace::Context context);
    bool is_merged(const std::string& path) const;
    bool is_away() const { return clock_.steady() < away_until_; }
    void note_outage(const pg::Fault& fault);
    std::string path_of(DeploymentId deployment) const;

    std::string folder_;
    pg::Database& db_;
    const Clock& clock_;
    Telemetry& telemetry_;
    Listener listener_;
    std::int64_t last_seq_ = 0;
    bool is_line_broken_ = false;
    std::deque<Record> pending_;
    SteadyTime away_until_{};
    std::map<std::string, std::uintmax_t> merged_;  // how long a file was that is applied whole
    std::map<std::string, Known> known_;            // of told()
    std::set<std::string> refused_;  // files of which the database has refused something
};

}  // namespace acme::deploy
