// What goes wrong with S3, against a real server: refusals that must name their cause, and a server
// that dies or hangs in the midst of an upload.
#include "io/objects/s3.hpp"

#include "base/base64.hpp"
#include "base/bytes.hpp"
#include "io/objects/digest.hpp"
#include "testing/stores.hpp"

namespace acme::objects {
namespace {

using namespace std::chrono_literals;
using testing::S3Backend;
using testing::S3Server;

struct S3Bench : testing::DryBench {
    explicit S3Bench(S3Options options = {}, std::chrono::milliseconds time_max = 30s)
        : backend(*this, hasty(std::move(options), time_max)) {}

    ~S3Bench() { wait(backend.store().close()); }

    /// Fails soon, for a test waits for it.
    static S3Options hasty(S3Options options, std::chrono::milliseconds time_max) {
        options.pause = 1ms;
        options.answer_time_max = time_max;
        options.upload_time_max = time_max;
        return options;
    }

    std::string probe() {
        const auto result = wait(backend.store().probe(context));
        return result ? "content" : result.error().message;
    }

    bool has_logged(std::string_view text) const {
        return std::ranges::any_of(lines, [&](const std::string& line) {
            return line.find(text) != line.npos;
        });
    }

    S3Backend backend;
};

TEST(S3, AWrongSecretIsRefusedByTheServerAndSaidWithoutIt) {
    S3Bench bench({.keys = {S3Server::access_key, Secret("the-wrong-secret"), Secret()}});

    EXPECT_EQ(
        bench.probe(), "The store refuses the signature: the secret key is not the access key's."
    );
    EXPECT_FALSE(bench.has_logged("the-wrong-secret"));
}

TEST(S3, AnUnknownAccessKeyIsNamedAsTheCause) {
    S3Bench bench({.keys = {"nobody", Secret("some-secret"), Secret()}});

    EXPECT_EQ(bench.probe(), "The store does not know the access key.");
}

TEST(S3, ABucketThatIsMissingIsNamed) {
    S3Bench bench({.bucket = "no-such-bucket"});

    EXPECT_EQ(bench.probe(), R"(The bucket "no-such-bucket" does not exist.)");
    EXPECT_TRUE(bench.has_logged("NoSuchBucket"));
}

TEST(S3, AWrongRegionIsReportedWithTheExpectedOne) {
    S3Bench bench({.region = "eu-west-1"});

    EXPECT_EQ(
        bench.probe(), R"(The store expects the region "us-east-1", S3_REGION is "eu-west-1".)"
    );
}

TEST(S3, AClockThatIsHoursOffIsCorrectedByTheServersDate) {
    S3Bench bench;
    bench.clock.advance(3h);

    EXPECT_EQ(bench.probe(), "content");
    EXPECT_EQ(bench.probe(), "content");
}

TEST(S3, AServerKilledInTheMidstOfAnUploadLeavesNothingToSee) {
    S3Bench bench;
    Store& store = bench.backend.store();
    const std::string part(part_bytes, 'x');
    {
        auto writer = bench.wait(store.write(bench.context, "a/b", "text/plain"));
        ASSERT_TRUE(writer);
        ASSERT_TRUE(bench.wait((*writer)->write(bench.context, part)));
        bench.backend.server.kill();

        const auto second = bench.wait((*writer)->write(bench.context, part));

        ASSERT_FALSE(second);
        EXPECT_EQ(second.error().code.text(), "objects.unavailable");
        EXPECT_EQ(second.error().kind, ErrorKind::unavailable);

        bench.backend.server.start();
        EXPECT_EQ(
            bench.wait(store.stat(bench.context, "a/b")).error().code.text(), "objects.not_found"
        );
        // The upload outlives the server: the same writer may go on.
        ASSERT_TRUE(bench.wait((*writer)->write(bench.context, part)));
        ASSERT_TRUE(bench.wait((*writer)->finish(bench.context, "end")));
    }
    EXPECT_EQ(bench.wait(store.stat(bench.context, "a/b"))->bytes, 2 * part_bytes + 3);
}

// versitygw, killed while it puts parts together, has moved them away by then, and takes the next
// call for one that came twice: it answers that all is well.
TEST(S3, AnObjectThatWasNotPutTogetherIsMissedThoughTheServerSaysThatItWas) {
    S3Bench bench;
    Store& store = bench.backend.store();
    const std::string text(part_bytes, 'x');
    const std::string id = bench.wait(store.begin(bench.context, "a/b", "text/plain")).value();
    const std::string etag = bench.wait(store.put_part(bench.context, "a/b", id, 1, text)).value();
    const auto md5 = [](std::string_view of) { return parse_base64(digest_of(of).md5).value(); };
    const std::string sum = to_hex(md5(md5(text)));
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator(bench.backend.server.objects())) {
        if (entry.path().filename() != id) continue;
        std::filesystem::rename(entry.path(), entry.path().string() + "." + sum + "-1.inprogress");
        break;
    }

