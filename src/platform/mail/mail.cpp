#include "platform/mail/mail.hpp"

#include "base/text.hpp"
#include "io/pg/database.hpp"
#include "platform/mail/mail_jobs.hpp"

#include <boost/json/parse.hpp>
#include <prometheus/counter.h>

#include <stdexcept>

namespace acme::mail {
namespace {

constexpr pg::Query insert_mail{"mail.enqueue", R"sql(
    INSERT INTO mails (id, kind, about, created_at) VALUES ($1, $2, $3, $4)
)sql"};

constexpr pg::Query find_mail{"mail.find", R"sql(
    SELECT kind, about FROM mails WHERE id = $1 AND outcome IS NULL
)sql"};

constexpr pg::Query settle_mail{"mail.settle", R"sql(
    UPDATE mails SET outcome = $2, settled_at = $3, sealed = $4 WHERE id = $1 AND outcome IS NULL
)sql"};

constexpr pg::Query list_mails{"mail.list", R"sql(
    SELECT id, sealed, settled_at FROM mails
    WHERE outcome = 'kept' AND ($1::uuid IS NULL OR id < $1)
    ORDER BY id DESC LIMIT $2
)sql"};

constexpr pg::Query sweep_mails{"mail.sweep", R"sql(
    DELETE FROM mails WHERE created_at < $1
)sql"};

std::string to_json(const smtp::Letter& letter) {
    std::string json = R"({"to":)";
    append_json_string(json, letter.to);
    json += R"(,"subject":)";
    append_json_string(json, letter.subject);
    json += R"(,"text":)";
    append_json_string(json, letter.text);
    return json + "}";
}

smtp::Letter parse_letter(std::string_view json) {
    const auto value = boost::json::parse({json.data(), json.size()});
    return {
        .to = std::string(value.at("to").as_string()),
        .subject = std::string(value.at("subject").as_string()),
        .text = std::string(value.at("text").as_string()),
    };
}

}  // namespace

Mail::Mail(
    Options options, Loop& loop, pg::Database& db, const Secret& secret_keys, Telemetry& telemetry
)
    : options_(std::move(options)),
      db_(db),
      seal_(keys_for(secret_keys, "mailbox v1")),
      telemetry_(telemetry),
      client_(
          {.url = options_.smtp.url.clone(),
           .from = options_.smtp.from,
           .demands_tls = options_.smtp.demands_tls,
           .at_once_max = options_.smtp.at_once_max},
          loop,
          telemetry
      ),
      domain_(options_.smtp.from.substr(options_.smtp.from.rfind('@') + 1)) {}

void Mail::add(std::string_view kind, Write write) {
    if (!writers_.emplace(kind, std::move(write)).second) {
        throw std::logic_error("two rooms write " + std::string(kind));
    }
}

Task<> Mail::enqueue(
    pg::Transaction& transaction, trace::Context context, std::string_view kind, std::string about
) {
    const WallTime now = telemetry_.clock.now();
    const MailId id = MailId::make(now, telemetry_.random);
    co_await transaction.run(context, insert_mail, id, kind, about, now);
    co_await enqueue_delivery(transaction, context, telemetry_.clock, id);
}

Task<Result<std::optional<smtp::Letter>>> Mail::letter_of(trace::Context context, MailId id) {
    const auto rows = co_await db_.run(context, find_mail, id);
    if (rows.empty()) co_return std::nullopt;
    pg::Row row = rows[0];
    const auto writer = writers_.find(row.text());
    if (writer == writers_.end()) {
        // Another release that runs beside this one may.
        co_return refuse(ErrorKind::unavailable, "mail.unknown", "This release does not write it.");
    }
    auto letter = co_await writer->second(context, row.text());
    if (!letter) co_await settle(context, id, "dropped");
    co_return letter;
}

Task<Result<>> Mail::deliver(trace::Context context, MailId id) {
    const auto letter = ACME_TRY(co_await letter_of(context, id));
    if (!letter) co_return done;
    if (options_.way == Way::none) {
        co_return refuse(ErrorKind::unavailable, "mail.no_way", "There is no mail server.");
    }
    if (options_.way == Way::mailbox) {
        auto sealed = seal_.close(telemetry_.random, to_json(*letter), id.str());
        co_await settle(context, id, "kept", std::move(sealed));
        co_return done;
    }
    const auto sent = co_await client_.send(context, *letter, id.str() + "@" + domain_);
    if (!sent && sent.error().kind != ErrorKind::invalid) co_return std::unexpected(sent.error());
    co_await settle(context, id, sent ? "sent" : "refused");
    co_return sent;
}

Task<> Mail::settle(
    trace::Context context, MailId id, std::string_view outcome, std::optional<std::string> sealed
) {
    const WallTime now = telemetry_.clock.now();
    co_await db_.run(context, settle_mail, id, outcome, now, sealed);
    telemetry_.metrics
        .counter(
            "acme_notifications_total",
            "Messages to people, by their way and what became of them.",
            {{"channel", "mail"}, {"result", std::string(outcome)}}
        )
        .Increment();
}

Task<std::vector<Kept>> Mail::list(
    trace::Context context, std::optional<MailId> before, std::int64_t limit
) {
    const auto rows = co_await db_.run(context, list_mails, before, limit);
    std::vector<Kept> mails;
    for (int i = 0; i < rows.size(); ++i) {
        pg::Row row = rows[i];
        const auto id = row.id<MailId>();
        const auto opened = seal_.open(row.text(), id.str());
        smtp::Letter letter = opened ? parse_letter(opened->reveal()) : smtp::Letter{};
        mails.push_back({.id = id, .letter = std::move(letter), .at = row.time()});
    }
    co_return mails;
}

Task<> Mail::sweep(trace::Context context) {
    co_await db_.run(context, sweep_mails, telemetry_.clock.now() - kept_for);
}

}  // namespace acme::mail
