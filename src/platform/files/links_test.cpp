// Signed links, and another name for a file.
#include "testing/files_bench.hpp"

namespace acme::files {
namespace {

using namespace std::chrono_literals;
using http::Response;
using testing::code_of;
using testing::FilesBench;
using testing::header;
using enum http::Method;

constexpr std::string_view base = "https://acme.example.com";
const http::Header as_json{"Content-Type", "application/json"};
const http::Header as_patch{"Content-Type", "application/merge-patch+json"};

struct LinksBench : FilesBench {
    LinksBench() : FilesBench(testing::drivers[0]) {}

    Response ask(const std::string& id, std::string body = "{}") {
        testing::PiecesBody text(std::move(body));
        return send(post, "/v1/files/" + id + "/links", {as_json}, &text);
    }

    /// The address of a link, as a visitor's request names it.
    std::string link(const std::string& id, std::string body = "{}") {
        const Response made = ask(id, std::move(body));
        EXPECT_EQ(made.status, 201) << made.body;
        const auto json = boost::json::parse(made.body);
        return std::string(json.at("url").as_string()).substr(base.size());
    }

    /// What somebody who is not signed in gets there.
    Response visit(const std::string& target, std::vector<http::Header> headers = {}) {
        const auto mine = std::exchange(me, std::nullopt);
        Response response = send(get, target, std::move(headers));
        me = mine;
        return response;
    }

    Response rename(const std::string& id, std::string body, std::vector<http::Header> headers) {
        headers.push_back(as_patch);
        testing::PiecesBody text(std::move(body));
        return send(http::Method::patch, "/v1/files/" + id, std::move(headers), &text);
    }
};

TEST(Links, ALinkIsGoodForAnybodyUntilItEnds) {
    LinksBench bench;
    const std::string id = bench.upload_id("shared text", "/v1/files?name=a.html");
    const std::string target = bench.link(id, R"({"ttl_seconds": 60})");

    const Response whole = bench.visit(target);
    EXPECT_EQ(whole.status, 200);
    EXPECT_EQ(bench.bytes_of(whole), "shared text");
    EXPECT_EQ(header(whole, "X-Content-Type-Options"), "nosniff");
    EXPECT_EQ(header(whole, "Content-Security-Policy"), "sandbox; default-src 'none'");
    EXPECT_TRUE(header(whole, "Content-Disposition").starts_with("attachment; "));
    const Response part = bench.visit(target, {{"Range", "bytes=7-"}});
    EXPECT_EQ(part.status, 206);
    EXPECT_EQ(bench.bytes_of(part), "text");

    bench.clock.advance(61s);
    const Response ended = bench.visit(target);
    EXPECT_EQ(ended.status, 404);
    EXPECT_EQ(code_of(ended), "files.link_ended");
}

TEST(Links, WhatIsNotSignedForThisFileAndThisTimeIsNoLink) {
    LinksBench bench;
    const std::string id = bench.upload_id("one");
    const std::string other = bench.upload_id("two");
    const std::string target = bench.link(id);
    const auto at = target.find("until=");
    const std::string longer = target.substr(0, at) + "until=9" + target.substr(at + 6);
    std::string elsewhere = target;
    elsewhere.replace(elsewhere.find(id), id.size(), other);

    for (const std::string& forged :
         {longer,
          elsewhere,
          target + "A",
          target.substr(0, target.find("&signature")),
          "/v1/files/" + id + "/shared"}) {
        const Response refused = bench.visit(forged);
        EXPECT_EQ(refused.status, 404) << forged;
        EXPECT_EQ(code_of(refused), "files.link_unknown") << forged;
    }
}

TEST(Links, ALinkDiesWithItsFile) {
    LinksBench bench;
    const std::string id = bench.upload_id("text");
    const std::string target = bench.link(id);

    EXPECT_EQ(bench.send(del, "/v1/files/" + id).status, 204);

    EXPECT_EQ(code_of(bench.visit(target)), "files.not_found");
}

TEST(Links, TheLifeOfALinkHasBoundsAndEachIsToldToTheAudit) {
    LinksBench bench;
    const std::string id = bench.upload_id("text");

    for (const char* body :
         {R"({"ttl_seconds": 59})", R"({"ttl_seconds": 604801})", R"({"ttl": 60})"}) {
        EXPECT_EQ(bench.ask(id, body).status, 422) << body;
    }
    EXPECT_EQ(bench.audits("files.link"), 0);
    const Response made = bench.ask(id, R"({"ttl_seconds": 604800})");
    EXPECT_EQ(made.status, 201);
    EXPECT_EQ(header(made, "Cache-Control"), "no-store");
    EXPECT_EQ(bench.audits("files.link"), 1);

    bench.me = bench.somebody();
    EXPECT_EQ(bench.ask(id).status, 404);
}

TEST(Links, AnyKeyOfOursIsTakenAndTheFirstSigns) {
    std::vector<Secret> both;
    both.emplace_back("the new key");
    both.emplace_back("the old key");
    std::vector<Secret> one;
    one.emplace_back("the old key");
    const Signatures before(std::move(one));
    const Signatures after(std::move(both));

    EXPECT_TRUE(after.has_signed("text", before.sign("text")));
    EXPECT_FALSE(before.has_signed("text", after.sign("text")));
    EXPECT_FALSE(after.has_signed("texT", after.sign("text")));
    EXPECT_FALSE(after.has_signed("text", ""));
}

TEST(Files, AnotherNameIsGivenToTheVersionThatWasRead) {
    LinksBench bench;
    const std::string id = bench.upload_id("text", "/v1/files?name=old.txt");
    const std::string etag = header(bench.send(get, "/v1/files/" + id), "ETag");

    EXPECT_EQ(bench.rename(id, R"({"name": "new.txt"})", {}).status, 428);
    const Response renamed = bench.rename(id, R"({"name": "new.txt"})", {{"If-Match", etag}});
    EXPECT_EQ(renamed.status, 200) << renamed.body;
    EXPECT_EQ(bench.names(), std::vector<std::string>{"new.txt"});
    EXPECT_NE(header(renamed, "ETag"), etag);
    EXPECT_EQ(bench.audits("files.rename"), 1);

    const Response stale = bench.rename(id, R"({"name": "third.txt"})", {{"If-Match", etag}});
    EXPECT_EQ(stale.status, 412);
    const std::string newer = header(renamed, "ETag");
    const http::Header now{"If-Match", newer};
    const Response control = bench.rename(id, R"({"name": "a\nb"})", {now});
    EXPECT_EQ(control.status, 422);
    EXPECT_EQ(code_of(control), "files.name_invalid");
    EXPECT_EQ(bench.rename(id, "{}", {now}).status, 200);
    EXPECT_EQ(bench.audits("files.rename"), 1);
    bench.me = bench.somebody();
    EXPECT_EQ(bench.rename(id, R"({"name": "b"})", {now}).status, 404);
}

}  // namespace
}  // namespace acme::files
