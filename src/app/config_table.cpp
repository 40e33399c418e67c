// The table of settings: name, meaning, range. Defaults stand in struct Config. What the guide or a
// standard has named keeps that name; what is ours alone begins with ACME_.
#include "app/config_checks.hpp"

namespace acme::app {
namespace {

std::string any(std::string_view) { return ""; }

void describe_guide(Config& c, Settings& s) {
    s.secret(
        {"DATABASE_URL", "PostgreSQL connection string (postgres://user@host/db)", true},
        c.database_url,
        check_database_url
    );
    s.secret(
        {"REDIS_URL", "Redis connection string (redis://host:6379)", true},
        c.redis_url,
        check_redis_url
    );
    s.text({"S3_BUCKET", "Object storage bucket name", true}, c.s3_bucket, check_bucket);
    s.text({"S3_REGION", "Object storage region", true}, c.s3_region, check_region);
    s.secret(
        {"SECRET_KEY",
         "Application secret for signing links, cursors and cookies; with commas between several, "
         "the first signs and all verify",
         true},
        c.secret_key,
        check_secret_key
    );
    s.choice({"LOG_LEVEL", "Logging verbosity"}, c.log_level, {"debug", "info", "warn", "error"});
    s.integer(
        {"WORKER_CONCURRENCY", "Number of jobs that a worker process runs at once"},
        c.worker_concurrency,
        {1, 256}
    );
    s.integer(
        {"MAX_UPLOAD_SIZE_MB", "Maximum file upload size in MiB"},
        c.max_upload_size_mb,
        {1, 102'400}
    );
    s.integer(
        {"RATE_LIMIT_PER_MIN",
         "API rate limit per authenticated user: requests in any 60 seconds, on all nodes together"
        },
        c.rate_limit_per_min,
        {1, 1'000'000}
    );
    s.flag(
        {"ENABLE_FEATURE_FLAGS",
         "Enable the feature flag evaluation system; without it every flag has the default of "
         "whoever "
         "asks for it. `acme up` sets it for its nodes, unless it is set"},
        c.enable_feature_flags
    );
}

void describe_servers(Config& c, Settings& s) {
    s.integer({"PORT", "Where the API and the dashboard are served"}, c.port, {1, 65535});
    s.integer(
        {"METRICS_PORT", "Where /metrics, /healthz, /readyz and /buildinfo are served"},
        c.metrics_port,
        {1, 65535}
    );
    s.text({"ACME_ADDRESS", "Address that both ports are bound to"}, c.address, check_address);
    s.integer({"ACME_THREADS", "Event loops, one for each core"}, c.threads, {1, 256});
    s.integer(
        {"ACME_IN_FLIGHT_MAX", "Requests at once on this node; more are answered 503"},
        c.in_flight_max,
        {1, 1'000'000}
    );
    s.integer(
        {"ACME_ANONYMOUS_LIMIT_PER_MIN",
         "The same per address from which nobody is signed in, IPv6 by /64"},
        c.anonymous_limit_per_min,
        {1, 1'000'000}
    );
    s.integer(
        {"ACME_ORG_LIMIT_PER_MIN",
         "The same of everybody in an organization together, people, keys and programs; 0 is no "
         "limit"},
        c.org_limit_per_min,
        {0, 1'000'000}
    );
    s.integer(
        {"ACME_RATE_WINDOW_SECONDS", "What those three count in; less than 60 is for trials only"},
        c.rate_window_seconds,
        {3, 60}
    );
    s.integer(
        {"DRAIN_TIMEOUT_SECONDS", "For requests in flight when the node ends"},
        c.drain_timeout_seconds,
        {0, 3600}
    );
    s.duration(
        {"ACME_DRAIN_DELAY", "Between \"not ready\" and the closed port, for the balancer"},
        c.drain_delay
    );
    s.integer(
        {"JOB_DRAIN_TIMEOUT_SECONDS", "For jobs in flight when a worker ends"},
        c.job_drain_timeout_seconds,
        {0, 3600}
    );
    s.text(
        {"TRUSTED_PROXIES",
         "Addresses or networks whose X-Forwarded-For is believed, and whose own word on what is "
         "traced; with commas"},
        c.trusted_proxies,
        check_networks
    );
}

void describe_stores(Config& c, Settings& s) {
    s.integer(
        {"DATABASE_POOL_SIZE", "Connections for transactions, of all threads together"},
        c.database_pool_size,
        {1, 1000}
    );
    s.secret(
        {"DATABASE_REPLICA_URLS",
         "Read replicas, as DATABASE_URL, with commas between (checked, not yet in force: every "
         "read goes to the primary)"},
        c.database_replica_urls,
        check_database_urls
    );
    s.secret(
        {"MIGRATION_DATABASE_URL",
         "As DATABASE_URL, by the role that owns the tables; for `acme migrate` alone, which "
         "grants "
         "to the role of DATABASE_URL what nodes need; without it nodes are the owner"},
        c.migration_database_url,
        check_database_url
    );
    s.duration({"ACME_DB_STATEMENT_TIME_MAX", "A slower statement fails"}, c.db_statement_time_max);
    s.text(
        {"S3_ENDPOINT", "Object storage other than AWS: its URL, or file:///folder on one machine"},
        c.s3_endpoint,
        check_object_endpoint
    );
    s.text(
        {"S3_PUBLIC_ENDPOINT",
         "Where browsers reach the object storage, to send parts there themselves; else S3_ENDPOINT"
        },
        c.s3_public_endpoint,
        check_http_url
    );
    s.flag({"S3_FORCE_PATH_STYLE", "Put the bucket in the path"}, c.s3_force_path_style);
    s.secret({"AWS_ACCESS_KEY_ID", "Object storage credential"}, c.aws_access_key_id, any);
    s.secret({"AWS_SECRET_ACCESS_KEY", "Object storage credential"}, c.aws_secret_access_key, any);
    s.secret(
        {"AWS_SESSION_TOKEN", "Object storage credential, when it is temporary"},
        c.aws_session_token,
        any
    );
    s.integer(
        {"UPLOAD_BUFFERS", "Uploads held at once by a node, 5 MiB each"},
        c.upload_buffers,
        {1, 4096}
    );
    s.integer(
        {"ACME_ORG_STORAGE_MB",
         "What the files and unfinished uploads of an organization may take, in MiB; 0 is no limit"
        },
        c.org_storage_mb,
        {0, 1'000'000'000}
    );
}

void describe_traces(Config& c, Settings& s) {
    s.text(
        {"OTEL_EXPORTER_OTLP_ENDPOINT", "Collector of traces; none are exported without"},
        c.otlp_endpoint,
        check_http_url
    );
    s.secret(
        {"OTEL_EXPORTER_OTLP_HEADERS", "Headers for the collector: name=value, with commas between"
        },
        c.otlp_headers,
        check_otlp_headers
    );
    s.choice(
        {"OTEL_EXPORTER_OTLP_PROTOCOL", "How the collector is spoken to"},
        c.otlp_protocol,
        {"http/protobuf"}
    );
    s.text({"OTEL_SERVICE_NAME", "Name of the service in traces"}, c.otlp_service, check_name);
    s.text(
        {"OTEL_RESOURCE_ATTRIBUTES",
         "What else traces say of who sends them: name=value, with commas between"},
        c.otlp_attributes,
        check_otlp_attributes
    );
    s.flag({"OTEL_SDK_DISABLED", "Export no traces"}, c.otlp_is_disabled);
    s.choice(
        {"OTEL_TRACES_SAMPLER", "A share by the id; what failed or was slow is always traced"},
        c.trace_sampler,
        {"parentbased_traceidratio"}
    );
    s.text({"OTEL_TRACES_SAMPLER_ARG", "That share, 0.1 to 1"}, c.trace_share, check_trace_share);
    s.integer(
        {"TRACE_ERROR_STATUS_MIN", "Answers from this status on are always traced"},
        c.trace_error_status_min,
        {400, 599}
    );
}

void describe_process(Config& c, Settings& s) {
    s.choice({"LOG_SINK", "Where logs are written"}, c.log_sink, {"stdout"});
    s.integer(
        {"SCHEDULER_STANDBY",
         "Whether a worker stands by as scheduler (checked, not yet in force: start a second "
         "scheduler); never in production"},
        c.scheduler_standby,
        {0, 1}
    );
    s.text({"ACME_RELEASE", "Commit or digest that this process runs"}, c.release, check_name);
    s.flag(
        {"RELEASE_IS_KNOWN_GOOD",
         "The release ran well here before: it is ready also while PostgreSQL is out of reach"},
        c.is_known_good
    );
    s.text({"ACME_NODE", "Name of this node"}, c.node, check_name);
    s.text({"ACME_ENVIRONMENT", "Name of the environment"}, c.environment, check_name);
    s.choice(
        {"ACME_PROFILE", "Everything on one machine, or production with its checks"},
        c.profile,
        {"single", "production"}
    );
    s.text(
        {"ACME_URL",
         "Where people reach the platform; sign-in links use it, and over https:// cookies are "
         "Secure; production demands that"},
        c.url,
        check_http_url
    );
    s.text(
        {"ACME_ADMIN_EMAIL", "Address of the administrator that the first start makes"},
        c.admin_email,
        check_email
    );
    s.choice(
        {"ACME_SIGNUP",
         "Who may make an account: anybody, those who are invited (not yet in force: nobody), "
         "nobody; without it open on a single machine and closed in production"},
        c.sign_up,
        {"open", "invite", "closed"}
    );
    s.secret(
        {"SMTP_URL",
         "Mail server (smtp://user:password@host:587, smtps://host); on a single machine without "
         "it, mails are kept in the dashboard's mailbox"},
        c.smtp_url,
        check_smtp_url
    );
    s.text({"ACME_MAIL_FROM", "Address that mails come from"}, c.mail_from, check_email);
    s.text(
        {"ACME_WEBHOOK_ALLOWED_NETWORKS",
         "Addresses or networks that webhooks may be sent to though they are not public, such as "
         "127.0.0.0/8 for a receiver on this machine; with commas"},
        c.webhook_allowed_networks,
        check_networks
    );
    s.flag(
        {"ACME_UNLEASH_API", "Answer SDKs of Unleash too, under /api; needs ENABLE_FEATURE_FLAGS"},
        c.unleash_api
    );
    s.text({"ACME_HOME", "Folder of what `acme up` keeps"}, c.home, any);
}

/// Each provider has variables of its own, so the list is taken apart as soon as it is known.
void describe_providers(Config& c, Settings& s) {
    s.text(
        {"OIDC_PROVIDERS",
         "OpenID Connect providers to sign in with, with commas: for each NAME also "
         "OIDC_NAME_ISSUER, OIDC_NAME_CLIENT_ID, OIDC_NAME_CLIENT_SECRET, and OIDC_NAME_TITLE for "
         "its button"},
        c.oidc_providers,
        check_providers
    );
    if (c.oidc.empty()) c.oidc = providers_named(c.oidc_providers);
    for (OidcProvider& p : c.oidc) {
        s.text({p.issuer_name, "Its issuer, to the letter", true}, p.issuer, check_issuer);
        s.text({p.client_id_name, "Our name there", true}, p.client_id, check_client_id);
        s.secret({p.client_secret_name, "Our secret there", true}, p.client_secret, any);
        s.text({p.title_name, "What its button says"}, p.title, check_title);
    }
}

}  // namespace

void describe(Config& config, Settings& settings) {
    describe_guide(config, settings);
    describe_servers(config, settings);
    describe_stores(config, settings);
    describe_traces(config, settings);
    describe_process(config, settings);
    describe_providers(config, settings);
}

}  // namespace acme::app
