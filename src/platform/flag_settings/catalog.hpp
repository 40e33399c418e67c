#pragma once

/// The list of flags: what each is, made, changed, archived and brought back.

#include "platform/flag_settings/history.hpp"

namespace acme {
class Loop;
}

namespace acme::accounts {
class Accounts;
}

namespace acme::flag_settings {

/// What this room stands on. All outlive it.
struct Parts {
    pg::Database& db;
    Loop& loop;
    Telemetry& telemetry;
    accounts::Accounts& accounts;
};

/// What is wrong with facts alone: flags.key, flags.name, flags.description, flags.type,
/// flags.kind, flags.tags, flags.date, each with its pointer. Variants are looked at with the
/// targeting that uses them.
std::vector<FieldError> problems_of(const Facts& facts);

/// How a new flag is answered: not at all, and when it is switched on with "off", or with its first
/// variant.
Targeting first_targeting(const Facts& facts, Random& random);

/// Every function throws pg::Fault when the database is out of reach.
class Catalog {
public:
    explicit Catalog(Parts parts) : parts_(parts) {}

    /// Errors: flags.not_found.
    Task<Result<Facts>> find(trace::Context context, std::string key);

    /// In the caller's transaction; with a targeting in every environment, where it is off.
    /// Errors: flags.invalid (invalid), flags.taken (conflict), also by one that is archived,
    /// flags.too_many (conflict).
    Task<Result<Facts>> create(
        pg::Transaction& transaction, trace::Context context, Editor editor, Facts facts
    );

    /// `wanted` is what find() said, with what shall be otherwise; its version is checked.
    /// Publishes when the variants change. Errors: flags.not_found, http.precondition_failed,
    /// flags.invalid, flags.archived (conflict); flags.protected where variants change and an
    /// environment is.
    Task<Result<Facts>> change(trace::Context context, Editor editor, Facts wanted);

    /// Nobody is answered any more: callers keep their defaults. Twice, it stays as it is. Errors:
    /// flags.not_found; flags.invalid, when another flag needs it; flags.protected, where it is on.
    Task<Result<Facts>> archive(trace::Context context, Editor editor, std::string key);

    /// Comes back, off everywhere. Of one that is not archived nothing changes. Errors:
    /// flags.not_found, flags.invalid.
    Task<Result<Facts>> restore(trace::Context context, Editor editor, std::string key);

    /// Takes back what a change did, where nothing was changed since. `version` is the flag's.
    /// Errors: http.precondition_failed, flags.not_undoable, flags.undo_conflict (conflict) with
    /// what was changed since, and those of change().
    Task<Result<Change>> undo(
        trace::Context context, Editor editor, std::string key, std::int64_t version, Change change
    );

private:
    Task<Result<Facts>> store(
        trace::Context context, Editor editor, Facts wanted, std::string_view action
    );
    Task<Result<Facts>> set_archived(
        trace::Context context, Editor editor, std::string key, bool is_archived
    );
    Task<Result<std::optional<FieldError>>> owner_problem(
        trace::Context context, std::string owner
    );

    Parts parts_;
};

}  // namespace acme::flag_settings
