// JSON in, its fields, conditions and pages; no socket.
#include "io/http/json.hpp"

#include "io/http/condition.hpp"
#include "io/http/fields.hpp"
#include "io/http/page.hpp"
#include "testing/bench.hpp"
#include "testing/text_body.hpp"

#include <boost/json/parse.hpp>

#include <array>

namespace acme::http {
namespace {

std::string code_of(std::string_view text) {
    const auto parsed = parse_object(text);
    return parsed ? "fine" : std::string(parsed.error().code.text());
}

std::string nested(std::size_t depth) {
    return std::string(R"({"a":)") + std::string(depth - 1, '[') + std::string(depth - 1, ']') +
           "}";
}

TEST(Json, OnlyAnObjectOfSoundJsonIsTaken) {
    EXPECT_EQ(code_of(R"({"a":{"b":[1,{"a":2}]},"b":1})"), "fine");
    EXPECT_EQ(code_of("[]"), "http.not_object");
    for (const auto* text : {"", "{", "{} {}", R"({"a":1,})", R"({"a":NaN})", "{\"a\":\"\xff\"}"}) {
        EXPECT_EQ(code_of(text), "http.not_json") << text;
    }
}

TEST(Json, AKeyThatComesTwiceIsRefusedAtAnyDepth) {
    EXPECT_EQ(code_of(R"({"a":1,"a":2})"), "http.not_json");
    EXPECT_EQ(code_of(R"({"x":[{"a":1,"\u0061":2}]})"), "http.not_json");
}

TEST(Json, WhatIsDeeperThan32LevelsIsRefused) {
    EXPECT_EQ(code_of(nested(32)), "fine");
    EXPECT_EQ(code_of(nested(33)), "http.not_json");
}

TEST(Json, TheBodyHasToSayThatItIsJson) {
    testing::DryBench bench;
    const auto code = [&](Method method, std::string_view type) {
        testing::TextBody body("{}");
        const std::array headers{Header{"content-type", type}};
        const Request request{.method = method, .target = "/", .headers = headers, .body = body};
        const auto read = bench.wait(json_object(request));
        return read ? "fine" : std::string(read.error().code.text());
    };
    EXPECT_EQ(code(Method::post, "application/json"), "fine");
    EXPECT_EQ(code(Method::post, "Application/JSON; charset=utf-8"), "fine");
    EXPECT_EQ(code(Method::patch, "application/merge-patch+json"), "fine");
    EXPECT_EQ(code(Method::post, "application/merge-patch+json"), "http.media_type");
    EXPECT_EQ(code(Method::post, "text/plain"), "http.media_type");
    EXPECT_EQ(code(Method::post, ""), "http.media_type");
}

TEST(Fields, WhatIsRightIsTaken) {
    Fields fields(*parse_object(
        R"({"name":"Zo\u00eb","age":7,"is_on":true,"role":"admin","note":null,"extra":[1]})"
    ));
    EXPECT_EQ(fields.text("name", {3, 3}), "Zoë");
    EXPECT_EQ(fields.integer("age", {0, 150}), 7);
    EXPECT_TRUE(fields.boolean("is_on"));
    EXPECT_EQ(fields.choice("role", {"member", "admin"}), "admin");
    EXPECT_EQ(fields.optional_text("note", {1, 10}), std::nullopt);
    EXPECT_EQ(fields.optional_integer("absent", {1, 2}), std::nullopt);
    EXPECT_NE(fields.any("extra"), nullptr);
    EXPECT_TRUE(fields.finish());
}

TEST(Fields, EverythingThatIsWrongIsToldAtOnceWithItsPlace) {
    Fields fields(
        *parse_object(
            R"({"name":"","age":1.5,"year":3000,"is_on":1,"role":"king","nul":"\u0000","a/b":1})"
        ),
        "/items/0"
    );
    fields.text("name", {1, 5});
    fields.integer("age", {0, 150});
    fields.integer("year", {0, 2999});
    fields.boolean("is_on");
    fields.choice("role", {"member"});
    fields.text("nul", {1, 5});
    fields.text("email", {1, 5});
    fields.complain("name", "test.taken", "This is not taken.");
    const auto finished = fields.finish();

    ASSERT_FALSE(finished);
    EXPECT_EQ(finished.error().code.text(), "http.fields_invalid");
    std::vector<std::string> told;
    for (const FieldError& field : finished.error().fields) {
        told.push_back(field.pointer + " " + field.code);
    }
    const std::vector<std::string> expected{
        "/items/0/name http.field_length",
        "/items/0/age http.field_type",
        "/items/0/year http.field_range",
        "/items/0/is_on http.field_type",
        "/items/0/role http.field_choice",
        "/items/0/nul http.field_text",
        "/items/0/email http.field_missing",
        "/items/0/name test.taken",
        "/items/0/a~1b http.field_unknown",
    };
    EXPECT_EQ(told, expected);
}

/// A request with one header.
struct Asks {
    explicit Asks(std::string_view target, Header header = {"", ""})
        : headers{header}, request{.target = target, .headers = headers, .body = body} {}

