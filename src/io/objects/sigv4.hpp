#pragma once

/// AWS Signature Version 4 as S3 takes it: the path is encoded once and never normalised. Pure: no
/// clock, no socket. Source: AWS, "Authenticating Requests: Using the Authorization Header" and
/// "Using Query Parameters" of the S3 API reference.

#include "base/clock.hpp"
#include "base/secret.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace acme::objects::sigv4 {

struct Keys {
    std::string access_key;
    Secret secret_key;
    Secret session_token;  // empty for keys that last
};

/// Where a signature counts.
struct Scope {
    std::string region;
    std::string service = "s3";
};

using Pairs = std::vector<std::pair<std::string, std::string>>;

inline constexpr std::string_view unsigned_payload = "UNSIGNED-PAYLOAD";

/// What is signed.
struct Message {
    std::string method;
    std::string path;                       // begins with "/", not encoded
    Pairs query;                            // not encoded
    Pairs headers;                          // every one is signed; "Host" is among them
    std::string payload{unsigned_payload};  // or the SHA-256 of the body in hex
};

/// Percent-encoded but for unreserved characters (RFC 3986); slashes stay in a path.
std::string encode(std::string_view text);
std::string encode_path(std::string_view path);

/// "a=1&b=", in the order of the names; the query of the URL too.
std::string canonical_query(const Pairs& query);

std::string canonical_request(const Message& message);

/// "20130524T000000Z", the form of X-Amz-Date.
std::string timestamp(WallTime time);

/// 64 hex digits, of any text that begins as the standard says.
std::string signature(
    const Keys& keys, const Scope& scope, WallTime time, std::string_view string_to_sign
);

/// The value of Authorization. The message already has X-Amz-Date with the same time, and
/// X-Amz-Security-Token where there is one.
std::string authorization(
    const Keys& keys, const Scope& scope, WallTime time, const Message& message
);

/// The query of a URL that anybody may use until `lifetime` has passed (1 s to 7 days), encoded.
std::string presigned_query(
    const Keys& keys,
    const Scope& scope,
    WallTime time,
    std::chrono::seconds lifetime,
    Message message
);

}  // namespace acme::objects::sigv4
