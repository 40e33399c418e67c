// The bytes of files through the router, on a real PostgreSQL and on both kinds of object storage.
#include "base/bytes.hpp"
#include "base/hash.hpp"
#include "testing/files_bench.hpp"

namespace acme::files {
namespace {

using namespace std::chrono_literals;
using http::Response;
using testing::code_of;
using testing::FilesBench;
using testing::header;
using testing::random_bytes;
using enum http::Method;

constexpr std::size_t mib = std::size_t{1024} * 1024;

constexpr pg::Query insert_uploads{"test.insert_uploads", R"sql(
    INSERT INTO files (id, org_id, owner_id, name, declared_type, state, key, begun_at, expires_at)
    SELECT gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 'a', 'text/plain', 'uploading',
           'org_a/' || n, $1, $1::timestamptz + interval '1 hour'
    FROM generate_series(0, $2::bigint - 1) n
)sql"};

class FilesOn : public ::testing::TestWithParam<testing::Driver> {};

TEST_P(FilesOn, WhatIsUploadedComesBackByteForByteWithItsSha256) {
    FilesBench bench(GetParam());
    for (const std::size_t count :
         {std::size_t{0}, std::size_t{1}, 5 * mib, 5 * mib + 1, 45 * mib}) {
        const std::string text = random_bytes(count);

        const Response created = bench.upload(text, "/v1/files?name=r%C3%A9port.bin");

        ASSERT_EQ(created.status, 201) << created.body;
        const auto file = boost::json::parse(created.body);
        EXPECT_EQ(file.at("size").to_number<std::size_t>(), count);
        EXPECT_EQ(file.at("sha256").as_string(), to_hex(sha256(text)));
        EXPECT_EQ(file.at("name").as_string(), "r\xc3\xa9port.bin");
        const std::string id(file.at("id").as_string());
        EXPECT_EQ(header(created, "Location"), "/v1/files/" + id);
        EXPECT_EQ(bench.send(get, "/v1/files/" + id).body, created.body);
        EXPECT_TRUE(bench.content(id) == text) << count;
    }
    EXPECT_EQ(bench.audits("files.create"), 5);
}

TEST_P(FilesOn, TheLimitIsExactWhetherItIsAnnouncedOrCounted) {
    FilesBench bench(GetParam());
    const std::uint64_t most = bench.files.options().bytes_max;
    EXPECT_EQ(most, 52'428'800);
    EXPECT_EQ(bench.upload(std::string(most, 'x')).status, 201);
    const std::string announced = std::to_string(most + 1);

    testing::PiecesBody body(std::string(most + 1, 'x'));
    const Response refused =
        bench.send(post, "/v1/files?name=a", {{"Content-Length", announced}}, &body);
    EXPECT_EQ(refused.status, 413);
    EXPECT_EQ(code_of(refused), "files.too_large");
    EXPECT_NE(refused.body.find("52428800"), refused.body.npos);
    EXPECT_EQ(body.at, 0) << "it was read before it was refused";

    const Response counted = bench.upload(std::string(most + 1, 'x'));
    EXPECT_EQ(counted.status, 413);
    EXPECT_EQ(code_of(counted), "files.too_large");
    EXPECT_EQ(bench.names().size(), 1);
}

TEST_P(FilesOn, AnUploaderThatVanishesLeavesNothingVisibleAndTheSweepRemovesTheRest) {
    FilesBench bench(GetParam());
    for (const std::size_t count : {std::size_t{0}, std::size_t{10}, 6 * mib}) {
        testing::PiecesBody body(random_bytes(count), 50'000, true);
        EXPECT_EQ(bench.send(post, "/v1/files?name=a", {}, &body).status, 400);
    }
    EXPECT_TRUE(bench.names().empty());
    EXPECT_EQ(bench.rows(), 3);

    ASSERT_TRUE(bench.wait(bench.files.sweep(bench.context)));

    EXPECT_EQ(bench.rows(), 0);
    EXPECT_EQ(bench.objects(), 0);
}

TEST_P(FilesOn, TheSweepRemovesObjectsThatHaveNoRowAndLeavesTheOthers) {
    FilesBench bench(GetParam());
    const std::string id = bench.upload_id("kept");
    // Other rooms keep theirs in the same bucket: the audit's anchors.
    for (const char* key : {"org_lost/2026/11/fil_lost", "audit/anchors/2026-01-01"}) {
        auto writer = bench.wait(bench.backend->store().write(bench.context, key, "text/plain"));
        ASSERT_TRUE(bench.wait((*writer)->finish(bench.context, "lost")));
    }
    ASSERT_EQ(bench.objects(), 3);

    ASSERT_TRUE(bench.wait(bench.files.sweep(bench.context)));
    ASSERT_TRUE(bench.wait(bench.files.sweep(bench.context)));

    EXPECT_EQ(bench.objects(), 2);
    const auto anchor =
        bench.wait(bench.backend->store().stat(bench.context, "audit/anchors/2026-01-01"));
    EXPECT_TRUE(anchor.has_value());
    EXPECT_EQ(bench.content(id), "kept");
}

TEST_P(FilesOn, TheSweepRemovesWhatAProcessLeftThatDiedWhileItLookedAtTheStore) {
    FilesBench bench(GetParam());
    objects::Store& store = bench.backend->store();
    std::vector<std::string> keys;
    for (const auto age : {2h, 0h}) {
        const Uuid id = make_uuid7(bench.clock.now() - age, bench.random);
        keys.push_back("probe/" + to_base32(id));
        auto writer = bench.wait(store.write(bench.context, keys.back(), "text/plain"));
        ASSERT_TRUE(bench.wait((*writer)->finish(bench.context, "probe")));
    }

    ASSERT_TRUE(bench.wait(bench.files.sweep(bench.context)));

    EXPECT_FALSE(bench.wait(store.stat(bench.context, keys[0])));
    EXPECT_TRUE(bench.wait(store.stat(bench.context, keys[1]))) << "somebody may look at it yet";
}

TEST_P(FilesOn, AnObjectWhoseJobGaveUpIsRemovedByTheSweepADayLater) {
    FilesBench bench(GetParam());
    if (GetParam().name != std::string_view("Folder")) return;  // S3 would not take this clock
    const std::string id = bench.upload_id("text");
    EXPECT_EQ(bench.send(del, "/v1/files/" + id).status, 204);  // and no job runs

    ASSERT_TRUE(bench.wait(bench.files.sweep(bench.context)));
    EXPECT_EQ(bench.objects(), 1);
    bench.clock.advance(24h + 1s);
    ASSERT_TRUE(bench.wait(bench.files.sweep(bench.context)));

    EXPECT_EQ(bench.objects(), 0);
    bench.clock.advance(24h * 31);
    ASSERT_TRUE(bench.wait(bench.files.sweep(bench.context)));
    EXPECT_EQ(bench.rows(), 0);
}

TEST_P(FilesOn, TheSweepGoesOnWhereTheOneBeforeItEnded) {
    FilesBench bench(GetParam());
    if (GetParam().name != std::string_view("Folder")) return;  // it takes S3 too long
    objects::Store& store = bench.backend->store();
    const auto put = [&](std::string key) {
        auto writer = bench.wait(store.write(bench.context, std::move(key), "text/plain"));
        ASSERT_TRUE(bench.wait((*writer)->finish(bench.context, "text")));
    };
    // One page of files that are there, and behind it an object without a row.
    const int count = static_cast<int>(objects::list_max);
    bench.wait(bench.db.run(bench.context, insert_uploads, bench.clock.now(), count));
    for (int i = 0; i < count; ++i) put("org_a/" + std::to_string(i));
    put("org_z/lost");
    const auto is_lost_there = [&] {
        return !bench.wait(store.list(bench.context, "org_z/", ""))->objects.empty();
    };

    const auto next = bench.wait(bench.files.sweep(bench.context, "", 1));
    ASSERT_TRUE(next);
    EXPECT_NE(*next, "");
    EXPECT_TRUE(is_lost_there());
    EXPECT_EQ(bench.wait(bench.files.sweep(bench.context, *next, 1)).value(), "");
    EXPECT_FALSE(is_lost_there());
}

TEST_P(FilesOn, ADownloadIsResumedByRange) {
    FilesBench bench(GetParam());
    const std::string text = random_bytes(6 * mib);
    const std::string id = bench.upload_id(text);
    const std::string path = "/v1/files/" + id + "/content";
    const Response whole = bench.send(get, path);
    const std::string etag = header(whole, "ETag");
    EXPECT_EQ(whole.status, 200);
    EXPECT_EQ(whole.length, text.size());

    const Response rest = bench.send(get, path, {{"Range", "bytes=3000000-"}, {"If-Range", etag}});

    EXPECT_EQ(rest.status, 206);
    EXPECT_EQ(rest.length, text.size() - 3'000'000);
    EXPECT_EQ(header(rest, "Content-Range"), "bytes 3000000-6291455/6291456");
    EXPECT_TRUE(text.substr(0, 3'000'000) + bench.bytes_of(rest) == text);
    EXPECT_EQ(
        bench.bytes_of(bench.send(get, path, {{"Range", "bytes=-4"}})), text.substr(text.size() - 4)
    );
}

TEST_P(FilesOn, WhatIsDeletedIsGoneAtOnceAndItsObjectSoonAfter) {
    FilesBench bench(GetParam());
    const std::string id = bench.upload_id("text");

    EXPECT_EQ(bench.send(del, "/v1/files/" + id).status, 204);

    EXPECT_EQ(bench.send(get, "/v1/files/" + id).status, 404);
    EXPECT_EQ(bench.send(get, "/v1/files/" + id + "/content").status, 404);
    EXPECT_TRUE(bench.names().empty());
    EXPECT_EQ(bench.send(del, "/v1/files/" + id).status, 204) << "twice is once";
    EXPECT_EQ(bench.audits("files.delete"), 1);
    EXPECT_EQ(bench.objects(), 1);
    bench.run_jobs();
    EXPECT_EQ(bench.objects(), 0);
    bench.clock.advance(24h * 31);
    if (GetParam().name == std::string_view("Folder")) {  // S3 would not take this clock
        ASSERT_TRUE(bench.wait(bench.files.sweep(bench.context)));
        EXPECT_EQ(bench.rows(), 0);
    }
}

INSTANTIATE_TEST_SUITE_P(
    Files,
    FilesOn,
    ::testing::ValuesIn(testing::drivers),
    [](const auto& info) { return info.param.name; }
);

}  // namespace
}  // namespace acme::files
