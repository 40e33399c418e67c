#pragma once

/// What this thread lets through by itself: the limit divided by the nodes that live and by the
/// threads of this one, in the same exact window. It keeps count all the time, also of what Redis
/// let through, so that a loss of Redis opens no second window.
///
/// What passed unheard by Redis is owed to it, and told with the next call.
///
/// Redis that answers may have forgotten: it was emptied, began anew, or a copy of it took over
/// that had not heard of everything. It shows when Redis counts less than this thread itself let
/// through. From then on, for one window, what passes has to be within the limit of Redis and
/// within the share; after it Redis knows all that counts.
///
/// The bound: if the requests of a user are spread evenly over the nodes, as the balancer does it,
/// what passes stays within the limit. Who sent all to one node can get the shares of the others on
/// top, once for each loss.

#include "base/clock.hpp"
#include "platform/limits/window.hpp"

#include <list>
#include <string>
#include <unordered_map>

namespace acme::limits {

class Share {
public:
    Share(std::int64_t threads, std::chrono::seconds window, std::size_t keys_max)
        : threads_(threads), window_(window), keys_max_(keys_max) {}

    /// How many nodes live, this one included. Fewer count only after a window: what those let
    /// through that are gone is still in it.
    void set_nodes(SteadyTime now, std::int64_t nodes);

    std::int64_t of(std::int64_t limit) const { return limit / nodes_ / threads_; }

    /// What this thread let through so short ago that Redis has to know of it. To be asked before
    /// Redis is.
    std::int64_t recent(const std::string& key, SteadyTime now) const;

    /// What passed unheard by Redis within a window: for whoever tells it now. What does not get
    /// there is given back. What may be in the reply to a call that is late is not told meanwhile.
    std::int64_t take_owed(const std::string& key, SteadyTime now);
    void give_back(const std::string& key, SteadyTime now, std::int64_t owed);

    /// A call was given up as late, by which Redis may count so much; and what it turned out to
    /// have counted by it: as much, a part of it, or nothing.
    void begin_doubt(const std::string& key, std::int64_t doubtful);
    void end_doubt(
        const std::string& key, SteadyTime now, std::int64_t doubtful, std::int64_t counted
    );

    /// By the share alone: Redis is silent. `quota` as without it.
    Verdict take(const std::string& key, SteadyTime now, Quota quota);

    /// The same, and counts nothing.
    Verdict look(const std::string& key, SteadyTime now, Quota quota);

    /// Redis let it through, and had counted `counted` before, when this thread knew of `known`.
    Verdict confirm(
        const std::string& key,
        SteadyTime now,
        Quota quota,
        std::int64_t known,
        std::int64_t counted
    );

private:
    struct Entry {
        std::string key;
        Window passed = {};
        SteadyTime wary_until = {};  // Redis has forgotten
        std::int64_t owed = 0;       // below 0: Redis counted what did not pass
        std::int64_t doubtful = 0;   // what may be in replies that are late
        SteadyTime owed_at = {};
    };

    Entry& entry_of(const std::string& key);

    std::int64_t threads_;
    std::chrono::seconds window_;
    std::size_t keys_max_;
    std::int64_t nodes_ = 1;
    SteadyTime nodes_at_ = {};
    std::list<Entry> entries_;  // who was counted last comes first; the last goes
    std::unordered_map<std::string, std::list<Entry>::iterator> index_;
};

}  // namespace acme::limits
