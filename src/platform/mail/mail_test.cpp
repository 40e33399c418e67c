// Mails through their class and their job, on a real PostgreSQL. How a mail server is spoken to is
// tests/test_mail.py, with one that others wrote.
#include "platform/mail/mail.hpp"

#include "platform/mail/mail_jobs.hpp"
#include "testing/bench.hpp"
#include "testing/child.hpp"
#include "work/jobs/worker.hpp"

namespace acme::mail {
namespace {

const char* const secret_keys = "a-secret-key-for-tests-with-32-bytes-and-more";

constexpr pg::Query list_outcomes{"test.outcomes", R"sql(
    SELECT coalesce(outcome, 'waits') || ' ' || about FROM mails ORDER BY id
)sql"};

constexpr pg::Query find_text{"test.find_text", R"sql(
    SELECT count(*) FROM mails m, jobs j WHERE strpos(m::text || j::text, $1) > 0
)sql"};

constexpr pg::Query find_refusal{
    "test.refusal", "SELECT coalesce((SELECT error_type FROM jobs_dead), 'none')"
};

Task<std::optional<smtp::Letter>> write(std::string about) {
    if (about == "nothing") co_return std::nullopt;
    co_return smtp::Letter{.to = "ada@example.com", .subject = "Hello", .text = "Of " + about};
}

struct MailBench : testing::Bench {
    explicit MailBench(Options options)
        : mail(std::move(options), loop, db, Secret(secret_keys), telemetry) {
        mail.add("test.hello", [](trace::Context, std::string about) {
            return write(std::move(about));
        });
        add_jobs(jobs, mail);
    }

    Task<> enqueue(std::string about, bool commits = true, std::string_view kind = "test.hello") {
        auto transaction = co_await db.begin(context);
        co_await mail.enqueue(transaction, context, kind, std::move(about));
        if (commits) co_await transaction.commit(context);
    }

    int deliver() {
        int count = 0;
        while (wait(worker.run_one())) ++count;
        return count;
    }

    std::vector<std::string> outcomes() {
        std::vector<std::string> texts;
        const auto rows = wait(db.run(context, list_outcomes));
        for (int i = 0; i < rows.size(); ++i) texts.push_back(rows[i].text());
        return texts;
    }

    std::vector<Kept> kept(std::optional<MailId> before = std::nullopt, int limit = 10) {
        return wait(mail.list(context, before, limit));
    }

    Mail mail;
    jobs::Registry jobs;
    jobs::Worker worker{jobs, db, telemetry};
};

using Texts = std::vector<std::string>;

TEST(Mail, OneOfADroppedTransactionNeverWas) {
    MailBench bench({.way = Way::mailbox});
    bench.wait(bench.enqueue("one", false));
    bench.wait(bench.enqueue("two"));
    EXPECT_EQ(bench.deliver(), 1);
    EXPECT_EQ(bench.outcomes(), Texts{"kept two"});
}

TEST(Mail, WithoutAServerItIsKeptSealedAndShownNewestFirst) {
    MailBench bench({.way = Way::mailbox});
    for (const char* about : {"one", "two", "three"}) {
        bench.wait(bench.enqueue(about));
        bench.clock.advance(std::chrono::seconds(1));
    }
    bench.deliver();
    const auto newest = bench.kept(std::nullopt, 2);
    ASSERT_EQ(newest.size(), 2);
    EXPECT_EQ(newest[0].letter.to, "ada@example.com");
    EXPECT_EQ(newest[0].letter.text, "Of three");
    const auto older = bench.kept(newest[1].id);
    ASSERT_EQ(older.size(), 1);
    EXPECT_EQ(older[0].letter.text, "Of one");
    EXPECT_EQ(bench.wait(bench.db.run(bench.context, find_text, "Of one"))[0].integer(), 0);

    bench.clock.advance(kept_for);
    bench.wait(bench.mail.sweep(bench.context));
    EXPECT_TRUE(bench.kept().empty());
}

TEST(Mail, OneWithNothingLeftToSayIsDropped) {
    MailBench bench({.way = Way::mailbox});
    bench.wait(bench.enqueue("nothing"));
    EXPECT_EQ(bench.deliver(), 1);
    EXPECT_EQ(bench.outcomes(), Texts{"dropped nothing"});
}

TEST(Mail, AKindThatOnlyAnotherReleaseKnowsWaits) {
    MailBench bench({.way = Way::mailbox});
    bench.wait(bench.enqueue("one", true, "test.newer"));
    EXPECT_EQ(bench.deliver(), 1);
    EXPECT_EQ(bench.outcomes(), Texts{"waits one"});
}

TEST(Mail, AServerThatIsAwayIsAskedAgainAndNothingSecretIsWrittenDown) {
    const std::string port = std::to_string(testing::free_port());
    MailBench bench(
        {.way = Way::smtp,
         .smtp = {.url = Secret("smtp://ada:canary@127.0.0.1:" + port), .from = "acme@example.com"}}
    );
    bench.wait(bench.enqueue("one"));
    EXPECT_EQ(bench.deliver(), 1);
    EXPECT_EQ(bench.outcomes(), Texts{"waits one"});
    EXPECT_EQ(bench.wait(bench.db.run(bench.context, find_refusal))[0].text(), "none");
    bool is_said = false;
    for (const std::string& line : bench.lines) {
        is_said = is_said || line.find("smtp.send") != line.npos;
        for (const char* secret : {"canary", "ada@example.com", "Of one"}) {
            EXPECT_EQ(line.find(secret), line.npos) << line;
        }
    }
    EXPECT_TRUE(is_said);
    bench.clock.advance(std::chrono::minutes(1));
    EXPECT_EQ(bench.deliver(), 1) << "it was not tried again";
}

TEST(Mail, WithoutAWayItWaitsForOne) {
    MailBench bench({.way = Way::none});
    bench.wait(bench.enqueue("one"));
    EXPECT_EQ(bench.deliver(), 1);
    EXPECT_EQ(bench.outcomes(), Texts{"waits one"});
}

TEST(Mail, ALineEndInAHeaderIsRefused) {
    MailBench bench({.way = Way::mailbox});
    smtp::Client client(
        {.url = Secret("smtp://127.0.0.1:1"), .from = "acme@example.com"},
        bench.loop,
        bench.telemetry
    );
    smtp::Letter letter{
        .to = "ada@example.com>\r\nBcc: <eve@example.com", .subject = "", .text = ""
    };
    EXPECT_THROW(
        bench.wait(client.send(bench.context, std::move(letter), "id@example.com")),
        std::invalid_argument
    );
}

}  // namespace
}  // namespace acme::mail
