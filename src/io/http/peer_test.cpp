// Whose word on sampling counts (TRC-2), and what is no route's business.
#include "io/http/client_address.hpp"
#include "io/http/service.hpp"
#include "testing/bench.hpp"
#include "testing/text_body.hpp"

namespace acme::http {
namespace {

constexpr const char* sampled = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

Task<Result<Response>> say(std::string text) { co_return Response{.body = std::move(text)}; }

Task<Result<Response>> not_yet() {
    co_return refuse(ErrorKind::unavailable, "test.starting", "Starting.");
}

struct PeerBench : testing::DryBench {
    Response send(Method method, std::string_view target, std::vector<Header> headers = {}) {
        testing::TextBody body("");
        const Request request{
            .method = method, .target = target, .headers = headers, .body = body, .peer = peer
        };
        return wait(service.answer(request, trace));
    }

    bool is_kept(std::vector<Header> headers) {
        kept = 0;
        send(Method::get, "/nowhere", std::move(headers));
        return kept == 1;
    }

    void add(std::string_view pattern, Handler handler) {
        router.add({
            .method = Method::get,
            .pattern = pattern,
            .access = Access::anyone(),
            .body_bytes_max = no_body,
            .doc = {.summary = "Is a test."},
            .handler = std::move(handler),
            .is_operations = true,
        });
    }

    std::string_view peer = "10.0.0.7";
    int kept = 0;
    Router router{nullptr};
    Service service{
        router,
        telemetry,
        [this](trace::Trace& ended) { kept += ended.is_worth_keeping(); },
        {.keep_share = 0,
         .internal_peers = *Networks::parse("10.0.0.0/8"),
         .unknown = [](const Call& call) { return say(std::string(call.request.path())); }}
    };
};

TEST(Peer, OnlyAnInternalOneDecidesWhatIsSampled) {
    PeerBench bench;
    EXPECT_TRUE(bench.is_kept({{"traceparent", sampled}}));
    EXPECT_FALSE(bench.is_kept({}));

    bench.peer = "192.0.2.1";
    EXPECT_FALSE(bench.is_kept({{"traceparent", sampled}}));
    std::string id;
    bench.trace.id().append_to(id);
    EXPECT_EQ(id, "4bf92f3577b34da6a3ce929d0e0e4736");  // the trace is taken over all the same
}

TEST(Peer, ABalancerThatForwardsForSomebodyIsNotInternal) {
    PeerBench bench;
    EXPECT_FALSE(bench.is_kept({{"traceparent", sampled}, {"X-Forwarded-For", "10.0.0.9"}}));
}

TEST(Peer, WhatLooksLikeACredentialIsNoRequestId) {
    PeerBench bench;
    const auto id_after = [&](const char* given) {
        bench.send(Method::get, "/nowhere", {{"X-Request-Id", given}});
        return bench.trace.request_id;
    };
    EXPECT_EQ(id_after("order-4711"), "order-4711");
    for (const char* given : {"eyJhbGciOiJIUzI1NiJ9.e30.abcdefgh", "AKIAIOSFODNN7EXAMPLE"}) {
        const std::string made = id_after(given);
        EXPECT_NE(made, given);
        EXPECT_EQ(made.size(), 26);
        EXPECT_EQ(id_after(made.c_str()), made) << "one of ours is handed on";
    }
}

TEST(Peer, WhatNoRouteKnowsMayBeAnsweredAndOtherMethodsAreStillTold) {
    PeerBench bench;
    bench.add("/known", [](const Call&) { return say("known"); });
    EXPECT_EQ(bench.send(Method::get, "/known").body, "known");
    EXPECT_EQ(bench.send(Method::get, "/unknown").body, "/unknown");
    EXPECT_EQ(bench.send(Method::post, "/known").status, 405);
}

TEST(Peer, AProbeThatHearsNotYetIsNoError) {
    PeerBench bench;
    bench.add("/readyz", [](const Call&) { return not_yet(); });
    EXPECT_EQ(bench.send(Method::get, "/readyz").status, 503);
    EXPECT_EQ(bench.kept, 0);
    EXPECT_TRUE(bench.lines.empty());
}

}  // namespace
}  // namespace acme::http
