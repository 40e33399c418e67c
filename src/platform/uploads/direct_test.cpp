// Uploads straight into object storage, on both drivers: S3's addresses lead to a real server.
#include "base/bytes.hpp"
#include "base/hash.hpp"
#include "platform/uploads/direct_http.hpp"
#include "platform/uploads/direct_jobs.hpp"
#include "platform/uploads/uploads_jobs.hpp"
#include "testing/files_bench.hpp"

#include <boost/json/serialize.hpp>

namespace acme::uploads {
namespace {

using namespace std::chrono_literals;
using http::Response;
using testing::code_of;
using testing::FilesBench;
using testing::header;
using testing::random_bytes;
using enum http::Method;

constexpr std::size_t mib = std::size_t{1024} * 1024;
constexpr std::string_view base = "http://node.test";
const http::Header as_json{"Content-Type", "application/json"};

constexpr pg::Query reserved_bytes{
    "test.reserved", "SELECT bytes_reserved FROM org_usage WHERE org_id = $1"
};

struct DirectBench : FilesBench {
    explicit DirectBench(const testing::Driver& driver) : FilesBench(driver) {
        add_direct_routes(router, {directs, idempotency, trusted_proxies});
        add_jobs(jobs, uploads);
        add_direct_jobs(jobs, directs);
    }

    static std::vector<Secret> one_key() {
        std::vector<Secret> keys;
        keys.emplace_back("another key of thirty-two bytes!");
        return keys;
    }

    Response post_json(std::string target, boost::json::value body) {
        testing::PiecesBody text(boost::json::serialize(body));
        return send(post, std::move(target), {as_json}, &text);
    }

    boost::json::object begin(const std::string& bytes, std::string sha256 = "") {
        boost::json::object body{{"name", "a.bin"}, {"size", bytes.size()}, {"type", "x/y"}};
        if (!sha256.empty()) body["sha256"] = sha256;
        const Response made = post_json("/v1/files/direct", body);
        EXPECT_EQ(made.status, 201) << made.body;
        return boost::json::parse(made.body).as_object();
    }

    /// As a client does it, who has nothing but the address; the ETag, or the status of a refusal.
    std::string put(std::string url, std::string bytes, std::string type = "") {
        if (type.empty()) type = objects::part_type;
        if (!url.starts_with(base)) return wait(put_there(url, bytes, type));
        const auto mine = std::exchange(me, std::nullopt);
        testing::PiecesBody body(std::move(bytes));
        const Response answer =
            send(http::Method::put, url.substr(base.size()), {{"Content-Type", type}}, &body);
        me = mine;
        return answer.status == 204 ? header(answer, "ETag") : std::to_string(answer.status);
    }

    Task<std::string> put_there(std::string url, std::string_view bytes, std::string type) {
        fetch::Request request{
            .name = "test.put",
            .method = "PUT",
            .url = std::move(url),
            .headers = {{"Content-Type", std::move(type)}},
            .body = bytes,
        };
        const auto answer = co_await client.send(context, std::move(request));
        if (answer.status() != 200) co_return std::to_string(answer.status());
        co_return std::string(answer.header("ETag"));
    }

    boost::json::array put_all(const boost::json::object& upload, const std::string& bytes) {
        boost::json::array done;
        std::size_t first = 0;
        for (const auto& part : upload.at("parts").as_array()) {
            const auto size = part.at("size").to_number<std::size_t>();
            const std::string etag =
                put(std::string(part.at("url").as_string()), bytes.substr(first, size));
            done.push_back({{"n", part.at("n")}, {"etag", etag}});
            first += size;
        }
        return done;
    }

    static std::string path(const boost::json::object& upload) {
        return "/v1/uploads/direct/" + std::string(upload.at("upload_id").as_string());
    }

    Response complete(const boost::json::object& upload, boost::json::array parts) {
        return post_json(path(upload) + ":complete", {{"parts", std::move(parts)}});
    }

    boost::json::object now(const boost::json::object& upload) {
        return boost::json::parse(send(get, path(upload)).body).as_object();
    }

    std::string state(const boost::json::object& upload) {
        return std::string(now(upload).at("state").as_string());
    }

    /// What the audit says of the one that was ended.
    std::string ends() {
        constexpr static pg::Query told{"test.ends", R"sql(
            SELECT after::text FROM audit_entries WHERE action = 'uploads.end'
        )sql"};
        return wait(db.run(context, told))[0].text();
    }

    std::int64_t reserved() { return wait(db.run(context, reserved_bytes, me->org))[0].integer(); }

