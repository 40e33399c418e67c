#include "io/telemetry/log.hpp"

#include "io/telemetry/metrics.hpp"

#include <gtest/gtest.h>
#include <prometheus/counter.h>

#include <array>
#include <csignal>
#include <fcntl.h>
#include <unistd.h>

namespace acme {
namespace {

constexpr WallTime midnight = std::chrono::sys_days(std::chrono::year(2026) / 11 / 23);

struct LogTest : ::testing::Test {
    ManualClock clock{midnight};
    SeededRandom random{1};
    trace::Trace trace{clock, random};
    std::string written;
    Log log{clock, LogLevel::info, [this](std::string_view line) { written += line; }};
};

/// A pipe whose reader reads when the test says so.
struct PipeTest : ::testing::Test {
    PipeTest() {
        std::signal(SIGPIPE, SIG_IGN);  // as the program does
        if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("pipe2");
        pipe.emplace(ends[1]);
        log.emplace(clock, LogLevel::debug, *pipe, LogOrigin{});
        log->collect(metrics, [this](std::chrono::milliseconds delay) { delays.push_back(delay); });
    }

    ~PipeTest() {
        read_all();
        ::close(ends[0]);
        log.reset();
        pipe.reset();
        ::close(ends[1]);
    }

    std::string read_all() {
        std::string text;
        std::array<char, 65536> bytes{};
        ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
        for (ssize_t n = 1; n > 0;) {
            n = ::read(ends[0], bytes.data(), bytes.size());
            if (n > 0) text.append(bytes.data(), static_cast<std::size_t>(n));
        }
        return text;
    }

    double dropped(const char* level) {
        return metrics.counter("log_lines_dropped_total", "", {{"level", level}}).Value();
    }