    testing::TextBody body{""};
    std::array<Header, 1> headers;
    Request request;
};

TEST(Condition, AnUpdateNamesTheVersionThatItChanges) {
    const auto code = [](std::string_view value) {
        const auto checked = check_if_match(Asks("/", {"If-Match", value}).request, etag_of(7));
        return checked ? "fine" : std::string(checked.error().code.text());
    };
    EXPECT_EQ(code("\"7\""), "fine");
    EXPECT_EQ(code("\"6\", \"7\""), "fine");
    EXPECT_EQ(code("*"), "fine");
    EXPECT_EQ(code("\"6\""), "http.precondition_failed");
    EXPECT_EQ(code("W/\"7\""), "http.precondition_failed");
    EXPECT_EQ(code(""), "http.precondition_required");
    EXPECT_TRUE(is_not_modified(Asks("/", {"If-None-Match", "W/\"7\""}).request, etag_of(7)));
    EXPECT_FALSE(is_not_modified(Asks("/").request, etag_of(7)));
}

std::vector<Secret> keys_of(std::initializer_list<const char*> texts) {
    std::vector<Secret> keys;
    for (const auto* text : texts) keys.emplace_back(std::string(text));
    return keys;
}

TEST(Page, ACursorIsGoodOnlyInTheListThatGaveItOutAndAsLongAsItsKeyIsKnown) {
    const Cursors old(keys_of({"old"}));
    const std::string cursor = old.sign("files org_1", "2026-11-23 fil_1");
    EXPECT_EQ(old.read("files org_1", cursor), "2026-11-23 fil_1");
    EXPECT_FALSE(old.read("files org_2", cursor));
    EXPECT_EQ(Cursors(keys_of({"new", "old"})).read("files org_1", cursor), "2026-11-23 fil_1");
    EXPECT_FALSE(Cursors(keys_of({"new"})).read("files org_1", cursor));
    for (const std::string_view forged : {"", "x", "AAAA", "%%%"}) {
        EXPECT_FALSE(old.read("files org_1", forged));
    }
    EXPECT_FALSE(old.read("files org_1", cursor + "AAAA"));
}

TEST(Page, APageHasALimitAndSaysWhereTheNextOneIs) {
    const Cursors cursors(keys_of({"key"}));
    const std::string cursor = cursors.sign("s", "place");
    const std::string target = "/v1/files?limit=2&q=a%20b&cursor=" + cursor;
    const Asks asks(target);
    const auto asked = page_asked(asks.request, cursors, "s");
    ASSERT_TRUE(asked);
    EXPECT_EQ(asked->limit, 2);
    EXPECT_EQ(asked->after, "place");
    EXPECT_EQ(page_asked(Asks("/").request, cursors, "s")->limit, 50);
    for (const auto* bad : {"/?limit=0", "/?limit=201", "/?limit=x", "/?limit=", "/?cursor=x"}) {
        EXPECT_FALSE(page_asked(Asks(bad).request, cursors, "s")) << bad;
    }

    const Response more = page(asks.request, {1, 2}, "NEXT");
    EXPECT_EQ(more.body, R"({"data":[1,2],"next_cursor":"NEXT"})");
    ASSERT_EQ(more.headers.size(), 1);
    EXPECT_EQ(more.headers[0].second, R"(</v1/files?limit=2&q=a%20b&cursor=NEXT>; rel="next")");
    EXPECT_EQ(page(asks.request, {}, "").body, R"({"data":[],"next_cursor":null})");
}

}  // namespace
}  // namespace acme::http
