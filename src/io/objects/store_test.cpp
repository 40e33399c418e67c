// What every driver of object storage keeps: the folder, and S3 against a real server.
#include "io/objects/store.hpp"

#include "testing/stores.hpp"

#include <array>
#include <fstream>

namespace acme::objects {
namespace {

class Conformance : public ::testing::TestWithParam<testing::Driver> {
protected:
    ~Conformance() override {
        bench_.wait(store().close());
        backend_.reset();
        bench_.loop.restart();
        bench_.loop.run();
    }

    Store& store() { return backend_->store(); }

    static Task<Result<>> put(
        Store& store, trace::Context context, std::string key, std::string bytes
    ) {
        const auto writer = ACME_TRY(co_await store.write(context, std::move(key), "text/plain"));
        std::string_view rest = bytes;
        while (rest.size() > part_bytes) {
            ACME_TRY(co_await writer->write(context, rest.substr(0, part_bytes)));
            rest.remove_prefix(part_bytes);
        }
        ACME_TRY(co_await writer->finish(context, rest));
        co_return co_await writer->finish(context, rest);
    }

    static Task<Result<std::string>> get(
        Store& store, trace::Context context, std::string key, std::optional<Range> range
    ) {
        const auto reader = ACME_TRY(co_await store.read(context, std::move(key), range));
        std::string all;
        for (auto piece = co_await reader->read(); !piece.empty();
             piece = co_await reader->read()) {
            all += piece;
        }
        co_return all;
    }

    bool put(std::string key, std::string bytes) {
        return bench_.wait(put(store(), bench_.context, std::move(key), std::move(bytes)))
            .has_value();
    }

    std::string get(std::string key, std::optional<Range> range = std::nullopt) {
        const auto text = bench_.wait(get(store(), bench_.context, std::move(key), range));
        return text ? *text : std::string(text.error().code.text());
    }

    std::vector<std::string> keys(std::string prefix, std::string after = "") {
        const auto page =
            bench_.wait(store().list(bench_.context, std::move(prefix), std::move(after)));
        std::vector<std::string> all;
        for (const Listed& one : page.value().objects) all.push_back(one.key);
        return all;
    }

    std::string begin(std::string key) {
        return bench_.wait(store().begin(bench_.context, std::move(key), "text/plain")).value();
    }

    Result<Part> put_part(std::string key, std::string id, int number, const std::string& bytes) {
        auto etag =
            bench_.wait(store().put_part(bench_.context, std::move(key), id, number, bytes));
        if (!etag) return std::unexpected(etag.error());
        return Part{.number = number, .etag = *std::move(etag)};
    }

    std::vector<Unfinished> unfinished(std::string prefix) {
        return bench_.wait(store().unfinished(bench_.context, std::move(prefix), std::nullopt))
            .value()
            .uploads;
    }

    /// So that no two pieces are alike.
    static std::string bytes(std::size_t count) {
        std::string text(count, '\0');
        SeededRandom random(7);
        random.fill(std::as_writable_bytes(std::span(text)));
        return text;
    }

