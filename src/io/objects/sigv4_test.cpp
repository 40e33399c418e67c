// The signer against the examples of the S3 API reference; sigv4_suite_test.cpp has the general
// suite.
#include "io/objects/sigv4.hpp"

#include "base/bytes.hpp"
#include "base/hash.hpp"

#include <gtest/gtest.h>

namespace acme::objects::sigv4 {
namespace {

using std::chrono::days;
using std::chrono::sys_days;

Keys example_keys() {
    return {"AKIAIOSFODNN7EXAMPLE", Secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"), Secret()};
}

const Scope scope{.region = "us-east-1"};
constexpr WallTime day = sys_days(std::chrono::year(2013) / 5 / 24);
const std::string empty_sha256 = to_hex(sha256(""));

std::string signature_of(Message message) {
    message.headers.emplace_back("Host", "examplebucket.s3.amazonaws.com");
    message.headers.emplace_back("x-amz-date", timestamp(day));
    message.headers.emplace_back("x-amz-content-sha256", message.payload);
    const std::string text = authorization(example_keys(), scope, day, message);
    return text.substr(text.find("Signature=") + 10);
}

TEST(SigV4, AGetWithRangeIsSignedAsPublished) {
    Message message{
        .method = "GET",
        .path = "/test.txt",
        .query = {},
        .headers = {{"Range", "bytes=0-9"}},
        .payload = empty_sha256
    };
    EXPECT_EQ(
        signature_of(std::move(message)),
        "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
    );
}

TEST(SigV4, APutWhoseNameNeedsEncodingIsSignedAsPublished) {
    Message message{
        .method = "PUT",
        .path = "/test$file.text",
        .query = {},
        .headers =
            {{"Date", "Fri, 24 May 2013 00:00:00 GMT"},
             {"x-amz-storage-class", "REDUCED_REDUNDANCY"}},
        .payload = to_hex(sha256("Welcome to Amazon S3.")),
    };
    EXPECT_EQ(
        signature_of(std::move(message)),
        "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"
    );
}

TEST(SigV4, AnEmptyQueryValueKeepsItsSign) {
    EXPECT_EQ(
        signature_of(
            {.method = "GET",
             .path = "/",
             .query = {{"lifecycle", ""}},
             .headers = {},
             .payload = empty_sha256}
        ),
        "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"
    );
}

TEST(SigV4, AListIsSignedAsPublishedInWhateverOrderItIsAsked) {
    EXPECT_EQ(
        signature_of(
            {.method = "GET",
             .path = "/",
             .query = {{"prefix", "J"}, {"max-keys", "2"}},
             .headers = {},
             .payload = empty_sha256}
        ),
        "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"
    );
}

TEST(SigV4, APresignedLinkIsThePublishedOne) {
    const std::string query = presigned_query(
        example_keys(),
        scope,
        day,
        std::chrono::seconds(86'400),
        {.method = "GET",
         .path = "/test.txt",
         .query = {},
         .headers = {{"host", "examplebucket.s3.amazonaws.com"}}}
    );
    EXPECT_EQ(
        query,
        "X-Amz-Algorithm=AWS4-HMAC-SHA256"
        "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
        "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
        "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
    );
}

// We never send chunks that are signed one by one; they prove signature() on other texts.
TEST(SigV4, TheChainOfAStreamIsThePublishedOne) {
    Message message{
        .method = "PUT",
        .path = "/examplebucket/chunkObject.txt",
        .query = {},
        .headers =
            {{"host", "s3.amazonaws.com"},
             {"x-amz-date", timestamp(day)},
             {"x-amz-storage-class", "REDUCED_REDUNDANCY"},
             {"x-amz-content-sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"},
             {"Content-Encoding", "aws-chunked"},
             {"x-amz-decoded-content-length", "66560"},
             {"Content-Length", "66824"}},
        .payload = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
    };
    const std::string seed = authorization(example_keys(), scope, day, message);
    std::string previous = seed.substr(seed.find("Signature=") + 10);
    EXPECT_EQ(previous, "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9");

    const auto expect_next = [&](std::string_view chunk, std::string_view expected) {
        const std::string text =
            "AWS4-HMAC-SHA256-PAYLOAD\n20130524T000000Z\n20130524/us-east-1/s3/aws4_request\n" +
            previous + '\n' + empty_sha256 + '\n' + to_hex(sha256(chunk));
        previous = signature(example_keys(), scope, day, text);
        EXPECT_EQ(previous, expected);
    };
    expect_next(
        std::string(65'536, 'a'), "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648"
    );
    expect_next(
        std::string(1'024, 'a'), "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497"
    );
    expect_next("", "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9");
}

TEST(SigV4, ASessionTokenIsPartOfALink) {
    Keys keys = example_keys();
    keys.session_token = Secret("to/ken");
    const std::string query = presigned_query(
        keys,
        scope,
        day,
        std::chrono::seconds(60),
        {.method = "GET", .path = "/a", .query = {}, .headers = {{"host", "h"}}}
    );
    EXPECT_NE(query.find("X-Amz-Security-Token=to%2Fken"), query.npos);
}

}  // namespace
}  // namespace acme::objects::sigv4
