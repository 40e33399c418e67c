// Repeated requests, one after another and at once.
#include "platform/idempotency/idempotency.hpp"

#include "testing/bench.hpp"
#include "testing/text_body.hpp"

#include <array>

namespace acme::idempotency {
namespace {

constexpr pg::Query make_effects{"test.make", "CREATE TABLE effects (n int)"};
constexpr pg::Query add_effect{"test.add", "INSERT INTO effects VALUES (1)"};
constexpr pg::Query count_effects{"test.count", "SELECT count(*) FROM effects"};

struct IdempotencyBench : testing::Bench {
    IdempotencyBench() { wait(db.run(context, make_effects)); }

    Task<Result<http::Response>> post(std::string key, std::string payload, Identity who) {
        testing::TextBody body("");
        const std::array headers{http::Header{"Idempotency-Key", key}};
        const http::Request request{
            .method = http::Method::post, .target = "/v1/x", .headers = headers, .body = body
        };
        const http::Call call{request, context, {}, who};
        auto transaction = co_await db.begin(context);
        auto claim = ACME_TRY(co_await idempotency.claim(transaction, call, payload, need));
        if (claim.replay) co_return std::move(*claim.replay);
        co_await transaction.run(context, add_effect);
        http::Response response{.status = 201, .body = payload, .headers = {{"Location", "/1"}}};
        co_await idempotency.keep(transaction, call, claim, response);
        while (pauses && answered == 0) co_await sleep_for(std::chrono::milliseconds(5));
        if (breaks) throw std::runtime_error("before the commit");
        co_await transaction.commit(context);
        co_return response;
    }

    Result<http::Response> post(std::string key, std::string payload = "{}") {
        return wait(post(std::move(key), std::move(payload), someone));
    }

    std::string code_of(const Result<http::Response>& result) {
        return result ? std::to_string(result->status) : std::string(result.error().code.text());
    }

    std::int64_t effects() {
        const auto rows = wait(db.run(context, count_effects));
        return rows[0].integer();
    }

    Identity someone{
        .user = UserId::make(clock.now(), random), .org = OrgId::make(clock.now(), random)
    };
    Idempotency idempotency{db, clock};
    Need need = Need::optional;
    bool pauses = false;  // until another one was answered
    int answered = 0;
    bool breaks = false;
};

std::string header_of(const http::Response& response, std::string_view name) {
    for (const auto& [key, value] : response.headers) {
        if (key == name) return value;
    }
    return "";
}

TEST(Idempotency, ARepeatedRequestHappensOnceAndGetsTheSameAnswer) {
    IdempotencyBench bench;
    const auto first = bench.post("k1", R"({"a":1})");
    const auto second = bench.post("k1", R"({"a":1})");
    ASSERT_TRUE(first && second);
    EXPECT_EQ(second->status, 201);
    EXPECT_EQ(second->body, first->body);
    EXPECT_EQ(header_of(*second, "Location"), "/1");
    EXPECT_EQ(header_of(*first, "Idempotency-Replayed"), "");
    EXPECT_EQ(header_of(*second, "Idempotency-Replayed"), "true");
    EXPECT_EQ(bench.effects(), 1);
}

TEST(Idempotency, WithoutAKeyEveryRequestHappensUnlessTheRouteNeedsOne) {
    IdempotencyBench bench;
    EXPECT_EQ(bench.code_of(bench.post("")), "201");
    EXPECT_EQ(bench.code_of(bench.post("")), "201");
    bench.need = Need::required;
    EXPECT_EQ(bench.code_of(bench.post("")), "http.key_required");
    EXPECT_EQ(bench.effects(), 2);
}

TEST(Idempotency, AKeyStandsForOneRequestOfOneUserInOneOrganization) {
    IdempotencyBench bench;
    EXPECT_EQ(bench.code_of(bench.post("k1", "a")), "201");
    EXPECT_EQ(bench.code_of(bench.post("k1", "b")), "idempotency.other_payload");
    EXPECT_EQ(bench.code_of(bench.post("two words")), "idempotency.key_malformed");
    EXPECT_EQ(bench.code_of(bench.post(std::string(256, 'k'))), "idempotency.key_malformed");
    Identity other = bench.someone;
    other.org = OrgId::make(bench.clock.now(), bench.random);
    EXPECT_EQ(bench.code_of(bench.wait(bench.post("k1", "b", other))), "201");
    EXPECT_EQ(bench.effects(), 2);
}

TEST(Idempotency, WhileOneIsBeingAnsweredTheOtherIsToldToWait) {
    IdempotencyBench bench;
    bench.pauses = true;
    std::vector<std::string> codes;
    for (int i = 0; i < 2; ++i) {
        asio::co_spawn(
            bench.loop,
            bench.post("k1", "{}", bench.someone),
            [&](const std::exception_ptr& fault, const Result<http::Response>& result) {
                ASSERT_FALSE(fault);
                codes.push_back(bench.code_of(result));
                ++bench.answered;
            }
        );
    }
    while (codes.size() < 2) bench.loop.run_one();
    std::ranges::sort(codes);
    EXPECT_EQ(codes, (std::vector<std::string>{"201", "idempotency.in_progress"}));
    EXPECT_EQ(bench.effects(), 1);
    EXPECT_EQ(bench.code_of(bench.post("k1")), "201");
    EXPECT_EQ(bench.effects(), 1);
}

TEST(Idempotency, WhatWasNotCommittedMayBeTriedAgain) {
    IdempotencyBench bench;
    bench.breaks = true;
    EXPECT_THROW(bench.post("k1"), std::runtime_error);
    bench.breaks = false;
    EXPECT_EQ(bench.code_of(bench.post("k1")), "201");
    EXPECT_EQ(bench.effects(), 1);
}

TEST(Idempotency, AfterADayTheKeyIsForgottenSweptOrNot) {
    IdempotencyBench bench;
    bench.post("k1", "a").value();
    bench.clock.advance(std::chrono::hours(23));
    EXPECT_FALSE(bench.wait(bench.idempotency.sweep(bench.context)));
    EXPECT_EQ(bench.code_of(bench.post("k1", "b")), "idempotency.other_payload");
    bench.clock.advance(std::chrono::hours(1));
    EXPECT_EQ(bench.code_of(bench.post("k1", "b")), "201");
    bench.clock.advance(std::chrono::hours(24));
    EXPECT_FALSE(bench.wait(bench.idempotency.sweep(bench.context)));
    EXPECT_EQ(bench.code_of(bench.post("k1", "c")), "201");
    EXPECT_EQ(bench.effects(), 3);
}

}  // namespace
}  // namespace acme::idempotency