    testing::DryBench bench_;
    std::unique_ptr<testing::Backend> backend_ = GetParam().make(bench_);
};

TEST_P(Conformance, WhatWasPutIsReadByteForByteWhateverItsLength) {
    for (const std::size_t count :
         {std::size_t{0},
          std::size_t{1},
          part_bytes - 1,
          part_bytes,
          part_bytes + 1,
          2 * part_bytes + 7}) {
        const std::string text = bytes(count);
        ASSERT_TRUE(put("org/2026/11/a" + std::to_string(count), text)) << count;
        EXPECT_TRUE(get("org/2026/11/a" + std::to_string(count)) == text) << count;
        const auto stat =
            bench_.wait(store().stat(bench_.context, "org/2026/11/a" + std::to_string(count)));
        ASSERT_TRUE(stat) << count;
        EXPECT_EQ(stat->bytes, count);
        EXPECT_NE(stat->etag, "");
    }
}

TEST_P(Conformance, ARangeIsTheBytesBetween) {
    const std::string text = bytes(part_bytes + 100'000);
    ASSERT_TRUE(put("a/b", text));

    EXPECT_EQ(get("a/b", Range{0, 1}), text.substr(0, 1));
    EXPECT_TRUE(get("a/b", Range{70'000, 200'000}) == text.substr(70'000, 200'000));
    EXPECT_TRUE(get("a/b", Range{part_bytes - 5, 10}) == text.substr(part_bytes - 5, 10));
    EXPECT_EQ(get("a/b", Range{text.size() - 1, 1}), text.substr(text.size() - 1));
}

TEST_P(Conformance, WhatWasNeverFinishedIsNotThereAndLeavesNothingToSweep) {
    const std::string text = bytes(part_bytes);
    for (const bool has_part : {false, true}) {
        auto writer = bench_.wait(store().write(bench_.context, "a/dropped", "text/plain"));
        ASSERT_TRUE(writer);
        if (has_part) ASSERT_TRUE(bench_.wait((*writer)->write(bench_.context, text)));
    }

    EXPECT_EQ(get("a/dropped"), "objects.not_found");
    EXPECT_TRUE(keys("").empty());
    bench_.wait(store().close());  // which waits for the end of what was dropped
    EXPECT_TRUE(unfinished("").empty());
}

TEST_P(Conformance, WhatComesInPartsIsSeenWhenItIsCompleteAndTwiceIsOnce) {
    const std::string text = bytes(2 * part_bytes + 7);
    const std::string id = begin("a/parts");
    ASSERT_TRUE(put_part("a/parts", id, 1, std::string(part_bytes, 'x')));
    const std::vector<Part> parts{
        // The same number again replaces it, and numbers have gaps.
        *put_part("a/parts", id, 1, text.substr(0, part_bytes)),
        *put_part("a/parts", id, 4, text.substr(part_bytes, part_bytes)),
        *put_part("a/parts", id, 9, text.substr(2 * part_bytes)),
    };
    ASSERT_TRUE(put_part("a/parts", id, 5, std::string(part_bytes, 'y')));
    EXPECT_EQ(get("a/parts"), "objects.not_found");

    for (int twice = 0; twice < 2; ++twice) {
        const auto completed =
            bench_.wait(store().complete(bench_.context, "a/parts", id, parts, text.size()));
        EXPECT_TRUE(completed) << completed.error().message;
        EXPECT_TRUE(get("a/parts") == text);
    }

    EXPECT_TRUE(unfinished("").empty());
    const auto late = bench_.wait(store().put_part(bench_.context, "a/parts", id, 10, "x"));
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().code, ErrorCode("objects.not_found"));
}

TEST_P(Conformance, ThePartsThatAreThereAreToldWithTheirLengths) {
    const std::string id = begin("a/parts");
    EXPECT_TRUE(bench_.wait(store().parts(bench_.context, "a/parts", id)).value().empty());
    const Part tenth = *put_part("a/parts", id, 10, "last");
    ASSERT_TRUE(put_part("a/parts", id, 2, std::string(part_bytes, 'x')));
    const Part second = *put_part("a/parts", id, 2, std::string(part_bytes, 'y'));

    const auto told = bench_.wait(store().parts(bench_.context, "a/parts", id));

    ASSERT_TRUE(told) << told.error().message;
    ASSERT_EQ(told->size(), 2);
    EXPECT_EQ(told->at(0).part.number, 2);
    EXPECT_EQ(told->at(0).bytes, part_bytes);
    EXPECT_EQ(told->at(1).part.number, 10);
    EXPECT_EQ(told->at(1).bytes, 4);
    const auto completed = bench_.wait(store().complete(
        bench_.context, "a/parts", id, {told->at(0).part, told->at(1).part}, part_bytes + 4
    ));
    EXPECT_TRUE(completed) << completed.error().message;
    EXPECT_TRUE(get("a/parts") == std::string(part_bytes, 'y') + "last");
    const auto late = bench_.wait(store().parts(bench_.context, "a/parts", id));
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().code, ErrorCode("objects.not_found"));
}

TEST_P(Conformance, APartThatWasReplacedIsNotTakenForTheOneThatWasStored) {
    const std::string id = begin("a/parts");
    const Part first = *put_part("a/parts", id, 1, std::string(part_bytes, 'x'));
    ASSERT_TRUE(put_part("a/parts", id, 1, std::string(part_bytes, 'y')));

    const auto completed =
        bench_.wait(store().complete(bench_.context, "a/parts", id, {first}, part_bytes));

    ASSERT_FALSE(completed);
    EXPECT_EQ(completed.error().code, ErrorCode("objects.parts_mismatch"));
    EXPECT_EQ(get("a/parts"), "objects.not_found");
}

TEST_P(Conformance, WhatIsAbortedIsGoneAndAbortingItAgainIsDone) {
    const std::string id = begin("a/parts");
    const Part part = *put_part("a/parts", id, 1, bytes(part_bytes));

    for (int twice = 0; twice < 2; ++twice) {
        EXPECT_TRUE(bench_.wait(store().abort(bench_.context, "a/parts", id)));
    }

    EXPECT_TRUE(unfinished("").empty());
    const auto late = bench_.wait(store().complete(bench_.context, "a/parts", id, {part}, 1));
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().code, ErrorCode("objects.not_found"));
}

TEST_P(Conformance, WhatIsUnfinishedIsToldWithItsAge) {
    const std::string text = bytes(part_bytes);
    ASSERT_TRUE(put("a/kept", "kept"));
    const auto writer = bench_.wait(store().write(bench_.context, "a/written", "text/plain"));
    ASSERT_TRUE(bench_.wait((*writer)->write(bench_.context, text)));
    const std::string id = begin("a/parts");
    begin("b/other");

    const std::vector<Unfinished> found = unfinished("a/");

    ASSERT_EQ(found.size(), 2);
    for (const Unfinished& one : found) {
        EXPECT_LT(one.begun_at - bench_.clock.now(), std::chrono::hours(1));
        EXPECT_LT(bench_.clock.now() - one.begun_at, std::chrono::hours(1));
        // A folder does not know what a writer writes.
        EXPECT_EQ(one.id == id, one.key == "a/parts");
        EXPECT_TRUE(bench_.wait(store().abort(bench_.context, one.key, one.id)));
    }
    EXPECT_TRUE(unfinished("a/").empty());
    EXPECT_EQ(get("a/kept"), "kept");
}

