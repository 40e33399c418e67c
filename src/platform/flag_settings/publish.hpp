#pragma once

/// From what is set to what nodes evaluate: one rule set more of an environment, made of all its
/// flags, checked and compiled before anything is kept. Private to platform/flag_settings.

#include "io/loop/loop.hpp"
#include "io/pg/database.hpp"
#include "platform/flag_settings/flag_settings.hpp"
#include "platform/flags/ruleset.hpp"

namespace acme::flag_settings {

/// What publishing takes beside the transaction.
struct Press {
    Loop& loop;
    Telemetry& telemetry;
};

/// Which segments a rule set has: those that its flags name, with their members or the name of
/// their list; or all of them, the long ones with neither.
enum class Lists : std::uint8_t { named, all_but_long };

/// What an environment has now, as the transaction sees it, with the version `version`. Errors:
/// flags.invalid, with pointers that begin with /flags/KEY or /segments/KEY.
Task<Result<flags::Ruleset>> read_ruleset(
    pg::Transaction& transaction,
    trace::Context context,
    const Environment& environment,
    std::int64_t version,
    Lists lists
);

/// In the caller's transaction, which has locked the environment: its next version, which nodes
/// hear of when it is committed. `flag` is what was changed, "" for several: problems of it have
/// pointers into it, those of others begin with /flags/KEY. Errors: flags.invalid (invalid) with
/// all that is wrong, flags.too_large; then the caller must not commit.
Task<Result<std::int64_t>> publish(
    Press press,
    pg::Transaction& transaction,
    trace::Context context,
    Environment environment,
    Editor editor,
    std::string flag
);

/// Tells whoever looks at flags of a change that publishes nothing. `what` is a literal: "flag" or
/// "environment".
Task<> tell_changed(
    pg::Transaction& transaction, trace::Context context, std::string_view what, std::string key
);

/// "/rules/0/if" for a problem of the flag `own`, "/flags/new-cart/rules/0/if" for one of another;
/// of "/flags/3/rules/0/if", as the whole rule set tells it.
std::string readable(
    const std::string& pointer, const flags::Ruleset& ruleset, const std::string& own
);

}  // namespace acme::flag_settings
