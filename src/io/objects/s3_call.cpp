#include "io/objects/s3_call.hpp"

#include "base/bytes.hpp"
#include "base/hash.hpp"
#include "io/loop/loop.hpp"
#include "io/objects/xml.hpp"

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <prometheus/counter.h>

#include <ctime>

namespace acme::objects {
namespace {

constexpr std::size_t refusal_bytes_max = std::size_t{64} * 1024;
constexpr std::chrono::seconds link_lifetime{60};
constexpr std::size_t document_bytes_max = std::size_t{4} * 1024 * 1024;
constexpr std::chrono::milliseconds pause_max{2'000};

bool is_worth_retrying(const Refusal& refusal) {
    if (refusal.has_timed_out) return false;
    switch (refusal.status) {
        case 0:
        case 429:
        case 500:
        case 502:
        case 503:
        case 504: return true;
        default: return refusal.code == "RequestTimeout";
    }
}

/// "Fri, 24 May 2013 00:00:00 GMT"
std::optional<WallTime> parse_http_date(std::string_view text) {
    std::tm parts{};
    const std::string copy(text);
    if (::strptime(copy.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parts) == nullptr) {
        return std::nullopt;
    }
    return WallTime(std::chrono::seconds(::timegm(&parts)));
}

/// 'the region 'us-east-1' is wrong; expecting 'eu-west-1'': some name it there only.
std::string region_in(std::string_view message) {
    const auto at = message.find("expecting '");
    if (at == message.npos) return "";
    message.remove_prefix(at + 11);
    return std::string(message.substr(0, std::min(message.find('\''), std::size_t{32})));
}

}  // namespace

Refusal read_refusal(int status, std::string_view document, std::string_view region_header) {
    Refusal refusal{.status = status, .code = xml::find(document, "Error/Code")};
    const std::string message = xml::find(document, "Error/Message");
    refusal.region = xml::find(document, "Error/Region");
    if (refusal.region.empty()) refusal.region = region_header;
    if (refusal.region.empty()) refusal.region = region_in(message);
    refusal.reason = std::to_string(status) + ' ' + refusal.code + ' ' + message.substr(0, 200);
    return refusal;
}

bool is_absent(const Refusal& refusal) {
    return refusal.status == 404 && refusal.code != "NoSuchBucket";
}

std::string sentence_of(const Refusal& refusal, const S3Options& options) {
    const std::string& code = refusal.code;
    const bool is_elsewhere = code == "AuthorizationHeaderMalformed" || refusal.status == 301 ||
                              refusal.status == 307 || code == "IllegalLocationConstraintException";
    if (is_elsewhere && !refusal.region.empty() && refusal.region != options.region) {
        return "The store expects the region \"" + refusal.region + "\", S3_REGION is \"" +
               options.region + "\".";
    }
    if (code == "NoSuchBucket") return "The bucket \"" + options.bucket + "\" does not exist.";
    if (code == "SignatureDoesNotMatch") {
        return "The store refuses the signature: the secret key is not the access key's.";
    }
    if (code == "InvalidAccessKeyId") return "The store does not know the access key.";
    if (code == "AccessDenied" || refusal.status == 403) {
        return "The store denies access to the bucket \"" + options.bucket + "\".";
    }
    if (code == "RequestTimeTooSkewed") {
        return "The clocks of this machine and of the store differ by more than 15 minutes.";
    }
    if (refusal.status == 0) return "The store is out of reach.";
    return "The store answers " + std::to_string(refusal.status) +
           (code.empty() ? "" : " " + code) + ".";
}

S3Caller::Address S3Caller::address_of(const S3Options& options, const std::string& endpoint) {
    const std::string text =
        endpoint.empty() ? "https://s3." + options.region + ".amazonaws.com" : endpoint;
    const auto url = boost::urls::parse_uri(text);
    const bool is_http = url && (url->scheme() == "http" || url->scheme() == "https");
    if (!is_http || url->host().empty() || (url->path() != "" && url->path() != "/") ||
        url->has_userinfo() || url->has_query()) {
        throw std::invalid_argument("an S3 endpoint is http(s)://host[:port]");
    }
    // A certificate of "*.host" does not cover a bucket with a dot in its name.
    const bool is_dotted = options.bucket.find('.') != options.bucket.npos;
    const bool is_path_style = options.has_path_style.value_or(!options.endpoint.empty()) ||
                               (is_dotted && options.endpoint.empty());
    std::string host(url->encoded_host());
    if (!is_path_style) host = options.bucket + '.' + host;
    const bool is_default = url->port() == (url->scheme() == "http" ? "80" : "443");
    if (url->has_port() && !is_default) host += ':' + std::string(url->port());
    return {
        .origin = std::string(url->scheme()) + "://" + host,
        .host = std::move(host),
        .prefix = is_path_style ? '/' + options.bucket : "",
    };
}

S3Caller::S3Caller(S3Options options, fetch::Client& fetch, Telemetry& telemetry)
    : options_(std::move(options)),
      fetch_(fetch),
      telemetry_(telemetry),
      here_(address_of(options_, options_.endpoint)),
      public_(
          options_.public_endpoint.empty() ? here_ : address_of(options_, options_.public_endpoint)
      ) {}

Task<S3Caller::Answer> S3Caller::call(trace::Context context, S3Request request) {
    if (request.sha256.empty()) request.sha256 = to_hex(sha256(request.body));
    for (int number = 1;; ++number) {
        Answer answer = co_await attempt(context, request);
        if (answer) co_return answer;
        const Refusal& refusal = answer.error();
        // Adjusted just now by attempt(): this time the signature is in time.
        const bool is_skewed = refusal.code == "RequestTimeTooSkewed" && number == 1;
        if (number >= options_.attempts_max || !(is_skewed || is_worth_retrying(refusal))) {
            if (!is_absent(refusal) && !request.expects_refusal) {
                telemetry_.log.write(
                    LogLevel::warn,
                    "objects.refused",
                    context,
                    {{"operation", request.name}, {"reason", refusal.reason}, {"attempts", number}}
                );
            }
            co_return answer;
        }
        telemetry_.metrics
            .counter(
                "s3_retries_total",
                "Requests to object storage that were sent once more.",
                {{"operation", std::string(request.name)}}
            )
            .Increment();
        if (!is_skewed) co_await sleep_for(pause_after(number));
    }
}

Task<std::expected<std::string, Refusal>> S3Caller::document(
    trace::Context context, S3Request request
) {
    Answer answer = co_await call(context, std::move(request));
    if (!answer) co_return std::unexpected(std::move(answer.error()));
    try {
        co_return co_await answer->read_all(document_bytes_max);
    } catch (const fetch::Fault& fault) {
        co_return std::unexpected(Refusal{.reason = fault.what()});
    }
}

std::string S3Caller::link(
    std::string method,
    std::string key,
    sigv4::Pairs query,
    sigv4::Pairs headers,
    std::chrono::seconds lifetime
) const {
    sigv4::Message message{
        .method = std::move(method),
        .path = public_.prefix + '/' + key,
        .query = std::move(query),
        .headers = std::move(headers),
    };
    message.headers.emplace_back("Host", public_.host);
    std::string url = public_.origin + sigv4::encode_path(message.path) + '?';
    return url + sigv4::presigned_query(
                     options_.keys,
                     {.region = options_.region},
                     telemetry_.clock.now() + clock_offset_,
                     lifetime,
                     std::move(message)
                 );
}

Task<std::expected<std::string, Refusal>> S3Caller::read_presigned(
    trace::Context context, std::string key
) {
    try {
        fetch::Request request{
            .name = "s3.presigned",
            .url = link("GET", std::move(key), {}, {}, link_lifetime),
            .answer_time_max = options_.answer_time_max,
        };
        fetch::Response response = co_await fetch_.send(context, std::move(request));
        std::string body = co_await response.read_all(refusal_bytes_max);
        if (response.status() == 200) co_return body;
        co_return std::unexpected(read_refusal(response.status(), body, ""));
    } catch (const fetch::Fault& fault) {
        co_return std::unexpected(Refusal{.reason = fault.what()});
    }
}

std::unexpected<Error> S3Caller::unavailable(const Refusal& refusal) const {
    return refuse(ErrorKind::unavailable, "objects.unavailable", sentence_of(refusal, options_));
}

Task<S3Caller::Answer> S3Caller::attempt(trace::Context context, const S3Request& request) {
    try {
        fetch::Response response = co_await fetch_.send(context, signed_request(request));
        if (response.status() / 100 == 2) co_return response;
        const std::string document = co_await response.read_all(refusal_bytes_max);
        Refusal refusal =
            read_refusal(response.status(), document, response.header("x-amz-bucket-region"));
        if (refusal.code == "RequestTimeTooSkewed") {
            const auto theirs = parse_http_date(response.header("Date"));
            if (theirs) {
                clock_offset_ = std::chrono::duration_cast<std::chrono::seconds>(
                    *theirs - telemetry_.clock.now()
                );
            }
        }
        co_return std::unexpected(std::move(refusal));
    } catch (const fetch::Fault& fault) {
        co_return std::unexpected(Refusal{
            .status = 0,
            .reason = fault.what(),
            .has_timed_out = fault.reason() == fetch::Reason::timed_out ||
                             fault.reason() == fetch::Reason::closed,
        });
    }
}

fetch::Request S3Caller::signed_request(const S3Request& request) const {
    const WallTime now = telemetry_.clock.now() + clock_offset_;
    const std::string path = here_.prefix + '/' + request.key;
    sigv4::Message message{
        .method = request.method,
        .path = path,
        .query = request.query,
        .headers = request.headers,
        .payload = request.sha256,
    };
    message.headers.emplace_back("X-Amz-Date", sigv4::timestamp(now));
    message.headers.emplace_back("X-Amz-Content-Sha256", request.sha256);
    if (!options_.keys.session_token.empty()) {
        message.headers.emplace_back("X-Amz-Security-Token", options_.keys.session_token.reveal());
    }
    message.headers.emplace_back("Host", here_.host);
    std::string authorization =
        sigv4::authorization(options_.keys, {.region = options_.region}, now, message);
    std::string url = here_.origin + sigv4::encode_path(path);
    if (!request.query.empty()) url += '?' + sigv4::canonical_query(request.query);
    message.headers.emplace_back("Authorization", std::move(authorization));
    return {
        .name = request.name,
        .method = request.method,
        .url = std::move(url),
        .headers = std::move(message.headers),
        .body = request.body,
        .answer_time_max = request.is_upload ? options_.upload_time_max : options_.answer_time_max,
    };
}

std::chrono::milliseconds S3Caller::pause_after(int attempt) {
    const auto longest = std::min(options_.pause * (1 << std::min(attempt - 1, 10)), pause_max);
    const auto permille = static_cast<std::int64_t>(500 + telemetry_.random.number() % 1000);
    return longest * permille / 1000;
}

}  // namespace acme::objects
