#include "app/config_checks.hpp"

#include "base/networks.hpp"
#include "io/otlp/pairs.hpp"
#include "io/pg/conninfo.hpp"
#include "io/redis/url.hpp"
#include "platform/accounts/email.hpp"
#include "platform/identities/address.hpp"

#include <boost/url/parse.hpp>

#include <algorithm>
#include <arpa/inet.h>
#include <charconv>
#include <set>

namespace acme::app {
namespace {

constexpr std::size_t secret_bytes_min = 32;

bool is_lower_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

bool is_url(std::string_view value, std::initializer_list<std::string_view> schemes) {
    const auto url = boost::urls::parse_uri(value);
    if (!url || url->host().empty()) return false;
    return std::ranges::find(schemes, std::string_view(url->scheme())) != schemes.end();
}

bool is_address(std::string_view value) {
    in6_addr bytes{};
    const std::string text(value);
    return ::inet_pton(AF_INET, text.c_str(), &bytes) == 1 ||
           ::inet_pton(AF_INET6, text.c_str(), &bytes) == 1;
}

std::string_view next_key(std::string_view& rest) {
    const auto comma = std::min(rest.find(','), rest.size());
    const std::string_view key = rest.substr(0, comma);
    rest.remove_prefix(std::min(comma + 1, rest.size()));
    return key;
}

/// A URL may have commas of its own: a new one begins behind a comma and with its scheme.
std::vector<std::string_view> urls_in(std::string_view list) {
    std::vector<std::string_view> urls;
    while (!list.empty()) {
        const auto end = std::min(list.find(",postgres", 1), list.size());
        urls.push_back(list.substr(0, end));
        list.remove_prefix(std::min(end + 1, list.size()));
    }
    return urls;
}

std::string upper(std::string text) {
    std::ranges::transform(text, text.begin(), [](char c) {
        return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
    });
    return text;
}

bool is_token(std::string_view name) {
    constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
    return !name.empty() && std::ranges::all_of(name, [&](char c) {
        return is_lower_or_digit(c) || (c >= 'A' && c <= 'Z') || marks.find(c) != marks.npos;
    });
}

}  // namespace

std::string check_database_url(std::string_view value) {
    return pg::complaint_about_conninfo(value);
}

std::string check_database_urls(std::string_view value) {
    for (const std::string_view url : urls_in(value)) {
        if (!url.starts_with("postgres://") && !url.starts_with("postgresql://")) {
            return "must be URLs postgres://user@host/database, with commas between";
        }
        if (auto complaint = pg::complaint_about_conninfo(url); !complaint.empty()) {
            return complaint;
        }
    }
    return "";
}

std::string check_redis_url(std::string_view value) {
    const auto place = redis::parse_url(value);
    if (place) return "";
    return "must be a URL such as redis://user:password@host:6379/0. " + place.error().message;
}

std::string check_bucket(std::string_view value) {
    const bool is_right = value.size() >= 3 && value.size() <= 63 &&
                          is_lower_or_digit(value.front()) && is_lower_or_digit(value.back()) &&
                          value.find("..") == value.npos && std::ranges::all_of(value, [](char c) {
                              return is_lower_or_digit(c) || c == '-' || c == '.';
                          });
    if (is_right && !is_address(value)) return "";
    return "must be 3 to 63 lower-case letters, digits, '-' or '.', and no address";
}

std::string check_region(std::string_view value) {
    const bool is_right = value.size() <= 32 && std::ranges::all_of(value, [](char c) {
                              return is_lower_or_digit(c) || c == '-';
                          });
    return is_right ? "" : "must be 1 to 32 lower-case letters, digits or '-'";
}

std::string check_secret_key(std::string_view value) {
    while (!value.empty()) {
        const std::string_view key = next_key(value);
        if (key.size() < secret_bytes_min) {
            return "needs at least 32 bytes, has " + std::to_string(key.size()) +
                   " (value not shown)";
        }
        const std::string_view first = key.substr(0, 8);
        bool repeats = true;
        for (std::size_t i = 0; i < key.size(); ++i) repeats = repeats && key[i] == first[i % 8];
        const bool is_example = key.starts_with("changeme") || key.starts_with("CHANGEME") ||
                                key.find("your-secret") != key.npos;
        if (repeats || is_example) return "needs to be random (value not shown)";
    }
    return "";
}

std::string check_object_endpoint(std::string_view value) {
    if (value.starts_with("file:///") || is_url(value, {"http", "https"})) return "";
    return "must be a URL such as https://s3.example.com, or file:///folder";
}

std::string check_http_url(std::string_view value) {
    return is_url(value, {"http", "https"}) ? "" : "must be a URL such as https://app.example.com";
}

std::string check_smtp_url(std::string_view value) {
    if (is_url(value, {"smtp", "smtps"})) return "";
    return "must be a URL such as smtp://user:password@mail.example.com:587 (value not shown)";
}

std::string check_providers(std::string_view value) {
    constexpr std::string_view wanted =
        "must be names of 1 to 32 lower-case letters, digits or '-', each once, with commas "
        "between";
    std::set<std::string_view> names;
    while (!value.empty()) {
        const std::string_view name = next_key(value);
        const bool is_right =
            !name.empty() && name.size() <= 32 &&
            std::ranges::all_of(name, [](char c) { return is_lower_or_digit(c) || c == '-'; });
        if (!is_right || !names.insert(name).second) return std::string(wanted);
    }
    return "";
}

std::string check_issuer(std::string_view value) {
    if (identities::is_safe_url(value) && !value.contains('?')) return "";
    return "must be a URL such as https://accounts.example.com; http:// only on this machine";
}

std::string check_client_id(std::string_view value) {
    const bool is_right = value.size() <= 255 &&
                          std::ranges::all_of(value, [](char c) { return c >= ' ' && c < '\x7f'; });
    return is_right ? "" : "must be 1 to 255 printable characters";
}

std::string check_title(std::string_view value) {
    const bool is_right = value.size() <= 40 && std::ranges::none_of(value, [](char c) {
                              return static_cast<unsigned char>(c) < ' ';
                          });
    return is_right ? "" : "must be one line of at most 40 bytes";
}

std::vector<OidcProvider> providers_named(std::string_view list) {
    std::vector<OidcProvider> providers;
    if (!check_providers(list).empty()) return providers;
    while (!list.empty()) {
        const std::string name(next_key(list));
        std::string prefix = "OIDC_" + upper(name) + "_";
        std::ranges::replace(prefix, '-', '_');
        std::string title = upper(name.substr(0, 1)) + name.substr(1);
        providers.push_back({
            .name = name,
            .title = std::move(title),
            .issuer = "",
            .client_id = "",
            .client_secret = {},
            .title_name = prefix + "TITLE",
            .issuer_name = prefix + "ISSUER",
            .client_id_name = prefix + "CLIENT_ID",
            .client_secret_name = prefix + "CLIENT_SECRET",
        });
    }
    return providers;
}

std::string check_name(std::string_view value) {
    const bool is_right = value.size() <= 64 && std::ranges::all_of(value, [](char c) {
                              return is_lower_or_digit(c) || (c >= 'A' && c <= 'Z') || c == '-' ||
                                     c == '.' || c == '_';
                          });
    return is_right ? "" : "must be 1 to 64 letters, digits, '-', '.' or '_'";
}

std::string check_address(std::string_view value) {
    return is_address(value) ? "" : "must be an address such as 127.0.0.1 or ::1";
}

std::string check_email(std::string_view value) {
    return accounts::normalize_email(value) ? "" : "must be an address such as ada@example.com";
}

std::string check_networks(std::string_view value) {
    if (Networks::parse(value)) return "";
    return "must be addresses or networks such as 10.0.0.0/8, with commas between";
}

std::string check_otlp_headers(std::string_view value) {
    constexpr const char* wanted = "must be name=value, with commas between, values %-encoded";
    const auto pairs = otlp::parse_pairs(value);
    if (!pairs) return wanted;
    const bool is_right = std::ranges::all_of(*pairs, [](const otlp::Pair& pair) {
        const auto is_control = [](char c) { return static_cast<unsigned char>(c) < ' '; };
        return is_token(pair.first) && std::ranges::none_of(pair.second, is_control);
    });
    return is_right ? "" : wanted;
}

std::string check_otlp_attributes(std::string_view value) {
    const auto pairs = otlp::parse_pairs(value);
    if (!pairs) return "must be name=value, with commas between, values %-encoded";
    for (const otlp::Pair& pair : *pairs) {
        if (otlp::is_own_attribute(pair.first)) {
            return "must leave " + pair.first +
                   " out, which follows from OTEL_SERVICE_NAME or a setting of ACME_";
        }
    }
    return "";
}

std::string check_trace_share(std::string_view value) {
    // Less than the guide's tenth is no share of normal traffic.
    const auto share = parse_share(value);
    return share && *share >= 0.1 && *share <= 1 ? "" : "must be a number from 0.1 to 1";
}

std::optional<double> parse_share(std::string_view value) {
    double share = 0;
    const char* const end = value.data() + value.size();
    const auto [stop, error] = std::from_chars(value.data(), end, share);
    if (error != std::errc{} || stop != end) return std::nullopt;
    return share;
}

void check_together(const Config& config, std::vector<Problem>& problems) {
    const auto complain = [&](std::string_view name, std::string_view kind, std::string detail) {
        problems.push_back({std::string(name), std::string(kind), std::move(detail)});
    };
    const bool has_id = !config.aws_access_key_id.empty();
    const bool has_secret = !config.aws_secret_access_key.empty();
    if (has_id != has_secret) {
        complain(
            has_id ? "AWS_SECRET_ACCESS_KEY" : "AWS_ACCESS_KEY_ID",
            "missing",
            "belongs to the other half of the credential, which is set"
        );
    }
    if (!config.smtp_url.empty() && config.mail_from.empty()) {
        complain("ACME_MAIL_FROM", "missing", "belongs to SMTP_URL, which is set");
    }
    if (config.unleash_api && !config.enable_feature_flags) {
        complain("ENABLE_FEATURE_FLAGS", "missing", "belongs to ACME_UNLEASH_API, which is set");
    }
    if (config.profile != "production") return;
    if (config.rate_window_seconds != 60) {
        complain("ACME_RATE_WINDOW_SECONDS", "invalid", "must be 60 in production");
    }
    if (config.smtp_url.empty() && sign_up_of(config) != "closed") {
        complain("SMTP_URL", "missing", "signing up needs a mail server in production");
    }
    if (!config.database_url.empty() &&
        pg::sslmode_of(config.database_url.reveal()) != "verify-full") {
        complain("DATABASE_URL", "invalid", "needs sslmode=verify-full in production");
    }
    if (!config.migration_database_url.empty() &&
        pg::sslmode_of(config.migration_database_url.reveal()) != "verify-full") {
        complain("MIGRATION_DATABASE_URL", "invalid", "needs sslmode=verify-full in production");
    }
    for (const std::string_view url : urls_in(config.database_replica_urls.reveal())) {
        if (pg::sslmode_of(url) == "verify-full") continue;
        complain("DATABASE_REPLICA_URLS", "invalid", "needs sslmode=verify-full in production");
        break;
    }
    if (config.scheduler_standby != 0) {
        complain("SCHEDULER_STANDBY", "invalid", "must be 0 in production");
    }
    const auto redis = redis::parse_url(config.redis_url.reveal());
    if (redis && !redis->server.has_tls) {
        complain("REDIS_URL", "invalid", "needs TLS (rediss://) in production");
    }
    // Cookies are Secure only where this says https.
    if (!config.url.starts_with("https://")) {
        complain("ACME_URL", "invalid", "must be set to an https:// address in production");
    }
    for (const OidcProvider& provider : config.oidc) {
        if (provider.issuer.empty() || provider.issuer.starts_with("https://")) continue;
        complain(provider.issuer_name, "invalid", "must be an https:// address in production");
    }
    if (config.s3_endpoint.starts_with("file:")) {
        complain("S3_ENDPOINT", "invalid", "must be an S3 service in production");
    }
}

}  // namespace acme::app
