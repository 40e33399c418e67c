#include "operate/nodes/nodes.hpp"

#include "io/http/time.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

namespace acme::nodes {
namespace {

namespace json = boost::json;

// For a while two programs may call themselves by one name: the one that began later is shown.
constexpr pg::Query write_beat{"nodes.beat", R"sql(
    INSERT INTO nodes (name, role, release, address, pid, state, started_at, seen_at, figures)
    VALUES ($1, $2, $3, $4, $5, $6, $7, now(), $8)
    ON CONFLICT (name, role) DO UPDATE SET
        release = $3, address = $4, pid = $5, state = $6, started_at = $7, seen_at = now(),
        figures = $8
    WHERE nodes.started_at <= $7 OR nodes.seen_at < now() - $9 * interval '1 millisecond'
)sql"};

constexpr pg::Query remove_self{"nodes.leave", R"sql(
    DELETE FROM nodes WHERE name = $1 AND role = $2 AND pid = $3 AND started_at = $4
)sql"};

constexpr pg::Query list_nodes{"nodes.list", R"sql(
    SELECT name, role, release, address, pid, started_at, seen_at, figures,
           CASE WHEN seen_at < now() - $1 * interval '1 millisecond' THEN 'dead' ELSE state END
    FROM nodes WHERE seen_at > now() - $2 * interval '1 second'
    ORDER BY role, name
)sql"};

constexpr pg::Query read_time{"nodes.now", "SELECT now()"};

constexpr pg::Query count_nodes{"nodes.count", R"sql(
    SELECT count(*) FROM nodes
    WHERE role = $1 AND seen_at > now() - $2 * interval '1 millisecond'
)sql"};

constexpr pg::Query count_ready_nodes{"nodes.count_ready", R"sql(
    SELECT count(*) FROM nodes
    WHERE role = $1 AND state = 'ready' AND seen_at > now() - $2 * interval '1 millisecond'
)sql"};

constexpr pg::Query remove_old{"nodes.sweep", R"sql(
    DELETE FROM nodes WHERE seen_at < now() - $1 * interval '1 second'
)sql"};

constexpr std::int64_t kept_seconds = std::chrono::seconds(kept_for).count();

// Braces evaluate from left to right, in the order of the SELECT list.
Node to_node(pg::Row row) {
    Node node{
        .self =
            {.name = row.text(),
             .role = row.text(),
             .release = row.text(),
             .address = row.text(),
             .pid = row.integer(),
             .started_at = row.time()},
        .state = "",
        .seen_at = row.time(),
        .figures = parse_figures(row.text()),
    };
    node.state = row.text();
    return node;
}

json::value or_null(const std::optional<double>& number) {
    return number ? json::value(*number) : json::value(nullptr);
}

json::object to_object(const Node& node) {
    const Traffic& traffic = node.figures.traffic;
    const bool serves = node.self.role == "serve";
    const auto of_traffic = [&](std::optional<double> number) {
        return serves && node.state != "dead" ? or_null(number) : json::value(nullptr);
    };
    const auto of_process = [&](double number) {
        return node.state != "dead" ? json::value(number) : json::value(nullptr);
    };
    json::object object{
        {"id", "nod_" + node.self.role + "_" + node.self.name},
        {"name", node.self.name},
        {"role", node.self.role},
        {"release", node.self.release},
        {"address", node.self.address},
        {"pid", node.self.pid},
        {"state", node.state},
        {"started_at", http::to_json(node.self.started_at)},
        {"seen_at", http::to_json(node.seen_at)},
        {"requests_per_second", of_traffic(traffic.requests_per_second())},
        {"error_ratio", of_traffic(traffic.error_ratio())},
        {"p50_ms", of_traffic(traffic.quantile_ms(0.5))},
        {"p95_ms", of_traffic(traffic.quantile_ms(0.95))},
        {"p99_ms", of_traffic(traffic.quantile_ms(0.99))},
        {"in_flight", nullptr},
        {"memory_bytes", nullptr},
        {"cpu_share", of_process(node.figures.cpu_share)},
        {"leads", nullptr},
    };
    if (node.self.role == "scheduler") {
        object["leads"] = node.state != "dead" && node.figures.leads;
    }
    if (node.state != "dead") {
        object["in_flight"] = node.figures.in_flight;
        object["memory_bytes"] = node.figures.memory_bytes;
    }
    return object;
}

json::object to_object(const Dependency& dependency) {
    return {
        {"name", dependency.name},
        {"kind", dependency.kind},
        {"state", dependency.state},
        {"latency_ms", or_null(dependency.latency_ms)},
        {"detail", dependency.detail.empty() ? json::value(nullptr) : json::value(dependency.detail)
        },
    };
}

/// Worse replaces better, and of two alike the slower one stays.
void merge(Dependency& seen, const Dependency& other) {
    const auto rank = [](std::string_view state) {
        return state == "down" ? 2 : state == "up" ? 1 : 0;
    };
    if (rank(other.state) < rank(seen.state)) return;
    const bool is_worse = rank(other.state) > rank(seen.state);
    if (is_worse || other.latency_ms.value_or(0) > seen.latency_ms.value_or(0)) seen = other;
}

}  // namespace

Task<> Nodes::beat(trace::Context context, Self self, std::string state, Figures figures) {
    co_await db_.run(
        context,
        write_beat,
        self.name,
        self.role,
        self.release,
        self.address,
        self.pid,
        state,
        self.started_at,
        to_json(figures),
        std::int64_t{silence_max.count()}
    );
}

Task<> Nodes::leave(trace::Context context, Self self) {
    co_await db_.run(context, remove_self, self.name, self.role, self.pid, self.started_at);
}

Task<Fleet> Nodes::list(trace::Context context) {
    Fleet fleet;
    const auto rows = co_await db_.run(context, list_nodes, silence_max.count(), kept_seconds);
    for (int i = 0; i < rows.size(); ++i) fleet.nodes.push_back(to_node(rows[i]));
    const auto now = co_await db_.run(context, read_time);
    fleet.as_of = now[0].time();
    co_return fleet;
}

Task<std::int64_t> Nodes::count_live(trace::Context context, std::string role) {
    const auto rows = co_await db_.run(context, count_nodes, role, silence_max.count());
    co_return rows[0].integer();
}

Task<std::int64_t> Nodes::count_ready(trace::Context context, std::string role) {
    const auto rows = co_await db_.run(context, count_ready_nodes, role, silence_max.count());
    co_return rows[0].integer();
}

Task<> Nodes::sweep(trace::Context context) { co_await db_.run(context, remove_old, kept_seconds); }

std::vector<Dependency> dependencies_of(const Fleet& fleet) {
    std::vector<Dependency> all;
    for (const Node& node : fleet.nodes) {
        if (node.state == "dead") continue;
        for (const Dependency& dependency : node.figures.dependencies) {
            const auto found = std::ranges::find(all, dependency.name, &Dependency::name);
            if (found == all.end())
                all.push_back(dependency);
            else
                merge(*found, dependency);
        }
    }
    return all;
}

std::string to_json(const Fleet& fleet) {
    json::array nodes;
    Traffic all;
    for (const Node& node : fleet.nodes) {
        nodes.push_back(to_object(node));
        // A dead node's last minute still happened, but when is not known.
        if (node.self.role == "serve" && node.state != "dead") all.add(node.figures.traffic);
    }
    json::array dependencies;
    for (const Dependency& dependency : dependencies_of(fleet)) {
        dependencies.push_back(to_object(dependency));
    }
    return json::serialize(json::object{
        {"data", std::move(nodes)},
        {"as_of", http::to_json(fleet.as_of)},
        {"dependencies", std::move(dependencies)},
        {"totals",
         {{"requests_per_second", or_null(all.requests_per_second())},
          {"error_ratio", or_null(all.error_ratio())},
          {"p50_ms", or_null(all.quantile_ms(0.5))},
          {"p95_ms", or_null(all.quantile_ms(0.95))},
          {"p99_ms", or_null(all.quantile_ms(0.99))}}},
    });
}

}  // namespace acme::nodes