    fetch::Client client{telemetry};
    Networks trusted_proxies;
    Uploads uploads{db, backend->store(), files, telemetry};
    Directs directs{db, backend->store(), files, telemetry, one_key(), std::string(base)};
};

class DirectOn : public ::testing::TestWithParam<testing::Driver> {};

TEST_P(DirectOn, WhatComesInPartsIsAFileWhenItHasBeenReadBack) {
    DirectBench bench(GetParam());
    for (const std::size_t count :
         {std::size_t{0}, std::size_t{1}, 5 * mib, 5 * mib + 1, 11 * mib}) {
        const std::string text = random_bytes(count);
        const std::string digest = to_hex(sha256(text));
        const auto upload = bench.begin(text, digest);
        EXPECT_EQ(bench.reserved(), static_cast<std::int64_t>(count));
        const auto parts = bench.put_all(upload, text);

        const Response completed = bench.complete(upload, parts);
        EXPECT_EQ(completed.status, 202) << completed.body;
        EXPECT_EQ(bench.state(upload), "checking");
        EXPECT_EQ(bench.complete(upload, parts).status, 202);
        bench.run_jobs();

        EXPECT_EQ(bench.state(upload), "ready");
        const std::string id(upload.at("file_id").as_string());
        EXPECT_TRUE(bench.content(id) == text) << count;
        const auto file = boost::json::parse(bench.send(get, "/v1/files/" + id).body);
        EXPECT_EQ(file.at("sha256").as_string(), digest);
        if (count > 1) EXPECT_EQ(file.at("content_type").as_string(), "x/y");
        EXPECT_EQ(bench.complete(upload, parts).status, 202);
        EXPECT_EQ(bench.reserved(), 0);
    }
    EXPECT_EQ(bench.audits("files.create"), 5);
}

TEST_P(DirectOn, AnotherSha256IsNoFileAndLeavesNothing) {
    DirectBench bench(GetParam());
    const std::string text = random_bytes(1000);
    const auto upload = bench.begin(text, to_hex(sha256("something else")));
    const auto parts = bench.put_all(upload, text);
    EXPECT_EQ(bench.complete(upload, parts).status, 202);

    bench.run_jobs();

    EXPECT_EQ(bench.state(upload), "failed");
    EXPECT_EQ(bench.now(upload).at("reason").as_string(), "uploads.checksum_mismatch");
    EXPECT_EQ(bench.objects(), 0);
    EXPECT_EQ(bench.reserved(), 0);
    EXPECT_TRUE(bench.names().empty());
    EXPECT_EQ(code_of(bench.complete(upload, parts)), "uploads.not_open");
    EXPECT_EQ(bench.ends(), R"({"name":"a.bin","reason":"uploads.checksum_mismatch"})");
}

TEST_P(DirectOn, WithoutETagsThePartsAreTakenAsTheStoreHasThem) {
    DirectBench bench(GetParam());
    const std::string text = random_bytes(10 * mib + 7);
    const auto upload = bench.begin(text, to_hex(sha256(text)));
    const auto& parts = upload.at("parts").as_array();
    const auto put = [&](std::size_t index, const std::string& bytes) {
        return bench.put(std::string(parts[index].at("url").as_string()), bytes);
    };
    const auto complete = [&](boost::json::object body) {
        return bench.post_json(DirectBench::path(upload) + ":complete", std::move(body));
    };
    put(0, text.substr(0, 5 * mib));
    put(2, text.substr(10 * mib));
    const Response early = complete({});
    EXPECT_EQ(code_of(early), "uploads.parts_mismatch");
    EXPECT_TRUE(early.body.contains("the parts 2.")) << early.body;

    put(1, text.substr(5 * mib, 5 * mib));
    EXPECT_EQ(complete({{"parts", nullptr}}).status, 202);
    EXPECT_EQ(complete({}).status, 202);
    bench.run_jobs();

    EXPECT_EQ(bench.state(upload), "ready");
    EXPECT_TRUE(bench.content(std::string(upload.at("file_id").as_string())) == text);
    EXPECT_EQ(complete({{"part", 1}}).status, 422);
}

TEST_P(DirectOn, WithoutETagsTooACompletionWhoseAnswerWasLostFindsItDone) {
    DirectBench bench(GetParam());
    const std::string text = random_bytes(1000);
    const auto upload = bench.begin(text);
    bench.put_all(upload, text);
    const auto id = *UploadId::parse(upload.at("upload_id").as_string());
    const Direct direct = *bench.wait(bench.directs.find(bench.context, bench.me->org, id));
    objects::Store& store = bench.backend->store();
    const auto there = bench.wait(store.parts(bench.context, direct.key, direct.store_id));
    ASSERT_TRUE(bench.wait(
        store.complete(bench.context, direct.key, direct.store_id, {there->at(0).part}, text.size())
    ));

    EXPECT_EQ(
        bench.post_json(DirectBench::path(upload) + ":complete", boost::json::object()).status, 202
    );
    bench.run_jobs();

    EXPECT_EQ(bench.state(upload), "ready");
}

TEST_P(DirectOn, BeyondItsTimeAnUploadTakesNothingAndItsRoomComesBack) {
    DirectBench bench(GetParam());
    const std::string text = random_bytes(1000);
    const auto upload = bench.begin(text);
    bench.put_all(upload, text);
    for (int twice = 0; twice < 2; ++twice) {
        bench.clock.advance(direct_ttl - 1min);
        EXPECT_EQ(bench.send(get, DirectBench::path(upload) + "/parts").status, 200)
            << "each page gives it a day more";
    }

    bench.clock.advance(direct_ttl);
    EXPECT_EQ(bench.state(upload), "failed");
    EXPECT_EQ(bench.now(upload).at("reason").as_string(), "uploads.expired");
    EXPECT_EQ(code_of(bench.send(get, DirectBench::path(upload) + "/parts")), "uploads.not_open");
    EXPECT_EQ(
        code_of(bench.post_json(DirectBench::path(upload) + ":complete", boost::json::object())),
        "uploads.not_open"
    );
    EXPECT_TRUE(bench.wait(bench.uploads.sweep(bench.context)));
    bench.run_jobs();

    EXPECT_EQ(bench.reserved(), 0);
    EXPECT_EQ(bench.objects(), 0);
    const auto left = bench.wait(bench.backend->store().unfinished(bench.context, "org_", {}));
    EXPECT_TRUE(left->uploads.empty());
    EXPECT_EQ(bench.now(upload).at("reason").as_string(), "uploads.expired");
}

TEST_P(DirectOn, AnAddressTakesItsPartAndNothingElse) {
    DirectBench bench(GetParam());
    // Short ones: a store that refuses what is long may close while it is still being sent.
    const std::string text = random_bytes(5 * mib + 1000);
    const std::string last = text.substr(5 * mib);
    const auto upload = bench.begin(text);
    const auto& parts = upload.at("parts").as_array();
    const std::string first(parts[0].at("url").as_string());
    const std::string second(parts[1].at("url").as_string());
    std::string bent = first;
    const bool is_here = first.starts_with(base);
    bent.replace(
        bent.find(is_here ? "parts/1" : "partNumber=1"),
        is_here ? 7 : 12,
        is_here ? "parts/2" : "partNumber=2"
    );

    EXPECT_EQ(bench.put(second, last.substr(1)), is_here ? "422" : "403");
    EXPECT_EQ(bench.put(bent, last), is_here ? "404" : "403");
    std::string forged = second;
    forged.back() = forged.back() == '0' ? '1' : '0';
    EXPECT_EQ(bench.put(forged, last), is_here ? "404" : "403");
    if (!is_here) EXPECT_EQ(bench.put(second, last, "text/html"), "403");

    const auto sent = bench.put_all(upload, text);
    EXPECT_EQ(code_of(bench.complete(upload, {sent[0]})), "uploads.parts_mismatch");
    const boost::json::array wrong{
        sent[0], {{"n", 2}, {"etag", "\"00000000000000000000000000000000\""}}
    };
    EXPECT_EQ(code_of(bench.complete(upload, wrong)), "uploads.parts_mismatch");
    EXPECT_EQ(code_of(bench.complete(upload, {sent[1], sent[0]})), "http.fields_invalid");
    EXPECT_EQ(bench.complete(upload, sent).status, 202);
}

TEST_P(DirectOn, ACompletionThatIsRepeatedAfterItsAnswerWasLostFindsItDone) {
    DirectBench bench(GetParam());
    const std::string text = random_bytes(6 * mib);
    const auto upload = bench.begin(text);
    const auto sent = bench.put_all(upload, text);
    const auto id = *UploadId::parse(upload.at("upload_id").as_string());
    const Direct direct = *bench.wait(bench.directs.find(bench.context, bench.me->org, id));
    std::vector<objects::Part> parts;
    for (const auto& part : sent) {
        std::string etag(part.at("etag").as_string());
        if (!bench.backend->store().has_addresses()) std::erase(etag, '"');
        parts.push_back({part.at("n").to_number<int>(), etag});
    }
    ASSERT_TRUE(bench.wait(bench.backend->store().complete(
        bench.context, direct.key, direct.store_id, parts, text.size()
    )));

    EXPECT_EQ(bench.complete(upload, sent).status, 202);
    bench.run_jobs();

    EXPECT_EQ(bench.state(upload), "ready");
}

TEST_P(DirectOn, WhatIsGivenUpFreesItsRoomAndLeavesNothingInTheStore) {
    DirectBench bench(GetParam());
    const std::string text = random_bytes(6 * mib);
    const auto upload = bench.begin(text);
    bench.put_all(upload, text);
    EXPECT_EQ(bench.reserved(), static_cast<std::int64_t>(text.size()));

    EXPECT_EQ(bench.send(del, DirectBench::path(upload)).status, 204);
    EXPECT_EQ(bench.send(del, DirectBench::path(upload)).status, 204);

    EXPECT_EQ(bench.reserved(), 0);
    EXPECT_EQ(bench.now(upload).at("reason").as_string(), "uploads.removed");
    EXPECT_EQ(bench.audits("uploads.end"), 1);
    const auto left = bench.wait(bench.backend->store().unfinished(bench.context, "org_", {}));
    EXPECT_TRUE(left->uploads.empty());
    EXPECT_EQ(code_of(bench.send(get, DirectBench::path(upload) + "/parts")), "uploads.not_open");
}

INSTANTIATE_TEST_SUITE_P(
    Drivers,
    DirectOn,
    ::testing::ValuesIn(testing::drivers),
    [](const auto& info) { return info.param.name; }
);

TEST(Direct, AddressesComeInPagesAndEndAfterAQuarterOfAnHour) {
    DirectBench bench(testing::drivers[0]);
    const auto upload = bench.begin(std::string(45 * mib, 'x'));
    EXPECT_EQ(upload.at("parts").as_array().size(), 9);
    const std::string path = DirectBench::path(upload);

    const auto page = boost::json::parse(bench.send(get, path + "/parts?from=9").body);
    EXPECT_EQ(page.at("data").as_array().size(), 1);
    EXPECT_TRUE(page.at("next_from").is_null());
    for (const char* from : {"0", "10", "x"}) {
        EXPECT_EQ(bench.send(get, path + "/parts?from=" + from).status, 422) << from;
    }
    bench.clock.advance(16min);
    const std::string url(upload.at("parts").at(0).at("url").as_string());
    EXPECT_EQ(bench.put(url, std::string(5 * mib, 'x')), "404");
    const auto fresh = boost::json::parse(bench.send(get, path + "/parts").body);
    const std::string again(fresh.at("data").at(0).at("url").as_string());
    EXPECT_TRUE(bench.put(again, std::string(5 * mib, 'x')).starts_with('"'));
}

TEST(Direct, AKeyThatIsUsedAgainIsTheSameUploadWithFreshAddresses) {
    DirectBench bench(testing::drivers[0]);
    const auto ask = [&](std::string body) {
        testing::PiecesBody text(std::move(body));
        return bench.send(post, "/v1/files/direct", {as_json, {"Idempotency-Key", "k1"}}, &text);
    };

    const Response first = ask(R"({"name": "a", "size": 7})");
    const Response again = ask(R"({"name": "a", "size": 7})");

    EXPECT_EQ(again.status, 201) << again.body;
    EXPECT_EQ(header(again, "Idempotency-Replayed"), "true");
    EXPECT_EQ(
        boost::json::parse(first.body).at("upload_id"),
        boost::json::parse(again.body).at("upload_id")
    );
    EXPECT_EQ(ask(R"({"name": "a", "size": 8})").status, 422);
    EXPECT_EQ(bench.rows(), 1);
}

TEST(Direct, WhatCannotBeIsRefusedBeforeAnythingIsBegun) {
    DirectBench bench(testing::drivers[0]);
    const std::string larger = std::to_string(bench.files.options().bytes_max + 1);
    const std::pair<std::string, int> bodies[] = {
        {R"({"name": "a", "size": )" + larger + "}", 413},
        {R"({"name": "a"})", 422},
        {R"({"name": "", "size": 1})", 422},
        {R"({"name": "a\nb", "size": 1})", 422},
        {R"({"name": "a", "size": -1})", 422},
        {R"({"name": "a", "size": 1, "sha256": "abc"})", 422},
        {R"({"name": "a", "size": 1, "path": "/etc"})", 422},
    };
    for (const auto& [body, status] : bodies) {
        testing::PiecesBody text(body);
        EXPECT_EQ(bench.send(post, "/v1/files/direct", {as_json}, &text).status, status) << body;
    }
    EXPECT_EQ(bench.rows(), 0);
}

}  // namespace
}  // namespace acme::uploads
