// Schedules over HTTP: who may make them, what they may say, and what can be done to them.
#include "platform/schedules/schedules.hpp"

#include "platform/schedules/schedules_http.hpp"
#include "testing/organizations_bench.hpp"
#include "work/schedule/scheduler.hpp"

#include <boost/json/parse.hpp>

namespace acme::schedules {
namespace {

using std::chrono::minutes;
using testing::column_of;
using testing::header;
using testing::text_in;

constexpr pg::Query list_actions{"test.schedule_actions", R"sql(
    SELECT string_agg(action, ' ' ORDER BY created_at) FROM audit_entries WHERE action LIKE 'schedules.%'
)sql"};
constexpr pg::Query count_jobs{
    "test.schedule_jobs", "SELECT count(*) FROM jobs WHERE org_id <> ''"
};

constexpr std::string_view nightly = "/v1/schedules/nightly";
constexpr std::string_view body =
    R"({"cron":"0 3 * * Tue#1","zone":"Europe/Berlin","kind":"report.make","payload":{"to":"ada"}})";

struct SchedulesBench : testing::OrganizationsBench {
    SchedulesBench() {
        add_routes(
            node.router, {schedules, telemetry, idempotency, node.cursors, node.trusted_proxies}
        );
    }

    http::Response put(std::string_view text, std::string_view version = "") {
        std::vector<http::Header> headers;
        if (!version.empty()) headers.push_back({"If-Match", version});
        return ada.send(http::Method::put, nightly, text, headers);
    }

    std::int64_t jobs() { return wait(db.run(context, count_jobs))[0].integer(); }

