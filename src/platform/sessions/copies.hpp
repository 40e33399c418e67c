#pragma once

/// The copies of sessions in Redis.
///
/// | key | what it is |
/// |---|---|
/// | `s:{<user>}:<hash>` | a session, or "-": one that has ended, which nobody may fill in again |
/// | `us:{<user>}` | which copies there are of the user, and the least version they may have |
///
/// A reader that was slow could write back what it had read before an end. So an end leaves "-"
/// for longer than any reader takes, and a change of the user's rights leaves its version.

#include "base/task.hpp"
#include "io/redis/client.hpp"
#include "platform/limits/limits.hpp"
#include "platform/sessions/live.hpp"

#include <optional>
#include <string>

namespace acme::sessions {

class Copies {
public:
    /// After this PostgreSQL is asked again, whatever was missed.
    static constexpr std::chrono::minutes life{15};

    explicit Copies(redis::Client& redis) : redis_(redis) {}

    enum class State : std::uint8_t { here, ended, absent, unknown };
    struct Found {
        State state;  // unknown: Redis does not answer
        std::optional<Live> live = std::nullopt;
        std::optional<limits::Standing> standing = std::nullopt;  // none: not counted
    };

    /// One round trip.
    Task<Found> find(trace::Context context, UserId user, std::string hash);

    /// The same, and counts the request against the quotas of `caller` and of the organization that
    /// the copy names, if there is one that has not ended: in the same round trip.
    Task<Found> count(
        trace::Context context,
        UserId user,
        std::string hash,
        limits::Caller caller,
        limits::Limits& limits
    );

    /// Unless it has ended or its version is too old. Failures are nobody's loss.
    Task<> put(trace::Context context, std::string hash, Live live);

    /// False: Redis did not answer, and the copy may still be there.
    Task<bool> end(trace::Context context, UserId user, std::string hash);

    /// Drops all copies of the user that are older than `version`.
    Task<bool> outdate(trace::Context context, UserId user, std::int64_t version);

private:
    redis::Client& redis_;
};

}  // namespace acme::sessions
