#pragma once

/// Ids of rows whose key is a number: "job_" and 13 characters of base32, as long for the first as
/// for the last.

#include "base/ids.hpp"

#include <limits>

namespace acme::queues {

template <IdPrefix prefix>
struct NumberId {
    std::int64_t number = 0;

    /// nullopt for whatever str() does not write.
    static std::optional<NumberId> parse(std::string_view text) {
        if (!text.starts_with(prefix.view())) return std::nullopt;
        const auto uuid = parse_base32(std::string(zeros) += text.substr(prefix.view().size()));
        constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
        if (!uuid || uuid->high != 0 || uuid->low > most) return std::nullopt;
        return NumberId{static_cast<std::int64_t>(uuid->low)};
    }

    std::string str() const {
        const Uuid uuid{.high = 0, .low = static_cast<std::uint64_t>(number)};
        return std::string(prefix.view()) + to_base32(uuid).substr(zeros.size());
    }

    friend auto operator<=>(const NumberId&, const NumberId&) = default;

private:
    static constexpr std::string_view zeros = "0000000000000";  // what a number leaves of 128 bits
};

using JobId = NumberId<"job_">;
using LeaseId = NumberId<"lse_">;

}  // namespace acme::queues
