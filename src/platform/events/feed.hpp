#pragma once

/// One reader of /v1/events: what waits to be sent to it. Private to platform/events.

#include "base/identity.hpp"
#include "io/http/message.hpp"
#include "io/loop/wait_queue.hpp"
#include "platform/events/log.hpp"

#include <set>

namespace acme::events {

class Hub;

using Topics = std::set<std::string, std::less<>>;

class Feed final : public http::Source {
public:
    Feed(Hub& hub, Identity who, Topics topics);
    ~Feed() override;
    Feed(const Feed&) = delete;
    Feed& operator=(const Feed&) = delete;

    Task<std::string_view> read() override;

    /// Says "event: drain", so that the reader goes to another node, and ends.
    void end_soon() override;

    const Identity& who() const { return who_; }
    bool wants(std::string_view topic) const { return topics_.contains(topic); }
    bool may_see(const Row& row) const;

    /// Whether its reader may have lost the session or the rights with which it was opened.
    bool is_outdated_by(const Row& row) const;

    /// The row as it is sent; "" if it is not wanted, not to be seen, or was sent before.
    std::string message_of(const Row& row, WallTime now) const;

    /// What comes live. A reader that takes nothing for so long that pending_bytes_max wait is told
    /// to look anew, and ended.
    void push(std::string_view text);

    /// What comes live waits, until what was before it is given to release().
    void hold() { is_holding_ = true; }
    void release(std::string_view before);

    /// Rows up to here were sent before.
    void skip_to(Place place) { sent_to_ = place; }

    /// Ends without a word; the reader comes back by itself.
    void end();

    static constexpr std::size_t pending_bytes_max = std::size_t{1024} * 1024;

    SteadyTime opened_at{};
    SteadyTime heard_at{};  // when something was last known to have been pushed
    bool has_news = false;  // something was pushed since

private:
    void wake();

    Hub& hub_;
    Identity who_;
    Topics topics_;
    std::string pending_;
    std::string held_;
    std::string sending_;
    Place sent_to_;
    WaitQueue<bool> waiting_;
    bool is_holding_ = false;
    bool is_draining_ = false;
    bool is_over_ = false;
};

/// `data` is one line of JSON.
std::string to_message(std::string_view place, std::string_view topic, std::string_view data);

/// The state of a live topic; it has no place, for the next one replaces it.
std::string live_message(std::string_view topic, std::string_view json);

/// Tells the reader that events are missing: everything it shows is to be fetched again.
inline constexpr std::string_view reset_message = "event: reset\ndata: {}\n\n";

}  // namespace acme::events
