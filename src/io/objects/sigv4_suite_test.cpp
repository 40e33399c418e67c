// The general test suite of Signature Version 4: awslabs/aws-c-auth,
// tests/aws-signing-test-suite/v4. S3 never normalises a path. So of a pair of cases the one
// without is signed as it stands there, and of the one with it, the path that normalising makes.
#include "base/bytes.hpp"
#include "base/hash.hpp"
#include "io/objects/sigv4.hpp"

#include <gtest/gtest.h>

namespace acme::objects::sigv4 {
namespace {

struct Case {
    const char* name;  // as it is called there
    Message message;   // without the host, the date and the digest of the body
    const char* signature;
    const char* body = "";
    const char* token = "";
};

constexpr const char* root = "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31";
constexpr const char* bare_post =
    "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b";
constexpr const char* below = "ef75d96142cf21edca26f06005da7988e4f8dc83a165a80865db7089db637ec5";
constexpr const char* spaced = "652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741";
constexpr const char* unreserved =
    "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
constexpr const char* form_digest =
    "9095672bbd1f56dfc5b65f3e153adc8731a4a654192329106275f4c7b24d0b6e";

Message get(std::string path, Pairs query = {}, Pairs headers = {}) {
    return {
        .method = "GET",
        .path = std::move(path),
        .query = std::move(query),
        .headers = std::move(headers),
    };
}

Message post(Pairs query = {}, Pairs headers = {}) {
    return {
        .method = "POST", .path = "/", .query = std::move(query), .headers = std::move(headers)
    };
}

Message form(const char* type) {
    return post(
        {},
        {{"Content-Type", type}, {"Content-Length", "13"}, {"x-amz-content-sha256", form_digest}}
    );
}

std::vector<Case> paths() {
    return {
        {"get-vanilla", get("/"), root},
        {"get-relative-normalized", get("/"), root},
        {"get-relative-unnormalized",
         get("/example/.."),
         "eca7ead57bb5aa5c8e28007acd4ff04e1ff9a0ff3b237ec1554a184887ff9282"},
        {"get-relative-relative-normalized", get("/"), root},
        {"get-relative-relative-unnormalized",
         get("/example1/example2/../.."),
         "dc33e0856fd4baca4d7aa2146c38958283844764f38c74252a333df5e613003b"},
        {"get-slash-normalized", get("/"), root},
        {"get-slash-unnormalized",
         get("//"),
         "c88bcd3d312d75078c0cd961d6deae3f4c754924b01669efcfcb439fd5e5b76e"},
        {"get-slash-dot-slash-normalized", get("/"), root},
        {"get-slash-dot-slash-unnormalized",
         get("/./"),
         "68714168e6557f8f2de0ef956fc24dc2593a4bd2961f8df51898d8a134695145"},
        {"get-slash-pointless-dot-normalized", get("/example"), below},
        {"get-slash-pointless-dot-unnormalized",
         get("/./example"),
         "beb03f223f7deae4146464f06e29eebbee9c8afbe15c290cf07aa8b119e14cff"},
        {"get-slashes-normalized",
         get("/example/"),
         "9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84"},
        {"get-slashes-unnormalized",
         get("//example//"),
         "87cca117541a147f6df867677d98a7d80dff226d2bfca9e4ffa899665623c7e5"},
        {"get-space-normalized", get("/example space/"), spaced},
        {"get-space-unnormalized", get("/example space/"), spaced},
        {"get-unreserved",
         get(std::string("/") + unreserved),
         "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f"},
        {"get-utf8",
         get("/\u1234"),
         "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85"},
    };
}

std::vector<Case> queries() {
    constexpr const char* one = "a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb";
    constexpr const char* posted =
        "28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11";
    return {
        {"get-vanilla-query", get("/"), root},
        {"get-vanilla-empty-query-key", get("/", {{"Param1", "value1"}}), one},
        {"get-vanilla-query-order-key-case",
         get("/", {{"Param2", "value2"}, {"Param1", "value1"}}),
         "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"},
        {"get-vanilla-query-order-encoded",
         get("/", {{"Param-3", "Value3"}, {"Param", "Value2"}, {"\u1234", "Value1"}}),
         "371d3713e185cc334048618a97f809c9ffe339c62934c032af5a0e595648fcac"},
        {"get-vanilla-query-unreserved",
         get("/", {{unreserved, unreserved}}),
         "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197"},
        {"get-vanilla-utf8-query",
         get("/", {{"\u1234", "bar"}}),
         "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04"},
        {"post-vanilla-query", post({{"Param1", "value1"}}), posted},
        // Called so, and with a value all the same.
        {"post-vanilla-empty-query-value", post({{"Param1", "value1"}}), posted},
    };
}

std::vector<Case> headers() {
    return {
        {"get-header-key-duplicate",
         get("/", {}, {{"My-Header1", "value2"}, {"My-Header1", "value2"}, {"My-Header1", "value1"}}
         ),
         "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea"},
        // Folded there; each of the lines counts as a value of its own.
        {"get-header-value-multiline",
         get("/", {}, {{"My-Header1", "value1"}, {"My-Header1", "value2"}, {"My-Header1", "value3"}}
         ),
         "ba17b383a53190154eb5fa66a1b836cc297cc0a3d70a5d00705980573d8ff790"},
        {"get-header-value-order",
         get("/",
             {},
             {{"My-Header1", "value4"},
              {"My-Header1", "value1"},
              {"My-Header1", "value3"},
              {"My-Header1", "value2"}}),
         "08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01"},
        {"get-header-value-trim",
         get("/", {}, {{"My-Header1", " value1"}, {"My-Header2", " \"a   b   c\""}}),
         "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"},
        {"post-vanilla", post(), bare_post},
        {"post-sts-header-after", post(), bare_post},
        {"post-header-key-case", post(), bare_post},
        {"post-header-key-sort",
         post({}, {{"My-Header1", "value1"}}),
         "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c"},
        {"post-header-value-case",
         post({}, {{"My-Header1", "VALUE1"}}),
         "cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d"},
    };
}

std::vector<Case> bodies_and_tokens() {
    return {
        {"post-x-www-form-urlencoded",
         form("application/x-www-form-urlencoded"),
         "d3875051da38690788ef43de4db0d8f280229d82040bfac253562e56c3f20e0b",
         "Param1=value1"},
        {"post-x-www-form-urlencoded-parameters",
         form("application/x-www-form-urlencoded; charset=utf-8"),
         "328d1b9eaadca9f5818ef05e8392801e091653bafec24fcab71e7344e7f51422",
         "Param1=value1"},
        {"get-vanilla-with-session-token",
         get("/"),
         "07ec1639c89043aa0e3e2de82b96708f198cceab042d4a97044c66dd9f74e7f8",
         "",
         "6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73ebf194267"},
        {"post-sts-header-before",
         post(),
         "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead",
         "",
         "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxf"
         "pSPfIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPk"
         "yQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBA"
         "z+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA=="},
    };
}

std::string signature_of(const Case& one) {
    const Keys keys{"AKIDEXAMPLE", Secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"), Secret()};
    const Scope service{.region = "us-east-1", .service = "service"};
    constexpr WallTime time = std::chrono::sys_days(std::chrono::year(2015) / 8 / 30) +
                              std::chrono::hours(12) + std::chrono::minutes(36);
    Message message = one.message;
    message.headers.emplace_back("Host", "example.amazonaws.com");
    message.headers.emplace_back("X-Amz-Date", timestamp(time));
    if (*one.token != '\0') message.headers.emplace_back("X-Amz-Security-Token", one.token);
    message.payload = to_hex(sha256(one.body));
    const std::string text = authorization(keys, service, time, message);
    return text.substr(text.find("Signature=") + 10);
}

TEST(SigV4Suite, EveryCaseIsSignedAsPublished) {
    std::size_t count = 0;
    for (const auto& group : {paths(), queries(), headers(), bodies_and_tokens()}) {
        for (const Case& one : group) EXPECT_EQ(signature_of(one), one.signature) << one.name;
        count += group.size();
    }
    EXPECT_EQ(count, 38);
}

}  // namespace
}  // namespace acme::objects::sigv4
