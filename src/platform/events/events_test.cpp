// From publish() in one transaction to the stream of a reader in another.
#include "platform/events/events.hpp"

#include "platform/events/events_jobs.hpp"
#include "platform/events/hub.hpp"
#include "testing/bench.hpp"
#include "testing/text_body.hpp"

#include <array>

namespace acme::events {
namespace {

using std::chrono::seconds;

constexpr pg::Query make_old{"test.make_old", "UPDATE events SET at = at - interval '25 hours'"};
constexpr pg::Query count_events{"test.count_events", "SELECT count(*) FROM events"};

/// A stream that is being read.
struct Reader {
    std::unique_ptr<http::Source> source;
    std::string text;
};

struct EventsBench : testing::Bench {
    ~EventsBench() { wait(hub.close()); }

    Task<> publish_now(Event event) {
        auto transaction = co_await db.begin(context);
        co_await publish(transaction, context, std::move(event));
        co_await transaction.commit(context);
    }

    Task<> publish_now(std::string id, std::optional<OrgId> org, std::string data) {
        auto transaction = co_await db.begin(context);
        co_await publish(
            transaction,
            context,
            {.topic = "files", .id = std::move(id), .verb = "created", .org = org, .data = data}
        );
        co_await transaction.commit(context);
    }

    void happen(std::string id, std::optional<OrgId> org, std::string data = "{}") {
        wait(publish_now(std::move(id), org, std::move(data)));
    }

    Result<http::Response> try_open(
        const Identity& who, std::string_view last = "", std::string_view topics = "files,nodes"
    ) {
        testing::TextBody body("");
        const std::string target = "/v1/events?topics=" + std::string(topics);
        const std::array headers{http::Header{"Last-Event-ID", last}};
        const http::Request request{.target = target, .headers = headers, .body = body};
        return wait(hub.open(http::Call{request, context, {}, who}));
    }

    Reader open(const Identity& who, std::string_view last = "") {
        return {std::move(try_open(who, last)->source), ""};
    }

    Task<> read(Reader& reader, std::string text) {
        while (reader.text.find(text) == std::string::npos) {
            const auto piece = co_await reader.source->read();
            if (piece.empty()) throw std::runtime_error("the stream has ended: " + reader.text);
            reader.text += piece;
        }
    }

    /// Reads until `text` has come, and returns everything so far.
    std::string read_until(Reader& reader, std::string text) {
        wait(read(reader, std::move(text)));
        return reader.text;
    }

    Task<> read_rest(Reader& reader) {
        for (;;) {
            const auto piece = co_await reader.source->read();
            if (piece.empty()) co_return;
            reader.text += piece;
        }
    }

    Identity make_user() {
        return {.user = UserId::make(clock.now(), random), .org = OrgId::make(clock.now(), random)};
    }

