// The document that the table of routes gives.
#include "io/http/openapi.hpp"

#include "testing/bench.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace acme::http {
namespace {

Task<Result<Response>> nothing() { co_return Response{}; }

void add(Router& router, Method method, std::string_view pattern, Access access, Doc doc) {
    const bool takes_body = method == Method::post || method == Method::patch;
    router.add({
        .method = method,
        .pattern = pattern,
        .access = access,
        .body_bytes_max = takes_body ? json_bytes_max : no_body,
        .doc = std::move(doc),
        .handler = [](const Call&) { return nothing(); },
    });
}

void fill(Router& router) {
    using enum Method;
    router.add_schema({"Note", R"({"type":"object","properties":{"title":{"type":"string"}}})"});
    add(router, get, "/healthz", Access::anyone(), {.summary = "Is outside of the API."});
    add(router,
        get,
        "/v1/notes",
        Access::signed_in(),
        {.summary = "Lists the notes.", .response = "Note", .query = {"limit", "cursor"}});
    add(router,
        post,
        "/v1/notes",
        Access::org(OrgRole::member),
        {.summary = "Makes a note.",
         .request = "Note",
         .response = "Note",
         .status = 201,
         .errors = {"notes.full"},
         .takes_key = true});
    add(router,
        patch,
        "/v1/notes/{id}",
        Access::platform(PlatformRole::admin),
        {.summary = "Changes a note.",
         .request = "Note",
         .response = "Note",
         .request_type = "application/merge-patch+json",
         .needs_if_match = true});
    add_openapi(router, "r1");
}

TEST(OpenApi, EveryRouteUnderV1IsInItWithAllThatItTakesAndAnswers) {
    Router router(nullptr);
    fill(router);

    const auto document = boost::json::parse(openapi(router, "r1"));

    EXPECT_EQ(document.at_pointer("/openapi").as_string(), "3.1.0");
    const auto& paths = document.at_pointer("/paths").as_object();
    ASSERT_EQ(paths.size(), 2);
    const auto& list = paths.at("/v1/notes").at("get");
    EXPECT_EQ(list.at("operationId").as_string(), "get_v1_notes");
    EXPECT_EQ(list.at("x-access").as_string(), "signed_in");
    EXPECT_EQ(list.at_pointer("/parameters/0/schema/type").as_string(), "integer");
    EXPECT_EQ(
        list.at_pointer("/responses/200/content/application~1json/schema/$ref").as_string(),
        "#/components/schemas/Note"
    );
    const auto& make = paths.at("/v1/notes").at("post");
    EXPECT_EQ(make.at_pointer("/parameters/0/name").as_string(), "Idempotency-Key");
    EXPECT_EQ(make.at_pointer("/responses/default/x-codes/0").as_string(), "notes.full");
    EXPECT_TRUE(make.at("responses").as_object().contains("409"));
    EXPECT_EQ(make.at("x-access").as_string(), "org:member");
    const auto& change = paths.at("/v1/notes/{id}").at("patch");
    EXPECT_EQ(change.at_pointer("/parameters/0/in").as_string(), "path");
    EXPECT_EQ(change.at_pointer("/parameters/1/name").as_string(), "If-Match");
    EXPECT_TRUE(change.at("responses").as_object().contains("428"));
}

TEST(OpenApi, ARouteThatCountsAsManyRequestsSaysSo) {
    Router router(nullptr);
    router.add({
        .method = Method::get,
        .pattern = "/v1/found",
        .access = Access::signed_in(),
        .body_bytes_max = no_body,
        .doc = {.summary = "Searches."},
        .handler = [](const Call&) { return nothing(); },
        .weight = heavy_weight,
    });
    add(router, Method::get, "/v1/notes", Access::signed_in(), {.summary = "Lists the notes."});

    const auto document = boost::json::parse(openapi(router, "r1"));

    const auto& paths = document.at("paths");
    const auto& found = paths.at("/v1/found").at("get").as_object();
    EXPECT_EQ(found.at("x-quota-weight").as_int64(), 5);
    EXPECT_EQ(found.at("description").as_string(), "Counts as 5 requests against the quota.");
    EXPECT_FALSE(paths.at("/v1/notes").at("get").as_object().contains("x-quota-weight"));
}

TEST(OpenApi, WhereAKeyIsGoodItsScopeIsNamed) {
    Router router(nullptr);
    fill(router);
    const auto scope_of = [](const TableRoute& route) -> std::optional<std::string> {
        if (route.method != Method::get) return std::nullopt;
        return "notes:read";
    };

    const auto document = boost::json::parse(openapi(router, "r1", scope_of));

    const auto& notes = document.at_pointer("/paths/~1v1~1notes");
    EXPECT_EQ(
        boost::json::serialize(notes.at("get").at("security")),
        R"([{"session":[]},{"key":["notes:read"]}])"
    );
    EXPECT_EQ(boost::json::serialize(notes.at("post").at("security")), R"([{"session":[]}])");
}

TEST(OpenApi, ARouteThatNamesASchemaThatNobodyAddedIsABug) {
    Router router(nullptr);
    add(router, Method::get, "/v1/x", Access::anyone(), {.summary = "Is.", .response = "Missing"});
    EXPECT_THROW(openapi(router, ""), std::logic_error);

    Router broken(nullptr);
    broken.add_schema({"Broken", "{"});
    EXPECT_THROW(openapi(broken, ""), std::logic_error);
}

}  // namespace
}  // namespace acme::http
