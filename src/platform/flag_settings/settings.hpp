#pragma once

/// All of the room, as a thread of a process has it.

#include "platform/flag_settings/environments.hpp"
#include "platform/flag_settings/exchange.hpp"
#include "platform/flag_settings/overview.hpp"
#include "platform/flag_settings/preview.hpp"
#include "platform/flag_settings/segments.hpp"

namespace acme::flag_settings {

struct Settings {
    Settings(Parts all, Foreign read_foreign)
        : parts(all),
          environments(all),
          catalog(all),
          targetings(all),
          overview(all),
          preview(all),
          segments(all),
          exchange(all, std::move(read_foreign)) {}

    Parts parts;
    Environments environments;
    Catalog catalog;
    Targetings targetings;
    Overview overview;
    Preview preview;
    Segments segments;
    Exchange exchange;
};

}  // namespace acme::flag_settings
