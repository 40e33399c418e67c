#pragma once

/// One request to S3: signed, sent, sent again where that can help, and its refusal read.

#include "base/result.hpp"
#include "io/fetch/fetch.hpp"
#include "io/objects/sigv4.hpp"

#include <chrono>
#include <expected>
#include <optional>

namespace acme::objects {

struct S3Options {
    std::string bucket = "";
    std::string region = "";
    std::string endpoint = "";         // "https://store.example:9000"; "" for AWS in that region
    std::string public_endpoint = "";  // where others reach it by a link; "" for the same
    std::optional<bool> has_path_style = std::nullopt;  // none: unless the endpoint is AWS
    sigv4::Keys keys = {};
    int attempts_max = 4;
    std::chrono::milliseconds pause{100};               // before the second attempt, then doubled
    std::chrono::milliseconds answer_time_max{10'000};  // for one attempt
    std::chrono::milliseconds upload_time_max{30'000};  // for one attempt to send a part
};

struct S3Request {
    std::string_view name;  // a literal, "s3.put": names the span
    std::string method;
    std::string key = "";  // "" for the bucket
    sigv4::Pairs query = {};
    sigv4::Pairs headers = {};   // beside those of the signature
    std::string_view body = "";  // stays until call() has returned
    std::string sha256 = "";     // of the body in hex; "" has it computed
    bool is_upload = false;
    bool expects_refusal = false;  // which then is no news for the log
};

/// Why S3 did not do it.
struct Refusal {
    int status = 0;           // 0: no answer
    std::string code = "";    // "NoSuchBucket"; of no answer, ""
    std::string region = "";  // that the store expects, when it says so
    std::string reason = "";  // for the log
    bool has_timed_out = false;
};

/// HEAD says no more than 404; a bucket that is missing is another matter where it is told.
bool is_absent(const Refusal& refusal);

/// One English sentence for an operator.
std::string sentence_of(const Refusal& refusal, const S3Options& options);

/// Reads the error document of an answer.
Refusal read_refusal(int status, std::string_view document, std::string_view region_header);

class S3Caller {
public:
    using Answer = std::expected<fetch::Response, Refusal>;

    /// Throws std::invalid_argument for an endpoint that is no http(s) URL.
    S3Caller(S3Options options, fetch::Client& fetch, Telemetry& telemetry);

    /// The answer if its status is 2xx. 500, 502, 503, 504, 429 and broken connections are tried
    /// again, which every request here allows; a store that is silent is not.
    Task<Answer> call(trace::Context context, S3Request request);

    /// The same, with the body of the answer: a document of at most 4 MiB.
    Task<std::expected<std::string, Refusal>> document(trace::Context context, S3Request request);

    /// An address at the public endpoint by which whoever has it may send this request until
    /// `lifetime` has passed (1 s to 7 days), with exactly these headers beside the host.
    std::string link(
        std::string method,
        std::string key,
        sigv4::Pairs query,
        sigv4::Pairs headers,
        std::chrono::seconds lifetime
    ) const;

    /// Reads the object by a link that is good for a minute.
    Task<std::expected<std::string, Refusal>> read_presigned(
        trace::Context context, std::string key
    );

    /// Errors: objects.unavailable, with the sentence for an operator.
    std::unexpected<Error> unavailable(const Refusal& refusal) const;

    /// Before what comes after attempt 1, 2, …: S3Options::pause, doubled up to two seconds, and
    /// half to one and a half times as long.
    std::chrono::milliseconds pause_after(int attempt);

private:
    Task<Answer> attempt(trace::Context context, const S3Request& request);
    fetch::Request signed_request(const S3Request& request) const;

    S3Options options_;
    fetch::Client& fetch_;
    Telemetry& telemetry_;
    struct Address {
        std::string origin;  // "https://host:port"
        std::string host;    // as in the header
        std::string prefix;  // of every path: "/bucket" or ""
    };
    static Address address_of(const S3Options& options, const std::string& endpoint);

    Address here_;
    Address public_;
    std::chrono::seconds clock_offset_{0};  // the store's clock less ours
};

}  // namespace acme::objects
