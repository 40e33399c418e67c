#pragma once

/// Whether a rule of a calendar ever comes. Private to work/cron.

#include "work/cron/zone.hpp"

struct icalrecurrencetype;

namespace acme::cron {

/// False for a rule that no day of 40 years fulfils: libical would look for one until the year
/// 2582, which takes it a second or a minute.
bool can_come(const icalrecurrencetype& rule, Civil start);

}  // namespace acme::cron
