#pragma once

/// What opens a stream of events without a header: EventSource of browsers sends none. It says that
/// somebody who may read flags of this environment was given it, this hour or the last, and opens
/// nothing but the news that something has changed. Private to platform/ofrep.
///
/// The same for everybody in an hour: the answer that carries it changes once an hour, and so does
/// its ETag.

#include "base/clock.hpp"
#include "base/secret.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace acme::ofrep {

class StreamTokens {
public:
    /// `keys`: see keys_for(); the first signs.
    explicit StreamTokens(std::vector<Secret> keys) : keys_(std::move(keys)) {}

    /// Fit for a query.
    std::string make(std::string_view environment, WallTime now) const;

    /// Until when it is good; nullopt for what is none, or was.
    std::optional<WallTime> check(
        std::string_view token, std::string_view environment, WallTime now
    ) const;

private:
    std::vector<Secret> keys_;
};

/// Which hour it is; tokens of the same one are the same.
std::int64_t hour_of(WallTime now);

}  // namespace acme::ofrep