TEST_P(Conformance, WhatIsRemovedIsGoneAndRemovingItAgainIsDone) {
    ASSERT_TRUE(put("a/b", "text"));

    EXPECT_TRUE(bench_.wait(store().remove(bench_.context, "a/b")));
    EXPECT_EQ(get("a/b"), "objects.not_found");
    EXPECT_FALSE(bench_.wait(store().stat(bench_.context, "a/b")));
    EXPECT_TRUE(bench_.wait(store().remove(bench_.context, "a/b")));
    EXPECT_TRUE(bench_.wait(store().remove(bench_.context, "never/was")));
}

TEST_P(Conformance, AListIsInTheOrderOfTheKeysAndGoesOnAfterOne) {
    for (const char* key : {"a/b/c", "a/b-c", "a/b/a", "b", "ab"}) ASSERT_TRUE(put(key, "x"));

    EXPECT_EQ(keys(""), (std::vector<std::string>{"a/b-c", "a/b/a", "a/b/c", "ab", "b"}));
    EXPECT_EQ(keys("a/b/"), (std::vector<std::string>{"a/b/a", "a/b/c"}));
    EXPECT_EQ(keys("a", "a/b/a"), (std::vector<std::string>{"a/b/c", "ab"}));
    EXPECT_TRUE(keys("none").empty());
}

TEST_P(Conformance, ManyWritersAndReadersAtOnceDoNotMixTheirBytes) {
    std::array<std::string, 8> texts;
    int running = 0;
    const auto count_down = [&](const std::exception_ptr& fault) {
        EXPECT_FALSE(fault);
        --running;
    };
    for (std::size_t i = 0; i < texts.size(); ++i) {
        texts[i] = std::string(part_bytes + 1000 * i, static_cast<char>('a' + i));
        ++running;
        asio::co_spawn(
            bench_.loop,
            put(store(), bench_.context, "many/" + std::to_string(i), texts[i]),
            [&](const std::exception_ptr& fault, const Result<>& put) {
                EXPECT_TRUE(put);
                count_down(fault);
            }
        );
    }
    while (running > 0) bench_.loop.run_one();
    for (std::size_t i = 0; i < texts.size(); ++i) {
        EXPECT_TRUE(get("many/" + std::to_string(i)) == texts[i]);
    }
}

TEST_P(Conformance, AKeyOfAnotherShapeIsABug) {
    for (const std::string key :
         {"", "/a", "a/", "a//b", "../a", "a/../b", "A", "a b", "a.b", "\xc3\xa9"}) {
        EXPECT_THROW(get(key), std::invalid_argument) << key;
        EXPECT_THROW(put(key, "x"), std::invalid_argument) << key;
    }
    EXPECT_THROW(get(std::string(key_bytes_max + 1, 'a')), std::invalid_argument);
}

TEST_P(Conformance, TheProbeOfAGoodStoreIsContent) {
    const auto probe = bench_.wait(store().probe(bench_.context));

    EXPECT_TRUE(probe) << probe.error().message;
    EXPECT_TRUE(keys("").empty());
}

Task<Result<>> put_in(Store& store, trace::Context context, std::string key) {
    const auto writer = ACME_TRY(co_await store.write(context, std::move(key), "text/plain"));
    co_return co_await writer->finish(context, "text");
}

TEST(FileStoreAway, AFolderThatCannotBeReachedRefusesEachFileUntilItIsBack) {
    testing::DryBench bench;
    const std::filesystem::path folder = std::filesystem::temp_directory_path() /
                                         ("acme-away-" + std::to_string(bench.random.number()));
    std::ofstream(folder) << "in the way";
    FileStore store(folder, bench.loop, bench.telemetry);

    const auto refused = bench.wait(put_in(store, bench.context, "a"));
    const auto unread = bench.wait(store.stat(bench.context, "a"));
    EXPECT_FALSE(bench.wait(store.list(bench.context, "a", "")));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode("objects.unavailable"));
    EXPECT_FALSE(unread);
    std::filesystem::remove(folder);

    EXPECT_TRUE(bench.wait(put_in(store, bench.context, "a")));
    EXPECT_EQ(bench.wait(store.stat(bench.context, "a"))->bytes, 4u);
    std::filesystem::remove_all(folder);
}

INSTANTIATE_TEST_SUITE_P(
    Objects,
    Conformance,
    ::testing::ValuesIn(testing::drivers),
    [](const auto& info) { return info.param.name; }
);

}  // namespace
}  // namespace acme::objects
