#pragma once

/// An exact sliding window: no span of `window` seconds ever holds more than the limit, and as long
/// as it holds less, nobody is refused.
///
/// Counts are of whole seconds, and such a span touches at most window + 1 of them: so many are
/// summed up. Who is refused may have to wait up to a second longer for that. The script in
/// script.hpp is the same in Lua.

#include <chrono>
#include <cstdint>
#include <vector>

namespace acme::limits {

struct Quota {
    std::int64_t limit;       // 0: nothing passes
    std::int64_t weight = 1;  // of this request
    std::chrono::seconds window{60};
};

struct Verdict {
    bool is_allowed = false;
    std::int64_t used = 0;               // of the window, before this request
    std::chrono::milliseconds reset{0};  // until more may pass; if refused, until this may
};

class Window {
public:
    using Time = std::chrono::milliseconds;  // since any moment; never goes back

    /// Counts the request if it passes.
    Verdict take(Time now, const Quota& quota);

    /// The same, and counts nothing.
    Verdict look(Time now, const Quota& quota);

    /// Counts it although nobody asked.
    void add(Time now, const Quota& quota);

    /// What passed in the `span` before.
    std::int64_t used(Time now, std::chrono::seconds span) const;

private:
    struct Bucket {
        std::int64_t second;
        std::int64_t count;
    };

    void forget(std::int64_t before);
    Time until_freed(Time now, std::int64_t count, std::chrono::seconds window) const;

    std::vector<Bucket> buckets_;  // the oldest first, none of them empty
};

}  // namespace acme::limits
