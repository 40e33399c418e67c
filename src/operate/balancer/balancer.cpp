#include "operate/balancer/balancer.hpp"

#include "io/process/child.hpp"

#include <algorithm>
#include <set>

namespace acme::balancer {
namespace {

constexpr std::chrono::seconds check_time_max{10};

bool is_name(std::string_view text) {
    const auto is_allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '_' || c == '.';
    };
    return !text.empty() && text.size() <= Server::name_bytes_max &&
           std::ranges::all_of(text, is_allowed);
}

bool is_address(std::string_view text) {
    return !text.empty() && text.find_first_not_of("0123456789.") == text.npos;
}

/// A space or a quote would end the word in HAProxy's syntax, a bracket or a comma an argument.
bool is_folder(std::string_view text) {
    return text.starts_with('/') && text.find_first_of(" \t\r\n\"'#\\${}(),") == text.npos;
}

class Checker {
public:
    void want(bool is_right, std::string pointer, std::string detail) {
        if (is_right) return;
        errors_.push_back({std::move(pointer), "balancer.malformed", std::move(detail)});
    }

    void servers(const std::string& list, const std::vector<Server>& servers) {
        std::set<std::string_view> names;
        for (std::size_t i = 0; i < servers.size(); ++i) {
            const Server& server = servers[i];
            const std::string at = "/" + list + "/" + std::to_string(i);
            want(is_name(server.name), at + "/name", "letters, digits, '-', '_' and '.', 1 to 64");
            want(names.insert(server.name).second, at + "/name", "a name of its own");
            want(is_address(server.address), at + "/address", "an IPv4 address");
            want(server.port > 0, at + "/port", "1 to 65535");
            want(
                server.weight >= 0 && server.weight <= Server::weight_max,
                at + "/weight",
                "0 to 256"
            );
        }
    }

    std::vector<FieldError> errors() && { return std::move(errors_); }

private:
    std::vector<FieldError> errors_;
};

std::vector<FieldError> problems_of(const Settings& settings) {
    Checker checker;
    checker.want(
        is_folder(settings.run_folder),
        "/run_folder",
        "an absolute path without spaces, commas and brackets"
    );
    checker.want(is_address(settings.address), "/address", "an IPv4 address");
    checker.want(settings.port > 0, "/port", "1 to 65535");
    checker.want(!settings.app.empty(), "/app", "one node at least");
    checker.want(settings.connections_max > 0, "/connections_max", "1 or more");
    checker.servers("app", settings.app);
    checker.servers("watched", settings.watched);
    return std::move(checker).errors();
}

/// What the balancer answers when no node can, in the form that every answer of the API has.
std::string refusal(int status, std::string_view title, std::string_view code) {
    const std::string number = std::to_string(status);
    std::string line = "    http-error status " + number + " content-type application/problem+json";
    line += " hdr Cache-Control no-store";
    if (status == 503) line += " hdr Retry-After 1";
    line += R"( string '{"type":"about:blank","title":")";
    line.append(title).append(R"(","status":)").append(number);
    line.append(R"(,"code":")").append(code).append("\"}'\n");
    return line;
}

std::string global(const Settings& settings) {
    // The state file keeps weights and who is drained over a reload, never addresses: those must be
    // in this file. close-spread-time answers "Connection: close" where a reload would cut.
    return "global\n"
           "    master-worker\n"
           "    log stdout format raw local0 info\n"
           "    stats socket " +
           settings.socket() +
           " mode 600 level admin expose-fd listeners\n"
           "    server-state-file " +
           settings.state_file() +
           "\n"
           "    maxconn " +
           std::to_string(settings.connections_max) +
           "\n"
           "    close-spread-time 10s\n"
           "    hard-stop-after 30s\n";
}

std::string defaults() {
    // The log holds what went wrong at the balancer itself; each request is in its node's log.
    return std::string(
               "defaults\n"
               "    mode http\n"
               "    log global\n"
               "    option dontlog-normal\n"
               "    load-server-state-from-file global\n"
               "    timeout connect 1s\n"
               "    timeout check 1s\n"
               "    timeout client 60s\n"
               "    timeout server 60s\n"
               "    timeout tunnel 1h\n"
               "    timeout queue 5s\n"
               "    timeout http-request 10s\n"
               "    timeout http-keep-alive 60s\n"
               "    retries 3\n"
               "    option redispatch 1\n"
               "    retry-on conn-failure empty-response\n"
               "    default-server inter 1s fastinter 100ms downinter 200ms rise 2 fall 2\n"
           ) +
           refusal(400, "Bad Request", "balancer.malformed_request") +
           refusal(408, "Request Timeout", "balancer.request_too_slow") +
           refusal(502, "Bad Gateway", "balancer.node_failed") +
           refusal(503, "Service Unavailable", "balancer.no_node_ready") +
           refusal(504, "Gateway Timeout", "balancer.node_too_slow");
}

/// A line for each request that the balancer itself had to answer, retry or give up. Without the
/// query, which may hold a secret; who collects the line adds the time.
constexpr std::string_view log_format =
    R"({"level":"warn","message":"request at the balancer","request_id":"%[capture.req.hdr(0),json(utf8s)]",)"
    R"("status":%ST,"state":"%tsc","server":"%s","retries":"%rc","duration_ms":%Ta})";

