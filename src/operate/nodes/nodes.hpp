#pragma once

/// The processes of the installation: who lives, and how they fare.
///
/// Owns the table `nodes` (sql/202611231541_nodes.sql). Times are the database's, so that clocks
/// that disagree make nobody look dead.

#include "base/task.hpp"
#include "io/pg/database.hpp"
#include "operate/nodes/figures.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace acme::nodes {

inline constexpr std::chrono::milliseconds beat_period{1000};
inline constexpr std::chrono::milliseconds silence_max{3000};  // then it is shown as dead
inline constexpr std::chrono::minutes kept_for{10};            // and then not at all

/// Who a process is.
struct Self {
    std::string name;     // ACME_NODE, "app-1"; unique within its role
    std::string role;     // serve, worker or scheduler
    std::string release;  // ACME_RELEASE
    std::string address;  // on which it listens
    std::int64_t pid = 0;
    WallTime started_at = {};
};

struct Node {
    Self self;
    std::string state;  // starting, ready, draining or dead
    WallTime seen_at;
    Figures figures;
};

/// Everybody's, as the database has it.
struct Fleet {
    std::vector<Node> nodes;  // by role and name
    WallTime as_of;
};

/// Every function throws pg::Fault when the database is out of reach.
class Nodes {
public:
    explicit Nodes(pg::Database& db) : db_(db) {}

    /// A second process of the same name and role takes the row over.
    Task<> beat(trace::Context context, Self self, std::string state, Figures figures);

    /// The process has ended as it should. Leaves the row of a successor alone.
    Task<> leave(trace::Context context, Self self);

    /// Without those that were silent for longer than kept_for.
    Task<Fleet> list(trace::Context context);

    /// How many of that role live.
    Task<std::int64_t> count_live(trace::Context context, std::string role);

    /// Of those, the ones that take work.
    Task<std::int64_t> count_ready(trace::Context context, std::string role);

    /// Removes the rows that list() no longer shows. Safe twice: it asks for the age.
    Task<> sweep(trace::Context context);

private:
    pg::Database& db_;
};

/// What GET /v1/nodes answers and the live topic "nodes" sends.
std::string to_json(const Fleet& fleet);

/// Each server once: down if a live node finds it down, up if one finds it up.
std::vector<Dependency> dependencies_of(const Fleet& fleet);

}  // namespace acme::nodes