    Schedules schedules{db, telemetry};
    UserId user = add_user("ada@example.com");
    testing::Browser ada = signed_in("ada@example.com");
    schedule::Schedule own;
    schedule::Scheduler leader{own, db, telemetry, {.name = "leader"}};
};

std::string errors_of(const http::Response& response) {
    std::string errors;
    for (const auto& error : boost::json::parse(response.body).at("errors").as_array()) {
        errors += (errors.empty() ? "" : " ") + std::string(error.at("pointer").as_string()) + "=" +
                  std::string(error.at("code").as_string());
    }
    return errors;
}

TEST(Schedules, AreMadeShownReplacedAndDeleted) {
    SchedulesBench bench;
    const auto made = bench.put(body);
    EXPECT_EQ(made.status, 201) << made.body;
    const auto shown = bench.ada.get(nightly);
    const auto json = boost::json::parse(shown.body);
    EXPECT_EQ(json.at("next_runs").as_array().size(), 10);
    EXPECT_EQ(json.at("next_runs").at(0).at("local").as_string(), "2026-12-01T03:00:00+01:00");
    EXPECT_EQ(json.at("next_runs").at(0).at("at").as_string(), "2026-12-01T02:00:00.000Z");
    EXPECT_EQ(json.at("payload").at("to").as_string(), "ada");
    EXPECT_EQ(column_of(bench.ada.get("/v1/schedules"), "name"), "nightly");

    EXPECT_EQ(bench.put(body).status, 428);
    EXPECT_EQ(bench.put(body, "\"9\"").status, 412);
    const auto replaced = bench.put(
        R"({"rrule":"FREQ=DAILY","starts_at":"2026-11-25T09:00:00Z","kind":"report.make"})",
        header(shown, "ETag")
    );
    EXPECT_EQ(replaced.status, 200) << replaced.body;
    EXPECT_EQ(text_in(replaced, "rrule"), "FREQ=DAILY");
    EXPECT_EQ(bench.ada.send(http::Method::del, nightly).status, 204);
    EXPECT_EQ(bench.ada.send(http::Method::del, nightly).status, 404);
    EXPECT_EQ(bench.ada.get(nightly).status, 404);
    EXPECT_EQ(bench.put(body, "\"1\"").status, 412);
    EXPECT_EQ(
        bench.wait(bench.db.run(bench.context, list_actions))[0].text(),
        "schedules.create schedules.change schedules.delete"
    );
}

TEST(Schedules, AllThatIsWrongIsToldAtOnceWithItsPosition) {
    SchedulesBench bench;
    const auto refused = bench.put(
        R"({"cron":"61 * * 13 *","zone":"Mars","kind":"Report","payload":[],"priority":10,"more":1})"
    );
    EXPECT_EQ(refused.status, 422);
    const std::string errors = errors_of(refused);
    for (const std::string_view error :
         {"/cron=schedules.cron",
          "/zone=schedules.zone",
          "/kind=schedules.kind",
          "/payload=schedules.payload",
          "/priority=",
          "/more=http.field_unknown"}) {
        EXPECT_NE(errors.find(error), errors.npos) << error << " in " << errors;
    }
    EXPECT_NE(refused.body.find("at character 8: expected a month"), refused.body.npos);
    EXPECT_EQ(errors_of(bench.put("{}")), "/kind=http.field_missing /cron=schedules.timing");
    EXPECT_EQ(errors_of(bench.put(R"({"cron":"0 0 30 2 *","kind":"a"})")), "/cron=schedules.never");
    EXPECT_EQ(bench.ada.send(http::Method::put, "/v1/schedules/Bad%20name", body).status, 422);
    EXPECT_EQ(column_of(bench.ada.get("/v1/schedules"), "name"), "");
}

TEST(Schedules, APreviewShowsTheNextRunsOrWhatIsWrong) {
    SchedulesBench bench;
    const auto preview = [&](std::string_view text) {
        return bench.ada.post("/v1/schedules:preview", text);
    };
    const auto shown = preview(R"({"cron":"CRON_TZ=America/New_York 30 2 8 3 *","count":2})");
    EXPECT_EQ(shown.status, 200) << shown.body;
    const auto json = boost::json::parse(shown.body);
    EXPECT_EQ(json.at("zone").as_string(), "America/New_York");
    EXPECT_EQ(json.at("runs").as_array().size(), 2);
    EXPECT_EQ(json.at("runs").at(0).at("local").as_string(), "2027-03-08T02:30:00-05:00");
    EXPECT_EQ(json.at("runs").at(0).at("abbreviation").as_string(), "EST");
    EXPECT_EQ(errors_of(preview(R"({"cron":"* *"})")), "/cron=schedules.cron");
    EXPECT_EQ(errors_of(preview(R"({"cron":"0 0 31 6 *"})")), "/cron=schedules.never");
    EXPECT_EQ(errors_of(preview("{}")), "/cron=schedules.timing");
    EXPECT_EQ(
        errors_of(preview(R"({"rrule":"FREQ=HOURLY"})")),
        "/starts_at=schedules.times /rrule=schedules.rrule"
    );
}

TEST(Schedules, RunNowIsOneRunForOneKey) {
    SchedulesBench bench;
    bench.put(body);
    const auto run = [&](std::string_view key) {
        return bench.ada.send(
            http::Method::post, "/v1/schedules/nightly:trigger", "", {{"Idempotency-Key", key}}
        );
    };
    const auto first = run("one");
    EXPECT_EQ(first.status, 201) << first.body;
    EXPECT_EQ(text_in(first, "cause"), "trigger");
    EXPECT_TRUE(text_in(first, "job").starts_with("job_"));
    EXPECT_EQ(run("one").body, first.body);
    EXPECT_EQ(bench.jobs(), 1);
    EXPECT_EQ(run("two").status, 201);
    EXPECT_EQ(bench.jobs(), 2);
    EXPECT_EQ(column_of(bench.ada.get("/v1/schedules/nightly/runs"), "state"), "open open");
}

TEST(Schedules, PausedTheyAreNotFiredAndResumedTheyGoOn) {
    SchedulesBench bench;
    bench.put(R"({"cron":"*/5 * * * *","kind":"report.make"})");
    const std::string path = std::string(nightly);
    const auto paused = bench.ada.post(path + ":pause", R"({"reason":"the archive moves"})");
    EXPECT_EQ(paused.status, 200) << paused.body;
    EXPECT_EQ(text_in(paused, "pause_reason"), "the archive moves");
    EXPECT_EQ(text_in(paused, "paused_by"), bench.user.str());
    bench.clock.advance(minutes(6));
    EXPECT_EQ(bench.wait(bench.leader.tick()), 0);
    EXPECT_EQ(bench.ada.post(path + ":resume").status, 200);
    EXPECT_EQ(bench.wait(bench.leader.tick()), 0);
    bench.clock.advance(minutes(5));
    EXPECT_EQ(bench.wait(bench.leader.tick()), 1);
    EXPECT_EQ(column_of(bench.ada.get(path + "/runs"), "cause"), "due");
}

TEST(Schedules, ABackfillRunsWhatWasNotRunAndFirstTellsWhich) {
    SchedulesBench bench;
    bench.put(R"({"cron":"0 * * * *","kind":"report.make","overlap":"queue_one"})");
    const auto backfill = [&](const std::string& more) {
        return bench.ada.post(
            "/v1/schedules/nightly:backfill",
            R"({"from":"2026-11-23T04:00:00Z","to":"2026-11-23T08:30:00Z")" + more + "}"
        );
    };
    const auto dry = boost::json::parse(backfill(R"(,"dry_run":true)").body);
    EXPECT_EQ(dry.at("moments").as_array().size(), 5);
    EXPECT_EQ(bench.jobs(), 0);
    const auto real = boost::json::parse(backfill("").body);
    EXPECT_EQ(real.at("fired").as_int64(), 1);
    EXPECT_EQ(real.at("waiting").as_int64(), 4);  // each for the one before
    EXPECT_EQ(bench.jobs(), 1);
    EXPECT_EQ(boost::json::parse(backfill("").body).at("moments").as_array().size(), 0);

    const auto refused = [&](std::string_view text) {
        return text_in(bench.ada.post("/v1/schedules/nightly:backfill", text), "code");
    };
    EXPECT_EQ(
        refused(R"({"from":"2026-11-23T04:00:00Z","to":"2026-12-23T04:00:00Z"})"), "schedules.range"
    );
    EXPECT_EQ(
        refused(R"({"from":"2020-01-01T00:00:00Z","to":"2026-11-01T00:00:00Z"})"),
        "schedules.too_long"
    );
    EXPECT_EQ(
        errors_of(bench.ada.post("/v1/schedules/nightly:backfill", R"({"from":"x"})")),
        "/from=schedules.times /to=schedules.times"
    );
}

TEST(Schedules, MembersSeeThemAndOthersDoNot) {
    SchedulesBench bench;
    bench.put(body);
    bench.add_user("eve@example.com");
    testing::Browser eve = bench.signed_in("eve@example.com");
    EXPECT_EQ(eve.get(nightly).status, 404);
    EXPECT_EQ(eve.post("/v1/schedules/nightly:trigger").status, 404);
    EXPECT_EQ(eve.get("/v1/platform/schedules").status, 403);
    EXPECT_EQ(eve.send(http::Method::put, nightly, body).status, 201);  // one of her own
    EXPECT_EQ(column_of(eve.get("/v1/schedules"), "name"), "nightly");
    EXPECT_EQ(eve.send(http::Method::del, nightly).status, 204);
    EXPECT_EQ(bench.ada.get(nightly).status, 200);
}

TEST(Schedules, OperatorsPauseAndRunThePlatformsOwn) {
    SchedulesBench bench;
    bench.own.every("test.sweep", minutes(5), "test.work");
    bench.wait(bench.leader.tick());
    bench.add_user("op@example.com", PlatformRole::operator_);
    testing::Browser operator_ = bench.signed_in("op@example.com");
    const std::string path = "/v1/platform/schedules/test.sweep";
    EXPECT_EQ(column_of(operator_.get("/v1/platform/schedules"), "name"), "test.sweep");
    EXPECT_EQ(text_in(operator_.get(path), "cron"), "@every 300s");
    EXPECT_EQ(operator_.post(path + ":pause", "{}").status, 200);
    bench.clock.advance(minutes(5));
    EXPECT_EQ(bench.wait(bench.leader.tick()), 0);
    EXPECT_EQ(operator_.post(path + ":trigger").status, 201);
    EXPECT_EQ(operator_.post(path + ":resume").status, 200);
    bench.clock.advance(minutes(5));
    EXPECT_EQ(bench.wait(bench.leader.tick()), 1);
    EXPECT_EQ(column_of(operator_.get(path + "/runs"), "cause"), "due trigger");
    EXPECT_EQ(operator_.get("/v1/schedules/test.sweep").status, 404);
}

}  // namespace
}  // namespace acme::schedules