    const auto completed =
        bench.wait(store.complete(bench.context, "a/b", id, {{1, etag}}, part_bytes));

    ASSERT_FALSE(completed);
    EXPECT_EQ(completed.error().code.text(), "objects.not_found");
}

TEST(S3, AServerThatHangsIsGivenUpAfterItsTime) {
    S3Bench bench({}, 2s);
    bench.backend.server.stop();

    EXPECT_EQ(bench.probe(), "The store is out of reach.");

    EXPECT_EQ(
        bench.metrics.text().find(R"(s3_retries_total{operation="s3.put"})"), std::string::npos
    );
    bench.backend.server.go_on();
    EXPECT_EQ(bench.probe(), "content");
}

TEST(S3, EachPartIsMeasuredAndRetriesAreCountedApart) {
    S3Bench bench;
    Store& store = bench.backend.store();
    const std::string part(part_bytes, 'x');
    auto writer = bench.wait(store.write(bench.context, "a/b", "text/plain"));
    ASSERT_TRUE(bench.wait((*writer)->write(bench.context, part)));
    ASSERT_TRUE(bench.wait((*writer)->finish(bench.context, "end")));
    EXPECT_EQ(bench.probe(), "content");
    bench.backend.server.kill();
    bench.probe();

    const std::string text = bench.metrics.text();
    const auto has = [&](std::string_view line) { return text.find(line) != text.npos; };
    EXPECT_TRUE(has(R"(s3_upload_duration_seconds_count{operation="part"} 2)"));
    EXPECT_TRUE(has(R"(s3_upload_duration_seconds_count{operation="complete"} 1)"));
    EXPECT_TRUE(has(R"(s3_upload_duration_seconds_count{operation="put"} 1)"));
    EXPECT_TRUE(has(R"(s3_retries_total{operation="s3.put"} 3)"));
}

TEST(S3, WhatOthersUploadIntoTheSameBucketIsNotTold) {
    S3Bench bench;
    Store& store = bench.backend.store();
    const auto begin = [&](const char* key) {
        return bench.wait(store.begin(bench.context, key, "text/plain")).value();
    };
    begin("backups/a");
    const std::string ours = begin("org_a/b");

    const auto told = bench.wait(store.unfinished(bench.context, "org_", std::nullopt));

    ASSERT_EQ(told->uploads.size(), 1);
    EXPECT_EQ(told->uploads[0].id, ours);
    EXPECT_FALSE(told->next);
}

TEST(S3, AStoreIsExaminedByAllThatWillBeAskedOfItAndNothingIsLeft) {
    S3Bench bench;
    Store& store = bench.backend.store();

    const auto found = bench.wait(store.examine(bench.context));

    EXPECT_TRUE(found) << found.error().message;
    EXPECT_TRUE(bench.wait(store.list(bench.context, "", ""))->objects.empty());
    EXPECT_TRUE(bench.wait(store.unfinished(bench.context, "", std::nullopt))->uploads.empty());
    EXPECT_FALSE(bench.has_logged("objects.refused"));
    bench.backend.server.kill();
    EXPECT_FALSE(bench.wait(store.examine(bench.context)));
}

TEST(S3, AnEndpointIsAnOriginAndNothingElse) {
    testing::DryBench bench;
    fetch::Client client(bench.telemetry);
    for (const char* bad :
         {"ftp://host", "host:9000", "http://host/path", "http://u:p@host", "http://"}) {
        S3Options options;
        options.bucket = "b";
        options.region = "r";
        options.endpoint = bad;
        EXPECT_THROW(S3Caller(std::move(options), client, bench.telemetry), std::invalid_argument)
            << bad;
    }
}

TEST(S3, ARefusalIsReadFromItsDocumentOrItsHeaders) {
    const Refusal malformed = read_refusal(
        400,
        "<Error><Code>AuthorizationHeaderMalformed</Code><Message>the region 'a' is wrong; "
        "expecting 'eu-1'</Message></Error>",
        ""
    );
    EXPECT_EQ(malformed.region, "eu-1");
    EXPECT_EQ(read_refusal(301, "", "us-west-2").region, "us-west-2");
    EXPECT_EQ(read_refusal(503, "<Error><Code>SlowDown</Code></Error>", "").code, "SlowDown");
    EXPECT_EQ(read_refusal(502, "<html>Bad gateway", "").code, "");
}

}  // namespace
}  // namespace acme::objects
