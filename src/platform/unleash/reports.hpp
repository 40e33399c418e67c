#pragma once

/// What SDKs send: contexts in a query, and counts of what they evaluated. For .cpp files.

#include "base/result.hpp"
#include "io/http/message.hpp"
#include "platform/flags/flags.hpp"

#include <boost/json/object.hpp>

namespace acme::unleash {

inline constexpr std::size_t query_names_max = 200;
inline constexpr std::uint64_t report_count_max = 1'000'000'000;  // of one outcome of one report

/// "?userId=7&properties[plan]=gold" as the context that it stands for.
boost::json::object context_of(const http::Request& request);

/// Adds {"bucket": {"toggles": {name: {"yes", "no", "variants": {name: count}}}}} to what is
/// counted of each flag of the subject's snapshot. Features that are not there are left out.
/// Errors: unleash.report (invalid).
Result<> count_report(
    const boost::json::object& report, flags::Flags& flags, const flags::Subject& subject
);

}  // namespace acme::unleash
