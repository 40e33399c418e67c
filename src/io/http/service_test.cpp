// Routing, error mapping and what a request leaves in the log, the metrics and the trace; no
// socket.
#include "io/http/service.hpp"

#include "io/http/json.hpp"
#include "testing/bench.hpp"
#include "testing/text_body.hpp"

#include <array>

namespace acme::http {
namespace {

Task<Result<Response>> answer(std::string body) { co_return Response{.body = std::move(body)}; }

Task<Result<Response>> parse(const Call& call) {
    co_return json(200, ACME_TRY(co_await json_object(call.request)));
}

Task<Result<Response>> refuse_for(ErrorKind kind) { co_return refuse(kind, "test.no", "No."); }

Task<Result<Response>> break_down() {
    throw std::runtime_error("the secret reason");
    co_return Response{};
}

Task<Result<std::optional<Identity>>> know(const Identity& who, int& asked) {
    ++asked;
    co_return who;
}

struct ServiceBench : testing::DryBench {
    ServiceBench() {
        using enum Method;
        constexpr auto anyone = Access::anyone();
        add(get, "/hello/{name}", anyone, no_body, [](const Call& call) {
            return answer(call.params[0]);
        });
        add(get, "/full", anyone, no_body, [](const Call&) {
            return refuse_for(ErrorKind::conflict);
        });
        add(get, "/broken", anyone, no_body, [](const Call&) { return break_down(); });
        add(get, "/mine", Access::signed_in(), no_body, [](const Call&) { return answer("yours"); }
        );
        add(post, "/parse", anyone, 16, [](const Call& call) { return parse(call); });
    }

    void add(
        Method method,
        std::string_view pattern,
        Access access,
        std::size_t body_bytes_max,
        Handler handler
    ) {
        router.add({
            .method = method,
            .pattern = pattern,
            .access = access,
            .body_bytes_max = body_bytes_max,
            .doc = {.summary = "Is a test."},
            .handler = std::move(handler),
        });
    }

    Response get(std::string_view target) { return send(Method::get, target, ""); }

    Response send(Method method, std::string_view target, std::string_view text) {
        testing::TextBody body(text);
        const std::array headers{Header{"Content-Type", "application/json"}};
        const Request request{.method = method, .target = target, .headers = headers, .body = body};
        return wait(service.answer(request, trace));
    }

