#pragma once

/// Who sends what to which webhook now. Each webhook is a lane: one sender of all holds it, for a
/// while, and sends a few deliveries of it at once. So a receiver gets no more at once than that,
/// however many senders there are, and one that is slow holds up nobody else.
///
/// Two deliveries about the same subject are never under way at once: the later one waits until the
/// earlier is delivered, or has no tries left. What is about other subjects goes by.
///
/// A sender that dies lets go of its lanes when their time is up; what it was sending is sent
/// again. What it writes late is refused by the number of the attempt.

#include "platform/mail/mail.hpp"
#include "platform/webhooks/deliveries.hpp"
#include "platform/webhooks/post.hpp"

namespace acme::accounts {
class Memberships;
}

namespace acme::pg {
class Rows;
}

namespace acme::webhooks {

inline constexpr std::chrono::seconds hold_time{30};  // more than a round can take
inline constexpr int per_lane_max = 4;                // deliveries at once
inline constexpr int mails_max = 20;  // to administrators, about one that is disabled

struct Lane {
    WebhookId webhook;
    OrgId org;
    Uuid holder;
    bool is_struck = false;  // the last attempt failed
    bool is_own = false;     // a listener's: each event is sent once, and nothing disables it
    std::string url;
    std::vector<Secret> secrets;  // that sign now
};

/// Free places of a sender.
struct Room {
    int sound = 0;
    int struck = 0;  // so that those that fail, and are slow as a rule, do not take all
};

/// A listener (Webhooks::listen), for the sender that belongs to it.
struct Own {
    OrgId org;
    WebhookId webhook;
};

struct Due {
    DeliveryId id;
    EventId event;
    std::string type;
    std::string body;
    int attempts = 0;  // so far
    int tries = 0;
    std::string traceparent;
    std::string request_id;
};

/// What came of an attempt, for people: "delivered", "retried", "failed", "lost".
using Fate = std::string_view;

/// Every function throws pg::Fault when the database is out of reach.
class Lanes {
public:
    /// Adds the letter about a webhook that was disabled to `mail`. `base_url` is where the
    /// dashboard is. All outlive this.
    Lanes(
        std::string base_url,
        pg::Database& db,
        Webhooks& webhooks,
        accounts::Memberships& memberships,
        mail::Mail& mail,
        Telemetry& telemetry
    );

    /// Lanes with something due, held from now on for hold_time; also those whose holder's time was
    /// up.
    Task<std::vector<Lane>> claim(trace::Context context, Room room);

    /// The lane of a listener, which claim() leaves alone, if something is due in it.
    Task<std::vector<Lane>> claim_own(trace::Context context, Own own);

    /// What is due in it, the oldest first, at most per_lane_max.
    Task<std::vector<Due>> due(trace::Context context, const Lane& lane);

    /// Writes an attempt down and what becomes of the delivery; and of the webhook, which is
    /// disabled after failing_max or with 410, its administrators being told by mail. "lost": the
    /// delivery is not as it was when the attempt began, and nothing is written.
    Task<Fate> record(
        trace::Context context, const Lane& lane, const Due& due, const Posted& posted
    );

    /// Another may have it, when something is due again.
    Task<> release(trace::Context context, const Lane& lane);

private:
    struct Verdict {
        State state = State::delivered;
        std::chrono::milliseconds pause{0};  // of one that is pending
        Fate fate = "delivered";
    };

    std::vector<Lane> lanes_in(const pg::Rows& rows, Uuid holder) const;
    Verdict judge(const Lane& lane, const Due& due, const Posted& posted);
    Task<> strike(
        pg::Transaction& transaction, trace::Context context, const Lane& lane, const Posted& posted
    );
    Task<> disable(
        pg::Transaction& transaction, trace::Context context, const Lane& lane, std::string_view why
    );
    Task<std::optional<smtp::Letter>> write(trace::Context context, std::string about);

    std::string base_url_;
    pg::Database& db_;
    Webhooks& webhooks_;
    accounts::Memberships& memberships_;
    mail::Mail& mail_;
    Telemetry& telemetry_;
};

}  // namespace acme::webhooks