    Hub hub{db, telemetry, {.poll_period = std::chrono::milliseconds(5), .streams_max = 3}};
    Identity mia = make_user();
    Identity other = make_user();
    Identity op{
        .user = UserId::make(clock.now(), random),
        .org = mia.org,
        .platform_role = PlatformRole::viewer,
    };
};

/// The last "id: " in a stream.
std::string last_id(const std::string& text) {
    const auto at = text.rfind("id: ") + 4;
    return text.substr(at, text.find('\n', at) - at);
}

int count(const std::string& text, std::string_view part) {
    int found = 0;
    for (auto at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++found;
    return found;
}

TEST(Events, WhatIsCommittedComesToItsReadersAndWhatIsNotDoesNot) {
    EventsBench bench;
    Reader reader = bench.open(bench.mia);
    {
        auto transaction = bench.wait(bench.db.begin(bench.context));
        bench.wait(publish(
            transaction,
            bench.context,
            {.topic = "files", .id = "dropped", .verb = "created", .org = bench.mia.org}
        ));
    }
    bench.happen("fil_1", bench.mia.org, "{\"name\":\n\"a\"}");
    const std::string text = bench.read_until(reader, "fil_1");
    EXPECT_TRUE(text.starts_with("retry: 2000\nid: "));
    EXPECT_EQ(text.find("dropped"), text.npos);
    EXPECT_NE(text.find("\nevent: files\ndata: {\"topic\":\"files\",\"id\":\"fil_1\","), text.npos);
    EXPECT_NE(text.find(R"("verb":"created","patch":{"name": "a"}})"), text.npos);
}

TEST(Events, ATransactionThatCommitsLateIsNotPassedBy) {
    EventsBench bench;
    Reader reader = bench.open(bench.mia);
    auto slow = bench.wait(bench.db.begin(bench.context));
    const Event early{.topic = "files", .id = "early", .verb = "created", .org = bench.mia.org};
    bench.wait(publish(slow, bench.context, early));
    bench.happen("late", bench.mia.org);
    bench.wait(sleep_for(std::chrono::milliseconds(50)));  // many looks
    bench.wait(slow.commit(bench.context));

    const std::string text = bench.read_until(reader, "late");

    EXPECT_LT(text.find("early"), text.find("late"));
}

TEST(Events, AReaderSeesItsOwnOrganizationAndThePlatformOnlyWithARoleThere) {
    EventsBench bench;
    Reader mia = bench.open(bench.mia);
    Reader other = bench.open(bench.other);
    Reader op = bench.open(bench.op);
    bench.happen("of_mia", bench.mia.org);
    bench.happen("of_all", std::nullopt);
    bench.happen("of_other", bench.other.org);
    bench.happen("end_mia", bench.mia.org);
    EXPECT_EQ(count(bench.read_until(other, "of_other"), "event: files"), 1);
    EXPECT_EQ(count(bench.read_until(mia, "end_mia"), "event: files"), 2);
    EXPECT_EQ(count(bench.read_until(op, "end_mia"), "event: files"), 3);
}

TEST(Events, AReaderThatComesBackGetsWhatItHasMissedOnce) {
    EventsBench bench;
    std::string id;
    {
        Reader reader = bench.open(bench.mia);
        bench.happen("first", bench.mia.org);
        id = last_id(bench.read_until(reader, "first"));
    }
    bench.happen("second", bench.mia.org);
    bench.happen("hidden", bench.other.org);
    bench.happen("third", bench.mia.org);
    Reader back = bench.open(bench.mia, id);
    bench.happen("fourth", bench.mia.org);
    const std::string text = bench.read_until(back, "fourth");
    EXPECT_EQ(count(text, "event: files"), 3);
    EXPECT_EQ(text.find("first"), text.npos);
    EXPECT_EQ(text.find("event: reset"), text.npos);
}

TEST(Events, WhoMissedMoreThanCanBeToldIsAskedToLookAnew) {
    EventsBench bench;
    const auto now = bench.clock.now();
    EXPECT_EQ(parse_place(to_text({7, 8}, now), now), (Place{7, 8}));
    for (const std::string& id : {
             std::string("nonsense"),
             std::string("1-2"),
             to_text({7, 8}, now - std::chrono::hours(25)),
             to_text({std::uint64_t{1} << 60, 8}, now),
         }) {
        Reader reader = bench.open(bench.mia, id);
        EXPECT_NE(bench.read_until(reader, "event: reset").find("id: "), std::string::npos) << id;
    }
}

TEST(Events, AQuietStreamHasAHeartbeatAndEndsAfterAWhile) {
    EventsBench bench;
    Reader reader = bench.open(bench.mia);
    bench.read_until(reader, "retry");
    bench.wait(sleep_for(std::chrono::milliseconds(20)));
    bench.clock.advance(seconds(16));
    EXPECT_NE(bench.read_until(reader, ": heartbeat\n\n").find("id: "), std::string::npos);
    bench.clock.advance(std::chrono::minutes(15));
    bench.wait(bench.read_rest(reader));
    EXPECT_EQ(reader.text.find("event: drain"), std::string::npos);
}

TEST(Events, AStreamEndsWithItsSessionAndWhenItsUserIsChanged) {
    EventsBench bench;
    const SessionId session = SessionId::make(bench.clock.now(), bench.random);
    bench.mia.session = session;
    const std::string name = bench.mia.user.str();
    const std::string data = R"({"user":")" + name + R"("})";
    const OrgId org = bench.mia.org;
    for (const Event& event : {
             Event{.topic = "sessions", .id = session.str(), .verb = "deleted", .org = org},
             Event{.topic = "sessions", .id = "all", .verb = "deleted", .org = org, .data = data},
             Event{.topic = "users", .id = name, .verb = "updated"},
         }) {
        Reader reader = bench.open(bench.mia);
        Reader neighbour = bench.open(bench.op);
        bench.wait(bench.publish_now({.topic = "sessions", .id = "ses_1", .verb = "deleted"}));
        bench.wait(bench.publish_now({.topic = "sessions", .id = session.str(), .verb = "created"})
        );
        bench.happen("before", org);
        bench.read_until(reader, "before");
        bench.wait(bench.publish_now(event));
        bench.wait(bench.read_rest(reader));
        bench.happen("after", org);
        bench.read_until(neighbour, "after");
        EXPECT_EQ(reader.text.find("after"), std::string::npos);
    }
}

TEST(Events, ADrainIsSaidBeforeTheEnd) {
    EventsBench bench;
    Reader reader = bench.open(bench.mia);
    reader.source->end_soon();
    bench.wait(bench.read_rest(reader));
    EXPECT_TRUE(reader.text.ends_with("event: drain\ndata: {}\n\n"));
}

Task<std::string> show(std::string state, int& asked) {
    ++asked;
    co_return state;
}

TEST(Events, ALiveTopicIsSentWhenItChangesToThosePeopleOnlyWhoOperate) {
    EventsBench bench;
    int asked = 0;
    std::string state = R"({"up":3})";
    bench.hub.add_live("nodes", seconds(1), [&](trace::Context) { return show(state, asked); });
    Reader mia = bench.open(bench.mia);
    Reader op = bench.open(bench.op);
    bench.read_until(op, R"(data: {"topic":"nodes","id":"","verb":"snapshot","patch":{"up":3}})");
    bench.clock.advance(seconds(2));
    for (int i = 0; i < 1000 && asked < 2; ++i) {
        bench.wait(sleep_for(std::chrono::milliseconds(10)));
    }
    bench.wait(sleep_for(std::chrono::milliseconds(30)));  // and not once more
    EXPECT_EQ(asked, 2);
    state = R"({"up":2})";
    bench.clock.advance(seconds(2));
    EXPECT_EQ(count(bench.read_until(op, R"({"up":2})"), "event: nodes"), 2);
    mia.source->end_soon();
    bench.wait(bench.read_rest(mia));
    EXPECT_EQ(mia.text.find("nodes"), std::string::npos);
}

TEST(Events, StreamsAndTopicsAreLimited) {
    EventsBench bench;
    const auto code = [&](std::string_view topics) {
        const auto opened = bench.try_open(bench.mia, "", topics);
        return opened ? "fine" : std::string(opened.error().code.text());
    };
    EXPECT_EQ(code(""), "events.topics");
    EXPECT_EQ(code("files,"), "events.topics");
    EXPECT_EQ(code("Files"), "events.topics");
    EXPECT_EQ(code("files"), "fine");
    std::vector<Reader> readers;
    for (int i = 0; i < 3; ++i) readers.push_back(bench.open(bench.mia));
    EXPECT_EQ(code("files"), "events.too_many");
    readers.pop_back();
    EXPECT_EQ(code("files"), "fine");
}

TEST(Events, WhatIsOlderThanADayIsSwept) {
    EventsBench bench;
    bench.happen("old", bench.mia.org);
    bench.wait(bench.db.run(bench.context, make_old));
    bench.happen("new", bench.mia.org);
    jobs::Registry jobs;
    add_jobs(jobs, bench.db);
    ASSERT_NE(jobs.find("events.sweep"), nullptr);
    EXPECT_TRUE(bench.wait((*jobs.find("events.sweep"))(bench.context, "{}")));
    const auto rows = bench.wait(bench.db.run(bench.context, count_events));
    EXPECT_EQ(rows[0].integer(), 1);
}

}  // namespace
}  // namespace acme::events