    Router router{nullptr};
    int kept = 0;
    Service service{
        router,
        telemetry,
        [this](trace::Trace& trace) { kept += trace.is_worth_keeping(); },
        {.keep_share = 0}
    };
};

TEST(Service, ARouteTakesWhatItsPatternMatches) {
    ServiceBench bench;
    EXPECT_EQ(bench.get("/hello/world").body, "world");
    EXPECT_EQ(bench.get("/hello/world?x=1").body, "world");
    EXPECT_EQ(bench.get("/hello").status, 404);
    EXPECT_EQ(bench.get("/hello/a/b").status, 404);
    EXPECT_EQ(bench.get(std::string(40, '/')).status, 404);
    EXPECT_EQ(bench.get("/mine").status, 401);
}

std::string header_of(const Response& response, std::string_view name) {
    for (const auto& [key, value] : response.headers) {
        if (key == name) return value;
    }
    return "";
}

TEST(Service, APathThatTakesOtherMethodsSaysWhich) {
    ServiceBench bench;
    const Response refused = bench.send(Method::del, "/full", "");
    EXPECT_EQ(refused.status, 405);
    EXPECT_EQ(header_of(refused, "Allow"), "GET, HEAD, OPTIONS");
    EXPECT_NE(refused.body.find(R"("code":"http.method_not_allowed")"), std::string::npos);
    const Response asked = bench.send(Method::options, "/parse", "");
    EXPECT_EQ(asked.status, 204);
    EXPECT_EQ(header_of(asked, "Allow"), "POST, OPTIONS");
    EXPECT_EQ(bench.send(Method::options, "/nowhere", "").status, 404);
    EXPECT_EQ(bench.send(Method::head, "/hello/x", "").status, 200);
}

TEST(Service, APlaceholderTakesOneDecodedSegmentAndARestIsTakenLast) {
    ServiceBench bench;
    EXPECT_EQ(bench.get("/hello/a%20b%2Fc").body, "a b/c");
    EXPECT_EQ(bench.get("/hello/a%2").status, 404);
    EXPECT_EQ(bench.get("/hello/").status, 404);
    bench.add(Method::get, "/{rest...}", Access::anyone(), no_body, [](const Call& call) {
        return answer("rest:" + call.params[0]);
    });
    EXPECT_EQ(bench.get("/hello/x").body, "x");
    EXPECT_EQ(bench.get("/hello/x/y").body, "rest:hello/x/y");
}

TEST(Service, WhoCallsIsAskedOnlyWhereItMattersAndThenStandsInTheTrace) {
    ServiceBench bench;
    int asked = 0;
    const Identity mia{
        .user = UserId::make(bench.clock.now(), bench.random),
        .org = OrgId::make(bench.clock.now(), bench.random),
    };
    bench.router = Router([&](const Request&, trace::Context) { return know(mia, asked); });
    bench.add(Method::get, "/mine", Access::signed_in(), no_body, [](const Call& call) {
        return answer(call.who().user.str());
    });
    bench.add(Method::get, "/open", Access::anyone(), no_body, [](const Call&) {
        return answer("");
    });
    bench.get("/open");
    EXPECT_EQ(asked, 0);
    EXPECT_EQ(bench.get("/mine").body, mia.user.str());
    EXPECT_EQ(asked, 1);
    EXPECT_EQ(bench.trace.user_id, mia.user.str());
}

TEST(Service, AddingARouteTwiceIsABug) {
    ServiceBench bench;
    const auto add = [&](Method method) {
        bench.add(method, "/full", Access::anyone(), no_body, [](const Call&) {
            return answer("");
        });
    };
    EXPECT_NO_THROW(add(Method::post));
    EXPECT_THROW(add(Method::get), std::logic_error);
}

TEST(Service, ABodyBeyondTheLimitOfItsRouteNeverReachesTheHandler) {
    ServiceBench bench;
    EXPECT_EQ(bench.send(Method::post, "/parse", R"({"a":1})").body, R"({"a":1})");
    EXPECT_EQ(bench.send(Method::post, "/parse", "[]").status, 422);
    EXPECT_EQ(bench.send(Method::post, "/parse", R"({"a":"12345678"})").status, 200);
    EXPECT_EQ(bench.send(Method::post, "/parse", R"({"a":"123456789"})").status, 413);
    EXPECT_EQ(bench.send(Method::get, "/full", "x").status, 413);
}

TEST(Service, AnErrorIsAProblemAndItsTraceIsNotKept) {
    ServiceBench bench;
    const Response response = bench.get("/full");
    EXPECT_EQ(response.status, 409);
    constexpr std::string_view begins =
        R"({"type":"about:blank","title":"Conflict","status":409,"detail":"No.",)"
        R"("instance":"/full","code":"test.no","request_id":")";
    EXPECT_EQ(response.body.substr(0, begins.size()), begins);
    EXPECT_EQ(response.content_type, "application/problem+json");
    EXPECT_EQ(bench.kept, 0);
}

TEST(Service, AnExceptionIsA500ThatTellsNothingAndItsTraceIsKept) {
    ServiceBench bench;
    const Response response = bench.get("/broken");
    EXPECT_EQ(response.status, 500);
    EXPECT_EQ(response.body.find("secret"), std::string::npos);
    EXPECT_EQ(bench.kept, 1);
    EXPECT_NE(bench.lines[0].find(R"("reason":"the secret reason")"), std::string::npos);
}

TEST(Service, ARequestIsOneLineAndOneSeriesUnderTheNameOfItsRoute) {
    ServiceBench bench;
    bench.get("/hello/a");
    bench.get("/hello/b");
    bench.get("/etc/passwd");

    ASSERT_EQ(bench.lines.size(), 3);
    EXPECT_NE(
        bench.lines[0].find(R"("route":"/hello/{name}","status":200,"duration_ms":)"),
        std::string::npos
    );
    EXPECT_TRUE(bench.lines[0].ends_with("\"method\":\"GET\"}\n"));
    const std::string text = bench.metrics.text();
    constexpr auto hello =
        R"(http_requests_total{method="GET",path="/hello/{name}",status="200"} 2)";
    EXPECT_NE(text.find(hello), std::string::npos);
    EXPECT_NE(
        text.find(R"(http_requests_total{method="GET",path="unmatched",status="404"} 1)"),
        std::string::npos
    );
}

}  // namespace
}  // namespace acme::http
