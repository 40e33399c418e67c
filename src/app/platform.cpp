#include "app/platform.hpp"

#include "app/config_checks.hpp"
#include "app/lists.hpp"
#include "base/seal.hpp"
#include "io/loop/log_turns.hpp"
#include "io/objects/file.hpp"
#include "io/objects/s3.hpp"

#include <boost/asio/co_spawn.hpp>

#include <filesystem>

namespace acme::app {
namespace {

constexpr std::chrono::milliseconds last_words_max{1'500};  // to a database, as a process ends
constexpr std::chrono::milliseconds look_again{100};

/// Commands that need no configuration run without one, and then this is never connected to.
Secret redis_url(const Config& config) {
    return config.redis_url.empty() ? Secret("redis://127.0.0.1:6379") : config.redis_url.clone();
}

Secret secret_keys(const Config& config) {
    return config.secret_key.empty() ? Secret(std::string(32, '-')) : config.secret_key.clone();
}

Networks trusted_proxies_of(const Config& config) {
    return Networks::parse(config.trusted_proxies).value_or(Networks{});
}

/// Browsers take a cookie that is Secure only over TLS; whoever has TLS says so in ACME_URL.
sessions::Options session_options(const Config& config) {
    return {
        .is_secure = config.url.starts_with("https://"),
        .trusted_proxies = trusted_proxies_of(config),
    };
}

/// Each thread has its part of what the node may remember, and of what it lets through alone.
limits::Options limit_options(const Config& config) {
    limits::Options options{
        .user_max = config.rate_limit_per_min,
        .anonymous_max = config.anonymous_limit_per_min,
        .org_max = config.org_limit_per_min,
        .window = std::chrono::seconds(config.rate_window_seconds),
        .threads = config.threads,
    };
    options.denials_max = share_of(static_cast<std::int64_t>(options.denials_max), config.threads);
    options.shares_max = share_of(static_cast<std::int64_t>(options.shares_max), config.threads);
    return options;
}

files::Options file_options(const Config& config) {
    constexpr std::uint64_t mib = std::uint64_t{1024} * 1024;
    std::optional<std::uint64_t> of_org;
    if (config.org_storage_mb > 0) of_org = static_cast<std::uint64_t>(config.org_storage_mb) * mib;
    return {
        .bytes_max = static_cast<std::uint64_t>(config.max_upload_size_mb) * mib,
        .buffers = share_of(config.upload_buffers, config.threads),
        .bytes_of_org_max = of_org,
        .trusted_proxies = trusted_proxies_of(config),
    };
}

mail::Options mail_options(const Config& config) {
    const bool is_production = config.profile == "production";
    const auto elsewhere = is_production ? mail::Way::none : mail::Way::mailbox;
    return {
        .way = config.smtp_url.empty() ? elsewhere : mail::Way::smtp,
        .smtp =
            {
                .url = config.smtp_url.clone(),
                .from = config.mail_from.empty() ? "acme@localhost" : config.mail_from,
                .demands_tls = is_production,
                .at_once_max =
                    jobs::slots_for_others(static_cast<std::size_t>(config.worker_concurrency)),
            },
    };
}

accounts::SignUps::Options sign_up_options(const Config& config) {
    using accounts::SignUp;
    const std::string_view word = sign_up_of(config);
    auto allowed = SignUp::closed;
    if (word == "open") allowed = SignUp::open;
    if (word == "invite") allowed = SignUp::invite;
    return {.allowed = allowed, .base_url = config.url};
}

/// Without a slash at its end, as paths are written after it.
std::string base_url_of(const Config& config) {
    std::string url = config.url;
    if (url.empty()) url = "http://localhost:" + std::to_string(config.port);
    while (url.ends_with('/')) url.pop_back();
    return url;
}

/// What authenticator apps show beside the address: people have accounts on several platforms.
std::string factor_issuer_of(const Config& config) {
    const std::string url = base_url_of(config);
    const auto begin = url.find("://") + 3;
    return "Acme " + url.substr(begin, url.find_first_of(":/", begin) - begin);
}

std::vector<identities::Provider> providers_of(const Config& config) {
    std::vector<identities::Provider> providers;
    for (const OidcProvider& given : config.oidc) {
        providers.push_back({
            .name = given.name,
            .title = given.title,
            .issuer = given.issuer,
            .client_id = given.client_id,
            .client_secret = given.client_secret.clone(),
        });
    }
    return providers;
}

/// One machine has no certificates for the programs that run beside it.
webhooks::Policy webhook_policy(const Config& config) {
    return {
        .allowed = Networks::parse(config.webhook_allowed_networks).value_or(Networks{}),
        .allows_http = config.profile != "production",
    };
}

fetch::Options webhook_fetch_options(const Config& config) {
    return webhooks::fetch_options([policy = webhook_policy(config)](std::string_view address) {
        return webhooks::may_connect(policy, address);
    });
}

std::vector<otlp::Pair> pairs_of(std::string_view text) {
    return otlp::parse_pairs(text).value_or(std::vector<otlp::Pair>());
}

otlp::Options export_options(const Config& config) {
    const auto threads = static_cast<std::size_t>(config.threads);
    return {
        .endpoint = config.otlp_is_disabled ? "" : config.otlp_endpoint,
        .headers = pairs_of(config.otlp_headers.reveal()),
        .resource =
            {.service = config.otlp_service,
             .release = config.release,
             .node = config.node,
             .environment = config.environment,
             .attributes = pairs_of(config.otlp_attributes)},
        .queue_bytes_max = (std::size_t{16} << 20) / threads,
        .grace_bytes_max = trace::grace_bytes_max / threads,
    };
}

/// Only the single machine has one that outlives a node.
std::string state_folder_of(const Config& config) {
    std::error_code error;
    const bool is_there = std::filesystem::is_directory(config.home, error);
    return config.profile == "single" && is_there ? config.home : "";
}

/// The bucket of S3_ENDPOINT; a folder when that is file:///folder, which is the embedded default.
std::unique_ptr<objects::Store> make_store(
    const Config& config, Loop& loop, fetch::Client& fetch, Telemetry& telemetry
) {
    constexpr std::string_view scheme = "file://";
    if (config.s3_endpoint.starts_with(scheme)) {
        const std::string folder = config.s3_endpoint.substr(scheme.size());
        return std::make_unique<objects::FileStore>(
            folder + "/" + config.s3_bucket, loop, telemetry
        );
    }
    objects::S3Options options{
        .bucket = config.s3_bucket,
        .region = config.s3_region,
        .endpoint = config.s3_endpoint,
        .public_endpoint = config.s3_public_endpoint,
        .keys =
            {
                .access_key = std::string(config.aws_access_key_id.reveal()),
                .secret_key = config.aws_secret_access_key.clone(),
                .session_token = config.aws_session_token.clone(),
            },
    };
    if (config.s3_force_path_style) options.has_path_style = true;
    return std::make_unique<objects::S3>(std::move(options), loop, fetch, telemetry);
}

}  // namespace

double trace_share_of(const Config& config) {
    return parse_share(config.trace_share).value_or(0.1);
}

std::size_t share_of(std::int64_t all, std::int64_t threads) {
    return static_cast<std::size_t>(std::max<std::int64_t>(all / threads, 1));
}

Platform::Platform(
    const Config& settings,
    Metrics& shared_metrics,
    LogPipe& pipe,
    flag_feed::Ground& ground,
    Work work
)
    : config(settings),
      trusted_proxies(trusted_proxies_of(config)),
      log(clock,
          parse_log_level(config.log_level).value_or(LogLevel::info),
          pipe,
          {.service = config.otlp_service, .version = config.release, .node = config.node}),
      metrics(shared_metrics),
      telemetry{clock, random, log, metrics},
      flag_ground(ground),
      db({.conninfo = config.database_url.clone(),
          .connections_max = share_of(config.database_pool_size, config.threads),
          .statement_time_max = config.db_statement_time_max,
          .prefers_indexes = work == Work::jobs},
         telemetry),
      redis({.url = redis_url(config)}, telemetry),
      fetch(telemetry),
      outgoing(telemetry, webhook_fetch_options(config)),
      exporter(export_options(config), fetch, telemetry),
      tasks(log),
      store(make_store(config, loop, fetch, telemetry)),
      idempotency(db, clock),
      hub(db, telemetry),
      pull_news({.conninfo = config.database_url.clone()}, telemetry),
      cursors(keys_for(secret_keys(config), "cursors v1")),
      accounts(db, telemetry),
      passwords(loop, db, accounts, secret_keys(config), telemetry),
      links(db, telemetry, config.url),
      mail(mail_options(config), loop, db, secret_keys(config), telemetry),
      proofs(db, secret_keys(config), telemetry),
      sign_ups(sign_up_options(config), db, accounts, passwords, proofs, mail),
      memberships(db, accounts, telemetry),
      factors(db, secret_keys(config), factor_issuer_of(config), telemetry),
      passkeys(
          factors::Party::of_url(base_url_of(config)), db, factors, secret_keys(config), telemetry
      ),
      invitations(
          {.sign_up = sign_ups.allowed(), .base_url = config.url},
          secret_keys(config),
          db,
          accounts,
          passwords,
          memberships,
          mail,
          telemetry
      ),
      limits(limit_options(config), redis, telemetry),
      tries(redis, clock),
      sessions(session_options(config), db, redis, accounts, limits, telemetry),
      providers(providers_of(config), base_url_of(config), fetch, telemetry),
      flights(config.url.starts_with("https://"), keys_for(secret_keys(config), "flights v1")),
      signing_keys(loop, db, secret_keys(config), telemetry),
      tokens(
          base_url_of(config),
          db,
          service_accounts,
          signing_keys,
          limits,
          telemetry,
          trusted_proxies
      ),
      files(db, *store, telemetry, file_options(config)),
      directs(
          db,
          *store,
          files,
          telemetry,
          keys_for(secret_keys(config), "file parts v1"),
          base_url_of(config)
      ),
      file_links(
          files, telemetry, keys_for(secret_keys(config), "file links v1"), base_url_of(config)
      ),
      webhooks(webhook_policy(config), secret_keys(config), db, telemetry),
      lanes(config.url, db, webhooks, memberships, mail, telemetry),
      flag_streams(
          flag_ground.shelf,
          ofrep::StreamTokens(keys_for(secret_keys(config), "flag streams v1")),
          telemetry
      ),
      ofrep(config.s3_region, flag_ground, flags, redis, flag_streams, telemetry),
      nodes(db),
      pings(db, telemetry),
      log_levels(db, clock) {
    if (!config.otlp_endpoint.empty() && !config.otlp_is_disabled) {
        error_news.emplace(exporter, redis, redis::Options{.url = redis_url(config)}, telemetry);
    }
    limits.heed(flags);
    add_jobs(jobs, *this);
    add_schedule(schedule);
    write_log_by_turns(loop, telemetry);
}

void Platform::keep(trace::Trace& trace) {
    if (error_news)
        error_news->keep(trace);
    else
        exporter.keep(trace);
}

void Platform::spawn_exports() {
    tasks.spawn(loop.get_executor(), "otlp", exporter.run());
    if (error_news) tasks.spawn(loop.get_executor(), "otlp.news", error_news->run());
}

void Platform::feed_flags() {
    if (!config.enable_feature_flags) return;
    flag_feed.emplace(
        flag_feed::FeedOptions{
            .node = config.node,
            .folder = state_folder_of(config),
            .conninfo = config.database_url.clone(),
            .redis_url = redis_url(config),
        },
        flag_ground,
        db,
        loop,
        telemetry
    );
    tasks.spawn(loop.get_executor(), "flags", flag_feed->run());
}

void Platform::end_flag_streams() {
    flag_streams.end();
    flag_rulesets.end();
}

void Platform::limit_end(std::function<bool()> is_busy) {
    end_tasks.spawn(loop.get_executor(), "end", end_sessions_in_time(std::move(is_busy)));
}

Task<> Platform::end_sessions_in_time(std::function<bool()> is_busy) {
    for (auto left = last_words_max; !is_closed_ && left.count() > 0;) {
        co_await ending_.wait(look_again);
        if (!is_busy()) left -= look_again;
    }
    if (is_closed_) co_return;
    log.warn("database.given_up", {{"reason", "it does not answer, and this process ends"}});
    db.close();
}

Task<> Platform::close() {
    exporter.stop();
    if (error_news) error_news->stop();
    if (flag_feed) flag_feed->stop();
    log.collect_no_more();
    co_await hub.close();
    co_await pull_news.close();
    co_await uploads.close();
    end_flag_streams();
    co_await flag_streams.close();
    co_await ofrep.close();
    co_await keys.close();
    co_await tokens.close();
    co_await tasks.join();
    is_closed_ = true;
    while (!ending_.empty()) ending_.give(true);
    co_await end_tasks.join();
    co_await store->close();
    fetch.close();
    outgoing.close();
    redis.close();
    db.close();
}

void Platform::run(Task<> task) {
    asio::co_spawn(loop, std::move(task), [](const std::exception_ptr& fault) {
        if (fault) std::rethrow_exception(fault);
    });
    loop.run();
}

}  // namespace acme::app
