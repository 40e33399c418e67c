#pragma once

/// Mails to people, at least once. The room owns the table mails (sql/202611290840_mail.sql).
///
/// What a mail says is written when it is sent, and again whenever that has to be repeated, by the
/// room that asked for it: until then it is a kind and an id, so nothing secret lies anywhere.

#include "base/ids.hpp"
#include "base/result.hpp"
#include "base/seal.hpp"
#include "io/smtp/smtp.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace acme::pg {
class Database;
class Transaction;
}  // namespace acme::pg

namespace acme::mail {

using MailId = Id<"mal_">;

inline constexpr std::chrono::days kept_for{7};

/// Where mails go: to a server; on one machine without a server, into the mailbox; or nowhere.
enum class Way : std::uint8_t { smtp, mailbox, none };

constexpr std::string_view name_of(Way way) {
    switch (way) {
        case Way::smtp: return "smtp";
        case Way::mailbox: return "mailbox";
        case Way::none: return "none";
    }
    return "none";
}

struct Options {
    Way way = Way::none;
    smtp::Options smtp = {};  // `from` counts in the mailbox too
};

/// Says what is to be said about `about`: the same each time, as far as it can. nullopt: nothing,
/// any more.
using Write = std::function<Task<std::optional<smtp::Letter>>(trace::Context, std::string about)>;

/// A mail in the mailbox.
struct Kept {
    MailId id;
    smtp::Letter letter;
    WallTime at;
};

/// Every function throws pg::Fault when the database is out of reach.
class Mail {
public:
    /// `secret_keys` is SECRET_KEY as given; the mailbox has a key of its own out of it.
    Mail(
        Options options,
        Loop& loop,
        pg::Database& db,
        const Secret& secret_keys,
        Telemetry& telemetry
    );

    Way way() const { return options_.way; }

    /// `kind` is "room.verb" and never changes once rows carry it. Twice is a bug and throws.
    void add(std::string_view kind, Write write);

    /// A mail that exists if and only if `transaction` commits. `about` is the id of a row.
    Task<> enqueue(
        pg::Transaction& transaction,
        trace::Context context,
        std::string_view kind,
        std::string about
    );

    /// The job of a mail. Twice: one that is settled stays so; one that was sent when its worker
    /// died goes out again under the same Message-ID, by which mailboxes know it. Errors:
    /// mail.unknown and mail.no_way (unavailable), and those of smtp::Client::send().
    Task<Result<>> deliver(trace::Context context, MailId id);

    /// The mailbox, newest first, those before `before`. What no key opens any more is not shown.
    Task<std::vector<Kept>> list(
        trace::Context context, std::optional<MailId> before, std::int64_t limit
    );

    /// Forgets mails after a week. Twice: there is nothing left.
    Task<> sweep(trace::Context context);

private:
    Task<Result<std::optional<smtp::Letter>>> letter_of(trace::Context context, MailId id);
    Task<> settle(
        trace::Context context,
        MailId id,
        std::string_view outcome,
        std::optional<std::string> sealed = std::nullopt
    );

    Options options_;
    pg::Database& db_;
    Seal seal_;
    Telemetry& telemetry_;
    smtp::Client client_;
    std::string domain_;  // of our Message-IDs
    std::map<std::string, Write, std::less<>> writers_;
};

}  // namespace acme::mail