/// Who comes without a trace gets one (TRC-1), so that images with an exporter of their own begin
/// none of their own: a UUID without its dashes, which has a 4 in it and so is never zero. A tenth
/// of them, by the last seven bytes, are said to be sampled: the same tenth that our nodes find by
/// the id. A tracestate without a traceparent means nothing (W3C, 3.3).
constexpr std::string_view trace_rules =
    R"(    acl is_traced req.hdr(traceparent) -m found
    http-request del-header tracestate unless is_traced
    http-request set-var(txn.trace) uuid,regsub(-,,g) unless is_traced
    http-request set-var(txn.span) uuid,regsub(-,,g),bytes(0,16) unless is_traced
    http-request set-header traceparent 00-%[var(txn.trace)]-%[var(txn.span)]-01 if !is_traced { var(txn.trace) -m reg ^.{18}(f|e([7-9a-f]|6([7-9a-f]|6[6-9a-f]))) }
    http-request set-header traceparent 00-%[var(txn.trace)]-%[var(txn.span)]-00 unless is_traced
)";

std::string frontend(const Settings& settings) {
    // Nobody stands before it: what a client says of its own address is a claim, and goes.
    // A body goes to the node as it comes: http-buffer-request would hold uploads back. A second
    // try of a POST could act twice, so only what changes nothing is tried again.
    return "frontend public\n"
           "    bind " +
           settings.address + ":" + std::to_string(settings.port) +
           "\n"
           "    http-request capture req.hdr(X-Request-Id) len 128\n"
           "    log-format '" +
           std::string(log_format) +
           "'\n"
           "    http-request del-header X-Forwarded-For\n"
           "    option forwardfor\n" +
           std::string(trace_rules) +
           "    http-request disable-l7-retry unless { method GET HEAD OPTIONS }\n"
           "    default_backend " +
           std::string(app_backend) + "\n";
}

std::string lines_of(const std::vector<Server>& servers) {
    std::string lines;
    for (const Server& server : servers) {
        lines += "    server " + server.name + " " + server.address + ":" +
                 std::to_string(server.port) + " check weight " + std::to_string(server.weight) +
                 (server.is_disabled ? " disabled\n" : "\n");
    }
    return lines;
}

/// While the map names a server, whoever has a name is of one of twenty kinds, by a hash of it, and
/// the kind 0 is led there: the same users on every connection, without anything remembered. Who
/// has no name is of another kind with each request. The name is what sessions and tokens begin
/// with: the second field of "v1.<user>.<chance>", or the header.
///
/// The server itself weighs nothing then. If all others are gone it is better than nothing.
std::string led_by(const std::string& map_file) {
    const std::string lookup = "str(" + std::string(canary_key) + "),map(" + map_file + ")";
    return "    http-request set-var(txn.canary) " + lookup + R"(
    acl is_sticky var(txn.canary) -m found
    acl has_name var(txn.name) -m found
    http-request set-var(txn.name) req.cook(__Host-acme_session),field(2,.) if is_sticky
    http-request set-var(txn.name) req.cook(acme_session),field(2,.) if is_sticky !has_name
    http-request set-var(txn.name) req.hdr(Authorization) if is_sticky !has_name
    http-request set-var(txn.kind) var(txn.name),xxh32,mod(20) if has_name
    http-request set-var(txn.kind) rand(20) if is_sticky !has_name
    use-server %[var(txn.canary)] if is_sticky { var(txn.kind) -m int 0 }
    use-server %[var(txn.canary)] if is_sticky { nbsrv eq 0 }
)";
}

/// roundrobin and nothing else: with leastconn a node that fails fast attracts the traffic.
std::string backend(
    const std::string& name, const std::string& rules, const std::vector<Server>& servers
) {
    return "backend " + name +
           "\n"
           "    balance roundrobin\n"
           "    option httpchk GET /readyz\n"
           "    http-check expect status 200\n" +
           rules + lines_of(servers);
}

}  // namespace

Result<std::string> render(const Settings& settings) {
    if (auto problems = problems_of(settings); !problems.empty()) {
        return std::unexpected(Error{
            .kind = ErrorKind::invalid,
            .code = "balancer.malformed",
            .message = "The balancer cannot be configured so.",
            .fields = std::move(problems),
        });
    }
    std::string text = "# Written by acme balancer render. Changes are overwritten.\n";
    text += global(settings) + "\n" + defaults() + "\n" + frontend(settings) + "\n";
    text += backend(app_backend, led_by(settings.map_file()), settings.app);
    if (!settings.watched.empty()) text += "\n" + backend(watched_backend, "", settings.watched);
    return text;
}

Task<Result<>> check(std::string haproxy, std::string file) {
    std::string said;
    const auto exit = co_await process::run(
        {.argv = {haproxy, "-c", "-f", file}},
        [&said](std::string_view line) { said.append(line).append("\n"); },
        check_time_max
    );
    if (!exit) {
        co_return refuse(ErrorKind::unavailable, "balancer.no_answer", "HAProxy did not end.");
    }
    if (exit->is_clean()) co_return done;
    co_return refuse(
        ErrorKind::invalid, "balancer.refused", "HAProxy refuses its configuration: " + said
    );
}

}  // namespace acme::balancer