    ManualClock clock{midnight};
    Metrics metrics;
    std::array<int, 2> ends{};
    std::optional<LogPipe> pipe;
    std::optional<Log> log;
    std::vector<std::chrono::milliseconds> delays;
};

int count(std::string_view text, std::string_view part) {
    int found = 0;
    for (auto at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++found;
    return found;
}

TEST_F(LogTest, ALineIsOneJsonObjectWithAllItsPlaces) {
    const auto parent =
        trace::parse_traceparent("00-00000000000000010000000000000002-b7ad6b7169203331-01");
    log.write(
        LogLevel::warn,
        "disk",
        trace.begin(parent, 0),
        {{"path", "/a\"b\n"}, {"used", 90}, {"load", 0.5}, {"is_full", false}}
    );
    EXPECT_EQ(
        written,
        R"({"timestamp":"2026-11-23T00:00:00.000000Z","level":"warn","message":"disk",)"
        R"("request_id":null,"user_id":null,"trace_id":"00000000000000010000000000000002",)"
        R"("span_id":"b7ad6b7169203331","service":null,"version":null,"node":null,"route":null,)"
        R"("status":null,"duration_ms":null,"path":"/a\"b\n","used":90,"load":0.5,"is_full":false})"
        "\n"
    );
}

TEST_F(LogTest, WhatTheRequestKnowsFillsItsPlaces) {
    Log mine(
        clock,
        LogLevel::info,
        [this](std::string_view line) { written += line; },
        {"acme", "r-7", "app-1"}
    );
    const auto context = trace.begin(std::nullopt, 0);
    trace.request_id = "req_1";
    trace.user_id = "usr_1";
    trace.route = "GET /v1/files";
    mine.write(LogLevel::info, "x", context, {{"status", 200}, {"duration_ms", 1.25}});
    mine.write(LogLevel::info, "x", context, {{"route", "POST /x"}, {"version", 3}});

    EXPECT_NE(written.find(R"("request_id":"req_1","user_id":"usr_1")"), written.npos);
    EXPECT_NE(
        written.find(R"("span_id":null,"service":"acme","version":"r-7","node":"app-1",)"
                     R"("route":"GET /v1/files","status":200,"duration_ms":1.25})"),
        written.npos
    );
    EXPECT_NE(
        written.find(R"("route":"POST /x","status":null,"duration_ms":null,"x_version":3})"),
        written.npos
    );
}

TEST_F(LogTest, TheTimeIsThatOfTheLine) {
    log.info("a");
    clock.advance(std::chrono::microseconds(1'234'567));
    log.info("b");
    EXPECT_NE(written.find("2026-11-23T00:00:00.000000Z"), written.npos);
    EXPECT_NE(written.find("2026-11-23T00:00:01.234567Z"), written.npos);
}

TEST_F(LogTest, WhatIsBelowTheLevelIsNotWritten) {
    log.write(LogLevel::debug, "detail", {}, {});
    EXPECT_EQ(written, "");
}

TEST_F(LogTest, BytesThatAreNoTextDoNotSpoilTheLine) {
    log.info(
        "x",
        {{"name", "a\xff\xc3\xa9\xed\xa0\x80"}, {"load", std::numeric_limits<double>::infinity()}}
    );
    EXPECT_NE(written.find("\"a\\ufffd\xc3\xa9\\ufffd\\ufffd\\ufffd\""), std::string::npos);
    EXPECT_NE(written.find(R"("load":null)"), std::string::npos);
}

TEST_F(LogTest, ALongLineIsCutBetweenCharactersAndSaysSo) {
    for (const std::string& part :
         {std::string("x"),
          std::string("\xc3\xa9"),
          std::string("\x01"),
          std::string("\xf0\x9f\x98\x80")}) {
        std::string text;
        while (text.size() < 100'000) text += part;
        written.clear();
        log.write(LogLevel::info, text, {}, {{"a", text}, {"route", text}, {"b", text}, {"c", 1}});
        EXPECT_LE(written.size(), line_bytes_max);
        EXPECT_GT(written.size(), line_bytes_max * 9 / 10);
        EXPECT_TRUE(written.ends_with(",\"truncated\":true}\n"));
        EXPECT_EQ(written.find("fffd"), written.npos);
    }
}

TEST_F(LogTest, ManyFieldsDoNotMakeALineTooLong) {
    const std::string text(700, 'x');
    const std::string key(300, 'k');
    log.write(
        LogLevel::info,
        "x",
        {},
        {
            {key, text}, {key, text}, {key, text}, {key, text}, {key, text}, {key, text},
            {key, text}, {key, text}, {key, text}, {key, text}, {key, text}, {key, text},
            {key, text}, {key, text}, {key, text}, {key, text}, {key, text}, {key, text},
            {key, text}, {key, text}, {key, text},
        }
    );
    EXPECT_LE(written.size(), line_bytes_max);
    EXPECT_TRUE(written.ends_with(",\"truncated\":true}\n"));
}

TEST_F(PipeTest, TheLinesOfATurnAreWrittenTogether) {
    log->info("one");
    log->info("two");
    EXPECT_EQ(read_all(), "");
    EXPECT_EQ(delays.size(), 1);
    log->flush();
    EXPECT_EQ(count(read_all(), "\n"), 2);
}

TEST_F(PipeTest, AWarningTakesWhatWaitsAlongAtOnce) {
    log->info("one");
    log->warn("two");
    EXPECT_EQ(count(read_all(), "\n"), 2);
}

TEST_F(PipeTest, WhenNobodyReadsDebugIsDroppedThenInfoAndNeverAWarning) {
    const std::string text(200, 'x');
    for (int i = 0; i < 2'000; ++i) log->write(LogLevel::debug, "d", {}, {{"text", text}});
    for (int i = 0; i < 4'000; ++i) log->info("i", {{"text", text}});
    EXPECT_GT(dropped("debug"), 1'000);
    for (int i = 0; i < 8'000; ++i) {
        log->warn("w", {{"number", i}});
        log->info("i", {{"text", text}});
    }
    EXPECT_GT(dropped("info"), 1'000);
    EXPECT_EQ(dropped("warn"), 0);

    std::string all;
    for (std::string part = read_all(); !part.empty(); part = read_all()) {
        all += part;
        log->flush();
    }
    EXPECT_EQ(count(all, R"("message":"w")"), 8'000);
    EXPECT_EQ(count(all, "{\"timestamp\""), count(all, "\n"));
    const int lost = static_cast<int>(dropped("debug") + dropped("info"));
    EXPECT_EQ(count(all, "\n") + lost, 22'000);
}

TEST_F(PipeTest, EvenErrorsHaveAnEnd) {
    const std::string text(15'000, 'x');
    for (int i = 0; i < 2'000; ++i) log->error("e", {{"text", text}});
    EXPECT_GT(dropped("error"), 0);
}

TEST_F(PipeTest, TheOtherEndsOfThePipeStayAsTheyWere) {
    EXPECT_EQ(::fcntl(ends[1], F_GETFL) & O_NONBLOCK, 0);
}

TEST_F(PipeTest, AReaderThatIsGoneIsCounted) {
    ::close(ends[0]);
    log->warn("nobody hears it");
    EXPECT_EQ(dropped("warn"), 1);
    ends[0] = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
}

}  // namespace
}  // namespace acme
