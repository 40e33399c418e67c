#include "operate/local/plan.hpp"

#include "base/bytes.hpp"
#include "base/hash.hpp"

#include <algorithm>
#include <array>
#include <csignal>

namespace acme::local {
namespace {

/// Of a UNIX socket's address (unix(7): 108 with the zero), less the longest name we put there.
constexpr std::size_t run_bytes_max = 107 - std::string_view("/.s.PGSQL.5432.lock").size();

constexpr int spare_kind = 4;  // of addresses: the second ones of nodes that serve

/// Which a person may set for the nodes. All else is ours to decide or of no use to them.
constexpr std::array passed_on = {
    "LOG_LEVEL",
    "WORKER_CONCURRENCY",
    "MAX_UPLOAD_SIZE_MB",
    "ACME_ORG_STORAGE_MB",
    "RATE_LIMIT_PER_MIN",
    "ENABLE_FEATURE_FLAGS",
    "DRAIN_TIMEOUT_SECONDS",
    "JOB_DRAIN_TIMEOUT_SECONDS",
    "DATABASE_POOL_SIZE",
    "UPLOAD_BUFFERS",
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_EXPORTER_OTLP_HEADERS",
    "OTEL_EXPORTER_OTLP_PROTOCOL",
    "OTEL_SERVICE_NAME",
    "OTEL_RESOURCE_ATTRIBUTES",
    "OTEL_SDK_DISABLED",
    "OTEL_TRACES_SAMPLER",
    "OTEL_TRACES_SAMPLER_ARG",
    "TRACE_ERROR_STATUS_MIN",
    "ACME_THREADS",
    "ACME_IN_FLIGHT_MAX",
    "ACME_ANONYMOUS_LIMIT_PER_MIN",
    "ACME_ORG_LIMIT_PER_MIN",
    "ACME_RATE_WINDOW_SECONDS",
    "ACME_DB_STATEMENT_TIME_MAX",
    "ACME_ENVIRONMENT",
    "ACME_SIGNUP",
    "SMTP_URL",
    "ACME_MAIL_FROM",
    "ACME_WEBHOOK_ALLOWED_NETWORKS",
    "ACME_UNLEASH_API",
    "SSL_CERT_FILE",
    "TZ",
};

/// A person who names an object store gets that one in place of the folder.
constexpr std::array object_store = {
    "S3_ENDPOINT",
    "S3_PUBLIC_ENDPOINT",
    "S3_BUCKET",
    "S3_REGION",
    "S3_FORCE_PATH_STYLE",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
};

template <std::size_t n>
void copy(
    const std::array<const char*, n>& names,
    const process::Environment& from,
    process::Environment& to
) {
    for (const char* const name : names) {
        const auto found = from.find(name);
        if (found != from.end() && !found->second.empty()) to[name] = found->second;
    }
}

std::string address_of(const Place& place, int kind, int number) {
    return "127." + std::to_string(place.instance) + "." + std::to_string(kind) + "." +
           std::to_string(number);
}

std::string percent_encoded(std::string_view text) {
    std::string out;
    for (const char c : text) {
        const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                              (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
        if (is_plain) {
            out.push_back(c);
        } else {
            out.append("%").append(to_hex(std::string_view(&c, 1)));
        }
    }
    return out;
}

std::string database_url(const Layout& layout, int number, const std::string& role) {
    return "postgresql://" + role + "@" + percent_encoded(layout.run) + ":" +
           std::to_string(postgres_port + number) + "/acme";
}

/// Its words in English, whatever the machine speaks: a line of them tells that it is ready.
process::Environment plain_environment() {
    return {{"LC_ALL", "C.UTF-8"}, {"PATH", "/usr/bin:/bin"}};
}

Part postgres_part(const Layout& layout, const Tools& tools, int number) {
    const bool is_primary = number == 0;
    std::vector<std::string> argv{tools.postgres_bin + "/postgres", "-D", layout.postgres(number)};
    const auto set = [&argv](std::string setting) {
        argv.emplace_back("-c");
        argv.push_back(std::move(setting));
    };
    set("listen_addresses=");
    set("unix_socket_directories=" + layout.run);
    set("unix_socket_permissions=0700");
    set("port=" + std::to_string(postgres_port + number));
    set("max_connections=300");
    set("max_wal_senders=16");
    set("wal_level=replica");
    set("hot_standby=on");
    set("log_line_prefix=");
    set("logging_collector=off");
    set("log_destination=stderr");
    if (!is_primary) {
        // Here and not in the copied files, so that the home may move.
        set("primary_conninfo=host=" + layout.run + " user=acme application_name=replica_" +
            std::to_string(number));
        set("primary_slot_name=replica_" + std::to_string(number));
    }
    return {
        .name = is_primary ? "postgres" : "postgres-" + std::to_string(number),
        .process =
            {
                .argv = std::move(argv),
                .environment = plain_environment(),
                .directory = layout.home,
                .orphan_signal = SIGINT,  // a fast shutdown
            },
        .ready_line =
            is_primary ? "ready to accept connections" : "ready to accept read-only connections",
        .stop_signal = SIGINT,
    };
}

/// A copy of what PostgreSQL has, so nothing of it goes to disk.
Part redis_part(const Layout& layout, const Tools& tools, const Keys& keys, const Place& place) {
    const std::string text = "bind " + address_of(place, 0, 1) +
                             "\n"
                             "port 6379\n"
                             "requirepass " +
                             keys.redis_password +
                             "\n"
                             "dir " +
                             layout.redis() +
                             "\n"
                             "daemonize no\n"
                             "save \"\"\n"
                             "appendonly no\n"
                             "maxmemory 256mb\n"
                             "maxmemory-policy volatile-lru\n";
    return {
        .name = "redis",
        .process =
            {
                .argv = {tools.redis, "-"},
                .environment = plain_environment(),
                .directory = layout.redis(),
                .input = text,  // so that the password is in no file and no process list
            },
        .ready_line = "Ready to accept connections",
    };
}

Part haproxy_part(const Layout& layout, const Tools& tools) {
    return {
        .name = "balancer",
        .process =
            {
                .argv = {tools.haproxy, "-W", "-f", layout.balancer()},
                .environment = plain_environment(),
                .directory = layout.run,
            },
        .ready_line = "Loading success",
        .stop_signal = SIGUSR1,  // lets go of the port, finishes what is under way
    };
}

process::Environment common_environment(
    const Layout& layout,
    const Keys& keys,
    const Place& place,
    int replicas,
    const process::Environment& given
) {
    process::Environment environment{
        {"DATABASE_URL", database_url(layout, 0, program_role)},
        {"REDIS_URL", "redis://:" + keys.redis_password + "@" + address_of(place, 0, 1) + ":6379/0"
        },
        {"SECRET_KEY", keys.secret_key},
        {"ACME_PROFILE", "single"},
        {"ENABLE_FEATURE_FLAGS", "true"},  // so that a stranger sees them work
        {"ACME_URL", dashboard_at(place.port)},
        {"ACME_HOME", layout.home},
    };
    copy(passed_on, given, environment);
    // A provider has variables that its name makes.
    for (const auto& [name, value] : given) {
        if (name.starts_with("OIDC_") && !value.empty()) environment[name] = value;
    }
    if (given.contains("S3_ENDPOINT")) {
        copy(object_store, given, environment);
    } else {
        environment["S3_ENDPOINT"] = "file://" + layout.objects();
        environment["S3_BUCKET"] = "acme";
        environment["S3_REGION"] = "local";
    }
    std::string urls;
    for (int i = 1; i <= replicas; ++i) {
        urls.append(urls.empty() ? "" : ",").append(database_url(layout, i, program_role));
    }
    if (!urls.empty()) environment["DATABASE_REPLICA_URLS"] = urls;
    return environment;
}

Node make_node(
    std::string name, std::string role, std::string address, const process::Environment& common
) {
    process::Environment environment = common;
    environment["PORT"] = "8080";
    environment["METRICS_PORT"] = "9090";
    environment["ACME_ADDRESS"] = address;
    environment["ACME_NODE"] = name;
    environment["TRUSTED_PROXIES"] = "127.0.0.0/8";
    // Two checks of the balancer: it sends nothing new when the port closes.
    environment["ACME_DRAIN_DELAY"] = "1300ms";
    return {
        .name = std::move(name),
        .role = std::move(role),
        .address = std::move(address),
        .environment = std::move(environment),
    };
}

}  // namespace

std::string dashboard_at(std::uint16_t port) { return "http://localhost:" + std::to_string(port); }

Node Node::at(const std::string& own) const {
    Node moved = *this;
    if (own.empty() || own != spare_address) return moved;
    moved.spare_address = address;
    moved.address = own;
    moved.environment["ACME_ADDRESS"] = own;
    return moved;
}

std::string Layout::postgres(int number) const {
    return home + (number == 0 ? "/postgres" : "/postgres-" + std::to_string(number));
}

Layout make_layout(std::string home, int user) {
    while (home.size() > 1 && home.ends_with('/')) home.pop_back();
    std::string run = home + "/run";
    const bool is_plain = run.find_first_of(" \t\"'#\\$%") == run.npos;
    if (run.size() > run_bytes_max || !is_plain) {
        run = "/tmp/acme-" + std::to_string(user) + "-" + to_hex(sha256(home)).substr(0, 12);
    }
    return {std::move(home), std::move(run)};
}

Plan make_plan(
    const Options& options,
    const Layout& layout,
    const Tools& tools,
    const Keys& keys,
    const Place& place,
    const process::Environment& given
) {
    Plan plan{
        .postgres = postgres_part(layout, tools, 0),
        .replicas = {},
        .redis = redis_part(layout, tools, keys, place),
        .haproxy = haproxy_part(layout, tools),
        .balancer = {.run_folder = layout.run, .port = place.port, .app = {}, .watched = {}},
        .nodes = {},
        .environment = common_environment(layout, keys, place, options.replicas, given),
        .url = "http://127.0.0.1:" + std::to_string(place.port),
        .dashboard = dashboard_at(place.port),
    };
    for (int i = 1; i <= options.replicas; ++i) {
        plan.replicas.push_back(postgres_part(layout, tools, i));
    }
    const auto add = [&](const std::string& prefix, const std::string& role, int kind, int count) {
        for (int i = 1; i <= count; ++i) {
            const std::string name =
                count == 1 && kind == 3 ? prefix : prefix + "-" + std::to_string(i);
            plan.nodes.push_back(make_node(name, role, address_of(place, kind, i), plan.environment)
            );
            if (kind == 1) plan.nodes.back().spare_address = address_of(place, spare_kind, i);
            auto& list = kind == 1 ? plan.balancer.app : plan.balancer.watched;
            const std::uint16_t port = kind == 1 ? 8080 : 9090;
            list.push_back({.name = name, .address = plan.nodes.back().address, .port = port});
        }
    };
    add("app", "serve", 1, options.app_nodes);
    add("worker", "worker", 2, options.workers);
    add("scheduler", "scheduler", 3, 1);
    // For commands, of which one migrates; no node has it.
    plan.environment["MIGRATION_DATABASE_URL"] = database_url(layout, 0, owner_role);
    return plan;
}

std::string tunnel_line(const process::Environment& given, std::uint16_t port) {
    const auto connection = given.find("SSH_CONNECTION");
    if (connection == given.end()) return "";
    // "client-address client-port server-address server-port"
    std::vector<std::string> words;
    std::string_view rest = connection->second;
    while (!rest.empty()) {
        const auto end = std::min(rest.find(' '), rest.size());
        words.emplace_back(rest.substr(0, end));
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    if (words.size() != 4) return "";
    const auto user = given.find("LOGNAME");
    const std::string number = std::to_string(port);
    std::string line = "ssh -L " + number + ":127.0.0.1:" + number + " ";
    if (words[3] != "22") line += "-p " + words[3] + " ";
    if (user != given.end()) line += user->second + "@";
    return line + words[2];
}

std::string environment_text(const process::Environment& environment) {
    std::string text;
    for (const auto& [name, value] : environment) text += name + "=" + value + "\n";
    return text;
}

}  // namespace acme::local
