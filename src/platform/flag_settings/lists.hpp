#pragma once

/// Long lists of members, apart from rule sets, so that these stay short and a change of a flag
/// moves no million ids. Private to platform/flag_settings; rulesets.hpp reads them.

#include "platform/flag_settings/publish.hpp"
#include "platform/flag_settings/segment_rows.hpp"

namespace acme::flag_settings {

/// Whether its members stand in a list of their own.
inline bool is_long(const Segment& segment) {
    return segment.users + segment.orgs > short_list_max;
}

/// In the caller's transaction, which has locked the segment and may have changed its members:
/// makes and keeps its list where it is long, and drops its name where it is not. Before
/// environments are locked: of a million members it takes seconds. Error: that of Loop::blocking().
Task<Result<>> keep_list(
    Press press, pg::Transaction& transaction, trace::Context context, Segment segment
);

}  // namespace acme::flag_settings
