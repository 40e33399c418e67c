// Uploads in parts through the router, on a real PostgreSQL and on both kinds of object storage.
#include "base/bytes.hpp"
#include "base/hash.hpp"
#include "testing/uploads_bench.hpp"

namespace acme::uploads {
namespace {

using namespace std::chrono_literals;
using http::Response;
using testing::header;
using testing::random_bytes;
using testing::UploadsBench;

constexpr std::size_t mib = std::size_t{1024} * 1024;

constexpr pg::Query set_file_end{"test.set_file_end", R"sql(
    UPDATE files SET expires_at = $1 WHERE state = 'uploading'
)sql"};

class UploadsOn : public ::testing::TestWithParam<testing::Driver> {
protected:
    /// S3 would not take a clock that is not its own.
    static bool has_own_clock() { return GetParam().name == std::string_view("Folder"); }

    static Task<> take_over(UploadsBench& bench, UploadId id, std::size_t at, bool& is_over) {
        if (at < 6 * mib || std::exchange(is_over, true)) co_return;
        const auto found =
            co_await bench.uploads.resume(bench.context, {.who = *bench.me, .ip = ""}, id);
        EXPECT_EQ(found->received, 5 * mib);
    }

    static void expect_file(UploadsBench& bench, const Response& last, const std::string& text) {
        const std::string id = header(last, "Upload-File");
        ASSERT_NE(id, "") << last.status << last.body;
        const auto file = boost::json::parse(bench.send(http::Method::get, "/v1/files/" + id).body);
        EXPECT_EQ(file.at("size").to_number<std::size_t>(), text.size());
        EXPECT_EQ(file.at("sha256").as_string(), to_hex(sha256(text)));
        EXPECT_TRUE(bench.content(id) == text);
    }
};

TEST_P(UploadsOn, WhatComesInManyRequestsBecomesOneFile) {
    UploadsBench bench(GetParam());
    for (const std::size_t size :
         {std::size_t{0}, std::size_t{1}, 5 * mib, 5 * mib + 1, 10 * mib, 12 * mib + 7}) {
        const std::string text = random_bytes(size);
        const std::string length = std::to_string(size);
        Response last = bench.create(
            {{"Upload-Length", length}, {"Upload-Metadata", "filename csOpcG9ydC5iaW4=,empty"}}
        );
        ASSERT_EQ(last.status, 201) << last.body;
        const std::string path = header(last, "Location");
        EXPECT_EQ(header(last, "Upload-Offset"), "0");

        for (std::size_t at = 0; at < size; at += 3'000'001) {
            last = bench.append(path, at, text.substr(at, 3'000'001));
            ASSERT_EQ(last.status, 204) << last.body;
            EXPECT_EQ(
                header(last, "Upload-Offset"), std::to_string(std::min(size, at + 3'000'001))
            );
        }

        expect_file(bench, last, text);
        const Response head = bench.head(path);
        EXPECT_EQ(header(head, "Upload-Offset"), length);
        EXPECT_EQ(header(head, "Upload-Length"), length);
        EXPECT_EQ(header(head, "Upload-File"), header(last, "Upload-File"));
        EXPECT_EQ(header(head, "Upload-Metadata"), "filename csOpcG9ydC5iaW4=,empty");
    }
    EXPECT_EQ(bench.names().at(0), "r\xc3\xa9port.bin");
    EXPECT_EQ(bench.audits("files.create"), 6);
    bench.clock.advance(11min);
    bench.sweep();
    EXPECT_EQ(bench.objects(), 6) << "tails stay behind";
    EXPECT_EQ(bench.unfinished(), 0);
}

TEST_P(UploadsOn, WhatBrokeOffGoesOnWithTheByteAfterTheLastOne) {
    UploadsBench bench(GetParam());
    const std::string text = random_bytes(13 * mib);
    const std::string path = bench.begin(text.size());

    bench.break_off(path, 0, text.substr(0, 100));
    EXPECT_EQ(bench.offset_of(path), "100");
    bench.break_off(path, 100, text.substr(100, 7 * mib));
    EXPECT_EQ(bench.offset_of(path), std::to_string(7 * mib + 100));
    bench.break_off(path, 7 * mib + 100, "");
    EXPECT_EQ(bench.offset_of(path), std::to_string(7 * mib + 100));
    const Response last = bench.append(path, 7 * mib + 100, text.substr(7 * mib + 100));

    expect_file(bench, last, text);
    bench.clock.advance(11min);
    bench.sweep();
    EXPECT_EQ(bench.objects(), 1);
}

TEST_P(UploadsOn, ANewerRequestEndsTheOlderOneAndNothingIsMixed) {
    UploadsBench bench(GetParam());
    const std::string text = random_bytes(12 * mib);
    const std::string path = bench.begin(text.size());
    const auto id = parse_upload_id(path.substr(path.rfind('/') + 1)).value();
    bool is_taken_over = false;
    testing::WatchedBody older(
        testing::PiecesBody(std::string(12 * mib, 'x')),
        [&](std::size_t at) { return take_over(bench, id, at, is_taken_over); }
    );

    const Response refused = bench.append(path, 0, older);

    EXPECT_EQ(refused.status, 409) << refused.body;
    EXPECT_EQ(testing::code_of(refused), "uploads.superseded");
    EXPECT_EQ(bench.offset_of(path), std::to_string(5 * mib));
    const Response last = bench.append(path, 5 * mib, text.substr(5 * mib));
    expect_file(bench, last, std::string(5 * mib, 'x') + text.substr(5 * mib));
}

TEST_P(UploadsOn, WithAChecksumAllOfARequestCountsOrNothing) {
    UploadsBench bench(GetParam());
    const std::string text = random_bytes(12 * mib);
    const std::string path = bench.begin(text.size());
    std::string right = to_base64url(sha256(text)) + "=";
    std::ranges::replace(right, '-', '+');
    std::ranges::replace(right, '_', '/');
    right.insert(0, "sha256 ");
    const std::string wrong = "sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=";

    const Response refused = bench.append(path, 0, text, {{"Upload-Checksum", wrong}});
    EXPECT_EQ(refused.status, 460) << refused.body;
    EXPECT_EQ(bench.offset_of(path), "0");
    testing::PiecesBody cut(text.substr(0, 7 * mib), 50'000, true);
    EXPECT_EQ(bench.append(path, 0, cut, {{"Upload-Checksum", right}}).status, 400);
    EXPECT_EQ(bench.offset_of(path), "0");

    const Response last = bench.append(path, 0, text, {{"Upload-Checksum", right}});
    expect_file(bench, last, text);
}

TEST_P(UploadsOn, TheLengthMayBeSaidWhenAllHasCome) {
    UploadsBench bench(GetParam());
    for (const std::size_t size : {std::size_t{10}, 5 * mib, 5 * mib + 10}) {
        const std::string text = random_bytes(size);
        const std::string path = header(bench.create({{"Upload-Defer-Length", "1"}}), "Location");
        EXPECT_EQ(bench.append(path, 0, text).status, 204);
        EXPECT_EQ(header(bench.head(path), "Upload-Defer-Length"), "1");
        const std::string less = std::to_string(size - 1);
        const std::string length = std::to_string(size);
        EXPECT_EQ(bench.append(path, size, "", {{"Upload-Length", less}}).status, 409);

        const Response last = bench.append(path, size, "", {{"Upload-Length", length}});

        expect_file(bench, last, text);
    }
    EXPECT_EQ(bench.usage().at("bytes_reserved"), 0);
}

TEST_P(UploadsOn, TheFirstBytesMayComeWithTheBeginning) {
    UploadsBench bench(GetParam());
    const std::string text = random_bytes(6 * mib);
    const std::string length = std::to_string(text.size());
    const std::vector<http::Header> headers{
        {"Upload-Length", length}, {"Content-Type", "application/offset+octet-stream"}
    };

    const Response part = bench.create(headers, text.substr(0, 10));
    const Response whole = bench.create(headers, text);

    EXPECT_EQ(part.status, 201);
    EXPECT_EQ(header(part, "Upload-Offset"), "10");
    EXPECT_EQ(header(whole, "Upload-Offset"), length);
    expect_file(bench, whole, text);
    expect_file(bench, bench.append(header(part, "Location"), 10, text.substr(10)), text);
}

TEST_P(UploadsOn, WhatIsGivenUpIsGoneAndLeavesNothing) {
    UploadsBench bench(GetParam());
    const std::string path = bench.begin(12 * mib);
    bench.break_off(path, 0, random_bytes(7 * mib));
    EXPECT_EQ(bench.usage().at("bytes_reserved"), 12 * mib);

    EXPECT_EQ(bench.end(path).status, 204);

    EXPECT_EQ(bench.end(path).status, 204) << "twice is once";
    EXPECT_EQ(bench.head(path).status, 410);
    EXPECT_EQ(bench.append(path, 7 * mib, "x").status, 410);
    EXPECT_EQ(bench.usage().at("bytes_reserved"), 0);
    EXPECT_EQ(bench.audits("uploads.end"), 1);
    bench.sweep();
    EXPECT_EQ(bench.objects(), 0);
    EXPECT_EQ(bench.unfinished(), 0);
    EXPECT_EQ(bench.rows(), 0);
}

TEST_P(UploadsOn, GivingUpWhatIsCompleteDeletesTheFile) {
    UploadsBench bench(GetParam());
    const std::string path = bench.begin(3);
    const std::string id = header(bench.append(path, 0, "abc"), "Upload-File");

    EXPECT_EQ(bench.end(path).status, 204);

    EXPECT_EQ(bench.send(http::Method::get, "/v1/files/" + id).status, 404);
    EXPECT_EQ(bench.head(path).status, 410);
    EXPECT_EQ(bench.usage().at("bytes_used"), 0);
}

TEST_P(UploadsOn, ADayAfterItsLastByteItIsTooOldAndIsSweptAway) {
    UploadsBench bench(GetParam());
    if (!has_own_clock()) return;
    const std::string path = bench.begin(12 * mib);
    for (const std::size_t at : {std::size_t{0}, 6 * mib}) {
        bench.break_off(path, at, random_bytes(at == 0 ? 6 * mib : 10));
        bench.clock.advance(20h);
        bench.sweep();
        EXPECT_EQ(bench.offset_of(path), std::to_string(at == 0 ? 6 * mib : 6 * mib + 10));
    }

    bench.clock.advance(5h);
    EXPECT_EQ(bench.head(path).status, 410);
    EXPECT_EQ(bench.append(path, 6 * mib + 10, "x").status, 410);
    bench.sweep();

    EXPECT_EQ(bench.objects(), 0);
    EXPECT_EQ(bench.unfinished(), 0);
    EXPECT_EQ(bench.rows(), 0);
    EXPECT_EQ(bench.usage().at("bytes_reserved"), 0);
    EXPECT_EQ(bench.head(path).status, 410);
    bench.clock.advance(24h * 8);
    bench.sweep();
    EXPECT_EQ(bench.head(path).status, 404);
}

TEST_P(UploadsOn, WhereOnlyTheFileIsMissingItIsMadeWhenSomebodyAsksOrBySweeping) {
    UploadsBench bench(GetParam());
    const std::string text = random_bytes(6 * mib);
    for (const bool is_asked : {true, false}) {
        const std::string path = bench.begin(text.size());
        // As if the process had died before the last transaction.
        bench.wait(bench.db.run(bench.context, set_file_end, bench.clock.now()));
        EXPECT_EQ(bench.append(path, 0, text).status, 409);
        bench.wait(bench.db.run(bench.context, set_file_end, files::Files::held_open));
        EXPECT_EQ(bench.uploads_in("open"), 1);
        if (!is_asked) {
            bench.clock.advance(11min);
            ASSERT_TRUE(bench.wait(bench.uploads.sweep(bench.context)));
        }

        expect_file(bench, bench.head(path), text);
    }
}

TEST_P(UploadsOn, TailsThatNobodyKnowsAreSweptAndTheOthersStay) {
    UploadsBench bench(GetParam());
    const std::string path = bench.begin(100);
    bench.break_off(path, 0, "abc");
    const std::string id = path.substr(path.rfind('/') + 1);
    const std::string stale = "tail/" + id + "/0";
    for (const std::string& key : {stale, std::string("tail/upl_00000000000000000000000000/1")}) {
        auto writer = bench.wait(bench.backend->store().write(bench.context, key, "text/plain"));
        ASSERT_TRUE(bench.wait((*writer)->finish(bench.context, "lost")));
    }
    EXPECT_EQ(bench.objects(), 3);

    bench.sweep();

    EXPECT_EQ(bench.objects(), 1);
    EXPECT_EQ(bench.append(path, 3, random_bytes(97)).status, 204);
}

TEST_P(UploadsOn, AnOrganizationHasRoomForSoMuchAndNotMore) {
    UploadsBench bench(GetParam(), {.bytes_of_org_max = 10 * mib});
    const std::string path = bench.begin(6 * mib);

    const std::string length = std::to_string(5 * mib);
    const Response refused = bench.create({{"Upload-Length", length}});
    EXPECT_EQ(refused.status, 507) << refused.body;
    EXPECT_EQ(testing::code_of(refused), "files.quota_exceeded");
    EXPECT_EQ(bench.upload("abc").status, 507) << "of unknown length it may be as long as any";
    EXPECT_EQ(bench.upload("abc", "/v1/files?name=a", {{"Content-Length", "3"}}).status, 201);
    EXPECT_EQ(bench.usage().at("bytes_used"), 3);
    EXPECT_EQ(bench.usage().at("bytes_reserved"), 6 * mib);
    EXPECT_EQ(bench.usage().at("bytes_max"), 10 * mib);
    bench.me = bench.somebody();
    EXPECT_EQ(bench.create({{"Upload-Length", length}}).status, 201) << "each has its own";
    EXPECT_EQ(bench.end(path).status, 404) << "nobody sees another's";
}

INSTANTIATE_TEST_SUITE_P(
    Uploads,
    UploadsOn,
    ::testing::ValuesIn(testing::drivers),
    [](const auto& info) { return info.param.name; }
);

TEST(UploadsOnS3, WhatIsStoredStaysWhileTheStoreIsAwayAndGoesOnAfterIt) {
    UploadsBench bench(testing::drivers[1]);
    auto& backend = dynamic_cast<testing::S3Backend&>(*bench.backend);
    const std::string text = random_bytes(12 * mib);
    const std::string path = bench.begin(text.size());
    EXPECT_EQ(bench.append(path, 0, text.substr(0, 6 * mib)).status, 204);

    backend.server.kill();
    const Response refused = bench.append(path, 6 * mib, text.substr(6 * mib));
    EXPECT_EQ(refused.status, 503);
    EXPECT_EQ(header(refused, "Retry-After"), "5");
    EXPECT_EQ(bench.offset_of(path), std::to_string(6 * mib));
    backend.server.start();

    const Response last = bench.append(path, 6 * mib, text.substr(6 * mib));
    EXPECT_EQ(last.status, 204) << last.body;
    EXPECT_TRUE(bench.content(header(last, "Upload-File")) == text);
}

}  // namespace
}  // namespace acme::uploads
