// The room through the router, as far as the driver of object storage makes no difference.
#include "io/http/openapi.hpp"
#include "testing/files_bench.hpp"

#include <ranges>
#include <set>

namespace acme::files {
namespace {

using namespace std::chrono_literals;
using http::Response;
using testing::code_of;
using testing::FilesBench;
using testing::header;
using testing::random_bytes;
using enum http::Method;

TEST(Files, AnotherTenantSeesNothingAndCanDoNothing) {
    FilesBench bench(testing::drivers[0]);
    const std::string id = bench.upload_id("mine");
    const auto owner = bench.me;

    bench.me = bench.somebody();
    EXPECT_TRUE(bench.names().empty());
    EXPECT_EQ(bench.send(get, "/v1/files/" + id).status, 404);
    EXPECT_EQ(bench.send(get, "/v1/files/" + id + "/content").status, 404);
    EXPECT_EQ(bench.send(del, "/v1/files/" + id).status, 404);

    bench.me = std::nullopt;
    EXPECT_EQ(bench.send(get, "/v1/files").status, 401);
    EXPECT_EQ(bench.upload("x").status, 401);

    bench.me = owner;
    EXPECT_EQ(bench.content(id), "mine");
}

TEST(Files, ANameThatIsNoTextOrMissingIsRefusedBeforeAnythingIsStored) {
    FilesBench bench(testing::drivers[0]);
    for (const char* target :
         {"/v1/files?name=%FF", "/v1/files?name=a%0Ab", "/v1/files", "/v1/files?name="}) {
        const Response refused = bench.upload("x", target);
        EXPECT_EQ(refused.status, 422) << target;
        EXPECT_EQ(code_of(refused), "files.name_invalid");
        EXPECT_NE(refused.body.find(R"("pointer":"/name")"), refused.body.npos);
    }
    EXPECT_EQ(bench.rows(), 0);
    const http::Header disposition{
        "Content-Disposition", "attachment; filename*=UTF-8''%C3%A9.txt"
    };
    EXPECT_EQ(bench.upload("x", "/v1/files", {disposition}).status, 201);
    EXPECT_EQ(bench.names(), std::vector<std::string>{"\xc3\xa9.txt"});
}

TEST(Files, TheLimitIsAnnouncedInEveryAnswerAndInTheDocument) {
    FilesBench bench(testing::drivers[0], {.bytes_max = 3'145'728});

    const Response created = bench.upload("x");
    const std::string id(boost::json::parse(created.body).at("id").as_string());

    const std::string limit = "max-size=3145728";
    EXPECT_EQ(header(created, "Upload-Limit"), limit);
    EXPECT_EQ(header(bench.send(get, "/v1/files"), "Upload-Limit"), limit);
    EXPECT_EQ(header(bench.send(get, "/v1/files/" + id), "Upload-Limit"), limit);
    const auto document = boost::json::parse(http::openapi(bench.router, "r1"));
    const auto& route = document.at_pointer("/paths/~1v1~1files/post");
    const auto& body = route.at("requestBody");
    EXPECT_EQ(body.at("x-max-bytes").to_number<int>(), 3'145'728);
    EXPECT_EQ(
        body.at_pointer("/content/application~1octet-stream/schema/contentMediaType").as_string(),
        "application/octet-stream"
    );
    EXPECT_EQ(
        body.at_pointer("/content/multipart~1form-data/schema/required/0").as_string(), "file"
    );
    EXPECT_TRUE(route.at_pointer("/responses/201/headers").as_object().contains("Upload-Limit"));
}

TEST(Files, WhatAnUploadAsksOfTheStoreStandsInItsTrace) {
    FilesBench bench(testing::drivers[1]);

    const Response created = bench.upload(random_bytes(6 * 1024 * 1024));

    ASSERT_EQ(created.status, 201);
    const auto& spans = bench.trace.spans();
    ASSERT_FALSE(spans.empty());
    EXPECT_EQ(spans[0].name, "POST /v1/files");
    std::set<std::string_view> asked;
    for (const trace::SpanRecord& span : spans) {
        if (!span.name.starts_with("s3.")) continue;
        asked.insert(span.name);
        EXPECT_EQ(span.kind, trace::SpanKind::client);
        // Up to the request itself, by way of spans of the same trace.
        trace::SpanId above = span.parent;
        for (const auto& each : spans | std::views::reverse) {
            if (each.id == above && above != spans[0].id) above = each.parent;
        }
        EXPECT_EQ(above, spans[0].id) << span.name;
    }
    EXPECT_GE(asked.size(), 3) << "beginning, parts and the end of an upload";
}

TEST(Files, AFormCarriesOneFile) {
    FilesBench bench(testing::drivers[0]);
    const http::Header type{"Content-Type", "multipart/form-data; boundary=XX"};
    const std::string file = random_bytes(300'000);
    const std::string form =
        "--XX\r\nContent-Disposition: form-data; name=\"f\"; filename=\"b.png\"\r\n\r\n" + file +
        "\r\n--XX--\r\n";

    const Response created = bench.upload(form, "/v1/files", {type});
    const Response malformed = bench.upload("none", "/v1/files", {type});
    const Response unbounded =
        bench.upload("none", "/v1/files", {{"Content-Type", "multipart/form-data"}});

    ASSERT_EQ(created.status, 201) << created.body;
    const std::string id(boost::json::parse(created.body).at("id").as_string());
    EXPECT_TRUE(bench.content(id) == file);
    EXPECT_EQ(bench.names(), std::vector<std::string>{"b.png"});
    EXPECT_EQ(code_of(malformed), "files.multipart_malformed");
    EXPECT_EQ(code_of(unbounded), "files.multipart_malformed");
}

TEST(Files, ADownloadIsSavedNeverShownAndAnsweredByConditions) {
    FilesBench bench(testing::drivers[0]);
    const std::string id =
        bench.upload_id("<script>alert(1)</script>", "/v1/files?name=%22%C3%A9.html");
    const std::string path = "/v1/files/" + id + "/content";

    const Response whole = bench.send(get, path);
    EXPECT_EQ(whole.content_type, "text/html");
    EXPECT_EQ(header(whole, "X-Content-Type-Options"), "nosniff");
    EXPECT_EQ(header(whole, "Content-Security-Policy"), "sandbox; default-src 'none'");
    EXPECT_EQ(
        header(whole, "Content-Disposition"),
        "attachment; filename=\"___.html\"; filename*=UTF-8''%22%C3%A9.html"
    );
    EXPECT_EQ(header(whole, "Accept-Ranges"), "bytes");
    const std::string etag = header(whole, "ETag");

    EXPECT_EQ(bench.send(get, path, {{"If-None-Match", etag}}).status, 304);
    EXPECT_EQ(bench.send(get, path, {{"If-None-Match", "\"other\""}}).status, 200);
    EXPECT_EQ(
        bench.send(get, path, {{"Range", "bytes=0-1"}, {"If-Range", "\"other\""}}).status, 200
    );
    EXPECT_EQ(bench.send(get, path, {{"Range", "bytes=0-1,4-5"}}).status, 200);
    const Response behind = bench.send(get, path, {{"Range", "bytes=25-"}});
    EXPECT_EQ(behind.status, 416);
    EXPECT_EQ(header(behind, "Content-Range"), "bytes */25");
    EXPECT_EQ(code_of(behind), "http.range");
}

TEST(Files, TheSameKeyWithTheSameFileIsOneFile) {
    FilesBench bench(testing::drivers[0]);
    const http::Header key{"Idempotency-Key", "k1"};

    const Response first = bench.upload("text", "/v1/files?name=a", {key});
    const Response second = bench.upload("text", "/v1/files?name=a", {key});
    const Response other = bench.upload("other", "/v1/files?name=a", {key});

    EXPECT_EQ(first.status, 201);
    EXPECT_EQ(second.status, 201);
    EXPECT_EQ(second.body, first.body);
    EXPECT_EQ(header(second, "Idempotency-Replayed"), "true");
    EXPECT_EQ(other.status, 422);
    EXPECT_EQ(code_of(other), "idempotency.other_payload");
    EXPECT_EQ(bench.names().size(), 1);
    ASSERT_TRUE(bench.wait(bench.files.sweep(bench.context)));
    EXPECT_EQ(bench.rows(), 1);
    EXPECT_EQ(bench.objects(), 1);
}

TEST(Files, ComeInPagesNewestFirst) {
    FilesBench bench(testing::drivers[0]);
    for (const char* name : {"1", "2", "3", "4", "5"}) {
        bench.upload_id("x", std::string("/v1/files?name=") + name);
        bench.clock.advance(1s);
    }
    std::string cursor;
    std::vector<std::string> seen;
    for (int page = 0; page < 3; ++page) {
        const Response response = bench.send(get, "/v1/files?limit=2" + cursor);
        ASSERT_EQ(response.status, 200) << response.body;
        const auto body = boost::json::parse(response.body);
        for (const auto& file : body.at("data").as_array())
            seen.emplace_back(file.at("name").as_string());
        if (page == 0) bench.upload_id("x", "/v1/files?name=6");  // shifts nothing
        if (page < 2) cursor = "&cursor=" + std::string(body.at("next_cursor").as_string());
        EXPECT_EQ(body.at("next_cursor").is_null(), page == 2);
    }
    EXPECT_EQ(seen, (std::vector<std::string>{"5", "4", "3", "2", "1"}));
    EXPECT_EQ(bench.send(get, "/v1/files?limit=201").status, 422);
    bench.me = bench.somebody();
    EXPECT_EQ(bench.send(get, "/v1/files?limit=2" + cursor).status, 400) << "another's cursor";
}

TEST(Files, WithoutAFreeBufferAnUploadWaitsAndIsThenToldToComeBack) {
    FilesBench bench(testing::drivers[0], {.buffers = 1, .buffer_wait_max = 20ms});
    Buffers buffers(1, bench.telemetry);
    {
        const auto held = bench.wait(buffers.take(20ms));
        ASSERT_TRUE(held);
        const auto second = bench.wait(buffers.take(20ms));
        ASSERT_FALSE(second);
        EXPECT_EQ(second.error().code.text(), "uploads.busy");
        EXPECT_EQ(second.error().retry_after, 5s);
    }
    EXPECT_TRUE(bench.wait(buffers.take(20ms)));
    for (int i = 0; i < 3; ++i) EXPECT_EQ(bench.upload("x").status, 201) << "a buffer was lost";
}

TEST(Files, AStoreThatIsDownIsSaidAndTheRestGoesOn) {
    FilesBench bench(testing::drivers[1]);
    auto& backend = dynamic_cast<testing::S3Backend&>(*bench.backend);
    const std::string id = bench.upload_id("text");
    backend.server.kill();

    const Response refused = bench.upload("more");
    const Response unread = bench.send(get, "/v1/files/" + id + "/content");

    for (const Response* response : {&refused, &unread}) {
        EXPECT_EQ(response->status, 503);
        EXPECT_EQ(code_of(*response), "uploads.store_unavailable");
        EXPECT_EQ(header(*response, "Retry-After"), "5");
    }
    EXPECT_EQ(bench.names().size(), 1);
    EXPECT_EQ(bench.send(del, "/v1/files/" + id).status, 204);

    backend.server.start();
    EXPECT_EQ(bench.upload("more").status, 201);
    bench.run_jobs();
    ASSERT_TRUE(bench.wait(bench.files.sweep(bench.context)));
    EXPECT_EQ(bench.objects(), 1);
}

TEST(Files, AnUploadThatTookTooLongNeverBecomesAFile) {
    FilesBench bench(testing::drivers[0]);
    testing::PiecesBody body("text");
    const auto received = bench.wait(bench.files.receive(
        bench.context, *bench.me, {.name = "a", .declared_type = "text/plain"}, body
    ));
    ASSERT_TRUE(received);
    bench.clock.advance(upload_time_max + upload_grace);

    auto transaction = bench.wait(bench.files.begin(bench.context));
    const auto file =
        bench.wait(bench.files.make_ready(transaction, bench.context, *bench.me, *received, ""));

    ASSERT_FALSE(file);
    EXPECT_EQ(file.error().code.text(), "files.upload_expired");
}

TEST(Files, TheCommandListsTheNewest) {
    FilesBench bench(testing::drivers[0]);
    const std::string id = bench.upload_id("text");
    std::string printed;
    const auto run = [&](std::vector<std::string> words) {
        printed.clear();
        return bench.wait(cli::Commands::run(
            bench.context,
            bench.commands.choose(std::move(words)),
            [&](std::string_view line) { printed += line; },
            [](std::string_view) {}
        ));
    };

    EXPECT_EQ(run({"files", "list"}), cli::exit_done);
    EXPECT_TRUE(printed.starts_with(id)) << printed;
    EXPECT_EQ(run({"files", "list", "--json", "--org", bench.me->org.str()}), cli::exit_done);
    EXPECT_EQ(boost::json::parse(printed).as_array().at(0).at("id").as_string(), id);
    EXPECT_EQ(run({"files", "list", "--org", "none"}), cli::exit_refused);
}

}  // namespace
}  // namespace acme::files
