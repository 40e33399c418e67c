#pragma once

/// The table of routes: what the server serves, what OpenAPI describes, what tests call as nobody
/// and as another tenant.

#include "base/result.hpp"
#include "base/task.hpp"
#include "io/http/access.hpp"
#include "io/http/message.hpp"
#include "io/http/route_tree.hpp"

#include <chrono>
#include <functional>

namespace acme::http {

/// How long a body a route takes has no default either.
inline constexpr std::size_t no_body = 0;

/// What a JSON route takes, unless it knows better (C-8).
inline constexpr std::size_t json_bytes_max = std::size_t{1024} * 1024;

/// As how many calls one counts that searches, or does at once what others do one by one.
inline constexpr int heavy_weight = 5;

using Handler = std::function<Task<Result<Response>>(const Call&)>;

/// Tells who calls; nullopt for nobody. Errors and exceptions end the request. The session room
/// provides it.
using Identify =
    std::function<Task<Result<std::optional<Identity>>>(const Request&, trace::Context)>;

/// What OpenAPI says of a route beside its method, path and access. Names of schemas are those
/// given to Router::add_schema(); "" for none.
struct Doc {
    std::string_view summary;        // one sentence that begins with a verb: "Lists the files."
    std::string_view request = "";   // schema of the JSON body
    std::string_view response = "";  // schema of the answer's JSON body
    int status = 200;                // of the answer when all is well
    std::vector<std::string_view> query = {};   // names of query parameters
    std::vector<std::string_view> errors = {};  // codes, "files.not_found"
    std::string_view request_type = "application/json";
    std::string_view response_type = "application/json";
    bool takes_key = false;              // Idempotency-Key is heeded
    bool needs_if_match = false;         // 428 without, 412 when it is stale
    std::vector<int> also = {};          // further statuses when all is well: 206, 304
    std::uint64_t upload_bytes_max = 0;  // an upload: as it is, or as the one file of a form
};

struct Route {
    Method method;
    /// A literal: "/v1/files/{id}". Segments are literal or "{name}", which takes one segment that
    /// is not empty, or "{name}:verb", which takes one that ends so; the last may be "{name...}",
    /// which takes one or more, if nothing else fits.
    std::string_view pattern;
    Access access;
    std::size_t body_bytes_max;
    Doc doc;
    Handler handler;
    std::chrono::milliseconds time_max{30'000};  // then the handler is cancelled; 0: no limit
    bool is_operations = false;  // health and scrapes: kept out of the error ratio and the limit
    bool is_stream = false;      // of events: without an end, so not timed and not in the limit
    bool is_metered = true;      // counts against the quota of who calls; pages and assets do not
    int weight = 1;              // as how many calls it counts
};

/// A route as the table keeps it.
struct TableRoute : Route {
    std::string name;  // "GET /v1/files/{id}": names the span and the log line
    std::vector<std::string> segments;
};

/// A request and the route that takes it, if any.
struct Match {
    const TableRoute* route = nullptr;
    std::vector<std::string> params = {};
    std::vector<Method> allowed = {};  // of the path, when no route takes this method
};

/// A request at the door: who sends it is not known yet, nor whether they may.
struct Arrival {
    const Request& request;
    const TableRoute& route;
    trace::Context context;
    HeaderList& headers;  // that every answer to it carries from now on
};

/// Who calls; or the answer that they get in place of the route's.
struct Admitted {
    std::optional<Identity> identity = std::nullopt;
    std::optional<Response> refusal = std::nullopt;
};

/// Tells who calls, nobody where the route asks for nobody, and counts a route that is metered
/// against their quota: both in one, so that both cost one round trip. As Identify otherwise.
using Admit = std::function<Task<Result<Admitted>>(Arrival)>;

/// JSON Schema 2020-12 as text, under the name by which Doc refers to it.
struct Schema {
    std::string_view name;
    std::string_view json;
};

class Router {
public:
    /// Nothing is counted against anybody's quota.
    explicit Router(Identify identify);
    explicit Router(std::nullptr_t) {}

    explicit Router(Admit admit) : admit_(std::move(admit)), is_metered_(true) {}

    /// Adding a route twice is a bug and throws at start-up.
    void add(Route route);
    void add_schema(Schema schema) { schemas_.push_back(schema); }

    Match match(const Request& request) const;

    /// Checks access and the announced length, and calls the handler. Who calls is found out only
    /// where the route asks for it or is metered: the rest touches no dependency. `headers` gets
    /// what every answer shall carry, also if it becomes a refusal; it outlives the task. Errors:
    /// those of Identify or Admit, http.no_route
    /// (not_found), http.method_not_allowed (405), access.signed_out (unauthenticated),
    /// access.role_required (forbidden), http.body_too_large (too_large), and those of the handler.
    /// OPTIONS is answered for every path.
    Task<Result<Response>> call(
        Match match, const Request& request, trace::Context context, HeaderList& headers
    ) const;

    const std::vector<TableRoute>& routes() const { return routes_; }
    const std::vector<Schema>& schemas() const { return schemas_; }

private:
    Admit admit_;
    bool is_metered_ = false;
    std::vector<TableRoute> routes_;
    RouteTree tree_;  // of places in routes_
    std::vector<Schema> schemas_;
};

}  // namespace acme::http
