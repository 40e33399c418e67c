#pragma once

/// The tables of environments, flags and targetings. Private to platform/flag_settings.

#include "io/pg/database.hpp"
#include "platform/flag_settings/flag_settings.hpp"

namespace acme::flag_settings::rows {

/// In the order in which they are shown.
Task<std::vector<Environment>> environments(pg::Database& db, trace::Context context);
Task<std::optional<Environment>> find_environment(
    pg::Database& db, trace::Context context, std::string key
);

/// Holds them until the transaction ends, so that one publishes at a time. Those of the key, or
/// all, in the order of their ids: who needs several waits for nobody who waits for them.
Task<std::vector<Environment>> lock_environments(
    pg::Transaction& transaction, trace::Context context, std::optional<std::string> key
);

/// In the order of their keys, all or the one of that key, archived ones too, as one environment
/// has them.
Task<std::vector<Flag>> flags(
    pg::Database& db,
    trace::Context context,
    std::int64_t environment,
    std::optional<std::string> key = std::nullopt
);
Task<std::vector<Flag>> flags(
    pg::Transaction& transaction,
    trace::Context context,
    std::int64_t environment,
    std::optional<std::string> key = std::nullopt
);

Task<std::optional<Facts>> find_facts(pg::Database& db, trace::Context context, std::string key);
Task<std::optional<Facts>> lock_facts(
    pg::Transaction& transaction, trace::Context context, std::string key
);

/// nullopt when the key is taken.
Task<std::optional<Facts>> insert_facts(
    pg::Transaction& transaction, trace::Context context, Facts facts
);
Task<std::int64_t> count_flags(pg::Transaction& transaction, trace::Context context);

/// With the next version.
Task<Facts> update_facts(pg::Transaction& transaction, trace::Context context, Facts facts);

/// Of `flag` in `environment`; by whom, targeting.updated_by says.
Task<> insert_targeting(
    pg::Transaction& transaction,
    trace::Context context,
    std::int64_t flag,
    std::int64_t environment,
    Targeting targeting
);

/// With the next version; `switches` when it is turned on or off by this.
Task<Targeting> update_targeting(
    pg::Transaction& transaction,
    trace::Context context,
    std::int64_t flag,
    std::int64_t environment,
    Targeting targeting,
    bool switches
);

}  // namespace acme::flag_settings::rows
