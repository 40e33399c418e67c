#pragma once

/// The releases of an environment as the database knows them: what was deployed there, what became
/// good, what runs. What the machines have is asked of them (Driver::releases()).

#include "operate/deploy/journal.hpp"

namespace acme::deploy {

struct ReleaseRow {
    std::string id;
    WallTime first_at = {};  // when its first deployment began
    std::optional<WallTime> good_at = std::nullopt;
    std::optional<std::string> digest = std::nullopt;
    std::optional<WallTime> added_at = std::nullopt;
};

struct Current {
    std::string release;
    std::string known_good;                                 // the release itself, once it is good
    std::optional<std::string> rollback_to = std::nullopt;  // the known-good one, or where that
                                                            // runs, the good one before it
    std::optional<DeploymentId> deployment = std::nullopt;  // none: the platform began with it
    std::optional<WallTime> changed_at = std::nullopt;
};

/// Every function throws pg::Fault when the database is out of reach.
class Releases {
public:
    static constexpr int list_max = 200;

    explicit Releases(pg::Database& db) : db_(db) {}

    /// The newest first, those after the release `after`; at most list_max + 1.
    Task<std::vector<ReleaseRow>> list(
        trace::Context context, std::string environment, std::optional<std::string> after, int limit
    );

    /// nullopt for those that the environment never saw.
    Task<std::optional<ReleaseRow>> find(
        trace::Context context, std::string environment, std::string id
    );

    /// nullopt before the first deployment.
    Task<std::optional<Current>> current(trace::Context context, std::string environment);

private:
    pg::Database& db_;
};

}  // namespace acme::deploy
