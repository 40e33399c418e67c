// What of the protocol needs no store: headers, and the refusals.
#include "base/bytes.hpp"
#include "base/hash.hpp"
#include "platform/uploads/sha256_chain.hpp"
#include "platform/uploads/tus_headers.hpp"
#include "testing/uploads_bench.hpp"

namespace acme::uploads {
namespace {

using http::Response;
using testing::code_of;
using testing::header;
using testing::UploadsBench;
using enum http::Method;

TEST(Sha256Chain, IsTakenUpWhereItWasPutDown) {
    const std::string text = testing::random_bytes(10'000);
    for (const std::size_t at : {std::size_t{0}, std::size_t{64}, std::size_t{6400}}) {
        Sha256Chain first;
        first.add(std::string_view(text).substr(0, at));
        Sha256Chain second(first.state(), at);
        second.add(std::string_view(text).substr(at));
        EXPECT_EQ(second.finish(), to_hex(sha256(text))) << at;
    }
    Sha256Chain within;
    within.add("abc");
    EXPECT_THROW(within.state(), std::logic_error);
    EXPECT_THROW(Sha256Chain("short", 0), std::invalid_argument);
    EXPECT_THROW(Sha256Chain(std::string(32, 'x'), 63), std::invalid_argument);
}

TEST(TusHeaders, MetadataIsKeysWithValuesInBase64) {
    const auto read = parse_metadata("filename YS50eHQ=,is_confidential,filetype dGV4dC9wbGFpbg==");
    ASSERT_TRUE(read);
    EXPECT_EQ(
        *read,
        (Metadata{{"filename", "a.txt"}, {"is_confidential", ""}, {"filetype", "text/plain"}})
    );
    EXPECT_EQ(parse_metadata("")->size(), 0);
    EXPECT_EQ(parse_metadata("a YQ==, b Yg==")->size(), 2) << "a blank after the comma is common";
    for (const char* wrong : {",", "a YQ==,", " ", "a YQ==,a Yg==", "a YQ", "a !!!!", "a YQ== x"}) {
        EXPECT_FALSE(parse_metadata(wrong)) << wrong;
    }
}

TEST(TusHeaders, AChecksumIsOfAKnownAlgorithmAndOfItsLength) {
    EXPECT_EQ(parse_checksum("sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=")->bytes.size(), 20);
    EXPECT_EQ(
        parse_checksum("sha256 LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=")->digest,
        Digest::sha256
    );
    for (const char* wrong :
         {"",
          "sha1",
          "sha1 YQ==",
          "md5 Kq5sNclPz7QV2+lfQIuc6R7oRu0=",
          "sha256 Kq5sNclPz7QV2+lfQIuc6R7oRu0="}) {
        EXPECT_FALSE(parse_checksum(wrong)) << wrong;
    }
}

class Tus : public ::testing::Test {
protected:
    UploadsBench bench{testing::drivers[0]};
};

TEST_F(Tus, OptionsTellWhatIsSpoken) {
    bench.me.reset();
    const Response told = bench.send(options, "/v1/uploads");
    EXPECT_EQ(told.status, 204);
    EXPECT_EQ(header(told, "Tus-Version"), "1.0.0");
    EXPECT_EQ(header(told, "Tus-Max-Size"), "52428800");
    EXPECT_EQ(header(told, "Tus-Checksum-Algorithm"), "sha1,sha256");
    EXPECT_EQ(
        header(told, "Tus-Extension"),
        "creation,creation-with-upload,creation-defer-length,expiration,checksum,termination"
    );

    const Response preflight = bench.send(
        options,
        "/v1/uploads/x",
        {{"Origin", "https://a.example"}, {"Access-Control-Request-Method", "PATCH"}}
    );
    EXPECT_EQ(header(preflight, "Access-Control-Allow-Origin"), "*");
    EXPECT_EQ(header(preflight, "Access-Control-Allow-Credentials"), "");
    EXPECT_NE(header(preflight, "Access-Control-Allow-Methods").find("PATCH"), std::string::npos);
    EXPECT_NE(
        header(preflight, "Access-Control-Expose-Headers").find("Upload-Offset"), std::string::npos
    );
}

TEST_F(Tus, AnotherVersionIsRefusedWithTheOneThatIsSpoken) {
    const std::string path = bench.begin(3);
    for (const auto& [method, target] :
         {std::pair{post, std::string("/v1/uploads")}, {head, path}, {patch, path}, {del, path}}) {
        for (const char* version : {"", "0.2.2"}) {
            const Response refused = bench.send(method, target, {{"Tus-Resumable", version}});
            EXPECT_EQ(refused.status, 412) << static_cast<int>(method);
            EXPECT_EQ(header(refused, "Tus-Version"), "1.0.0");
            EXPECT_EQ(header(refused, "Tus-Resumable"), "1.0.0");
        }
    }
    EXPECT_EQ(bench.send(get, path).status, 200) << "people need no version";
}

TEST_F(Tus, AllThatIsWrongWithTheHeadersIsToldAtOnce) {
    const Response refused = bench.create(
        {{"Upload-Length", "-1"}, {"Upload-Defer-Length", "2"}, {"Upload-Metadata", "a !"}}
    );
    EXPECT_EQ(refused.status, 400);
    EXPECT_EQ(code_of(refused), "uploads.headers_invalid");
    std::vector<std::string> pointers;
    const auto problem = boost::json::parse(refused.body);
    for (const auto& field : problem.at("errors").as_array()) {
        pointers.emplace_back(field.at("pointer").as_string());
    }
    EXPECT_EQ(
        pointers,
        (std::vector<std::string>{
            "/Upload-Length", "/Upload-Defer-Length", "/Upload-Length", "/Upload-Metadata"
        })
    );
    EXPECT_EQ(bench.create({}).status, 400);
    EXPECT_EQ(bench.create({{"Upload-Length", "9223372036854775808"}}).status, 400);
    // A name that turns the direction of text.
    const Response name =
        bench.create({{"Upload-Length", "1"}, {"Upload-Metadata", "filename 4oCuYQ=="}});
    EXPECT_EQ(name.status, 400) << name.body;
}

TEST_F(Tus, AnAppendNeedsItsTypeAndItsOffset) {
    const std::string path = bench.begin(3);
    testing::PiecesBody body("abc");
    const Response type = bench.send(
        patch, path, {UploadsBench::version, {"Upload-Offset", "0"}, {"Content-Type", "a/b"}}, &body
    );
    EXPECT_EQ(type.status, 415);
    const std::vector<http::Header> headers{
        UploadsBench::version, {"Content-Type", "application/offset+octet-stream"}
    };
    EXPECT_EQ(bench.send(patch, path, headers, &body).status, 400);
    const Response offset = bench.append(path, 1, "bc");
    EXPECT_EQ(offset.status, 409);
    EXPECT_EQ(code_of(offset), "uploads.offset");
    EXPECT_EQ(bench.append(path, 0, "abc", {{"Upload-Checksum", "sha1 x"}}).status, 400);
    EXPECT_EQ(bench.append(path, 0, "abc", {{"Upload-Length", "4"}}).status, 409);
    EXPECT_EQ(bench.append(path, 0, "ab", {{"Upload-Length", "3"}}).status, 204)
        << "the same again";
    EXPECT_EQ(bench.append(path, 2, "c").status, 204);
    EXPECT_EQ(bench.append(path, 3, "").status, 409) << "it is a file";
}

TEST_F(Tus, WhatIsTooLongIsRefusedWithTheLimit) {
    EXPECT_EQ(bench.create({{"Upload-Length", "52428801"}}).status, 413);
    EXPECT_EQ(bench.create({{"Upload-Length", "52428800"}}).status, 201);
    const std::string path = bench.begin(3);
    const Response announced = bench.append(path, 0, "", {{"Content-Length", "4"}});
    EXPECT_EQ(announced.status, 413);
    EXPECT_EQ(bench.append(path, 0, "abcd").status, 413);
    EXPECT_EQ(bench.offset_of(path), "0");
    const std::string open = header(bench.create({{"Upload-Defer-Length", "1"}}), "Location");
    EXPECT_EQ(bench.append(open, 0, "", {{"Upload-Length", "52428801"}}).status, 413);
}

TEST_F(Tus, WhoCannotSendPatchOrDeleteMayPost) {
    const std::string path = bench.begin(3);
    testing::PiecesBody body("abc");
    const Response appended = bench.send(
        post,
        path,
        {UploadsBench::version,
         {"X-HTTP-Method-Override", "PATCH"},
         {"Upload-Offset", "0"},
         {"Content-Type", "application/offset+octet-stream"}},
        &body
    );
    EXPECT_EQ(appended.status, 204) << appended.body;
    const std::vector<http::Header> ending{
        UploadsBench::version, {"X-HTTP-Method-Override", "DELETE"}
    };
    EXPECT_EQ(bench.send(post, path, ending).status, 204);
    EXPECT_EQ(bench.send(post, path, {UploadsBench::version}).status, 400);
}

TEST_F(Tus, TheSameKeyBeginsOneUpload) {
    const std::vector<http::Header> headers{{"Upload-Length", "3"}, {"Idempotency-Key", "one"}};
    const Response first = bench.create(headers);
    const Response again = bench.create(headers);
    EXPECT_EQ(again.status, 201);
    EXPECT_EQ(header(again, "Location"), header(first, "Location"));
    EXPECT_EQ(bench.uploads_in("open"), 1);
    const Response other = bench.create({{"Upload-Length", "4"}, {"Idempotency-Key", "one"}});
    EXPECT_EQ(other.status, 422);
}

TEST_F(Tus, WhatIsNotThereOrAnothersIsNotFound) {
    const std::string path = bench.begin(3);
    bench.me = bench.somebody();
    for (const std::string& target : {path, std::string("/v1/uploads/upl_x")}) {
        EXPECT_EQ(bench.send(get, target).status, 404);
        EXPECT_EQ(bench.head(target).status, 404);
        EXPECT_EQ(bench.append(target, 0, "abc").status, 404);
        EXPECT_EQ(bench.end(target).status, 404);
    }
}

}  // namespace
}  // namespace acme::uploads
