#pragma once

/// How flags are answered in each environment: set, switched, killed, undone. Whatever is kept here
/// is published in the same transaction.

#include "platform/flag_settings/catalog.hpp"

#include <boost/json/object.hpp>

namespace acme::flag_settings {

/// One flag in one environment.
struct Placed {
    Environment environment;
    Flag flag;
};

/// What somebody wants it to be. `rules` has off_value, bucket_by, prerequisites, overrides, rules
/// and fallthrough, as far as they are there.
struct Draft {
    bool is_enabled = false;
    std::optional<std::string> salt = std::nullopt;  // none: stays
    boost::json::object rules = {};
};

/// The targeting that a draft makes of `flag`, in the form in which it is kept; rules without an id
/// get one. Errors: flags.invalid with all that is wrong with it alone; flags.too_large.
Result<Targeting> targeting_of(const Flag& flag, Draft draft, Random& random);

/// Every function throws pg::Fault when the database is out of reach.
class Targetings {
public:
    explicit Targetings(Parts parts) : parts_(parts) {}

    /// Errors: flags.not_found, flags.environment_unknown.
    Task<Result<Placed>> find(trace::Context context, std::string flag, std::string environment);

    /// Replaces it whole, and publishes. `version` as read before. Errors: those of find();
    /// http.precondition_failed when somebody was faster; flags.invalid (invalid) with all that is
    /// wrong, flags.too_large; flags.archived (conflict); in a protected environment
    /// flags.protected (forbidden), and flags.reason_required (invalid) for switching without a
    /// reason.
    Task<Result<Placed>> replace(
        trace::Context context,
        Editor editor,
        std::string flag,
        std::string environment,
        std::int64_t version,
        Draft draft
    );

    /// Off, now, whatever the version, by whoever operates. Twice, it stays off with the first
    /// reason. Errors: those of find(); flags.reason_required.
    Task<Result<Placed>> kill(
        trace::Context context, Editor editor, std::string flag, std::string environment
    );

    /// On. Of one that is on nothing changes. Errors: those of replace().
    Task<Result<Placed>> enable(
        trace::Context context, Editor editor, std::string flag, std::string environment
    );

    /// Takes back what a change did, where nothing was changed since. `version` is the targeting's.
    /// Errors: those of replace(); flags.not_undoable, flags.undo_conflict (conflict) with what was
    /// changed since.
    Task<Result<Change>> undo(
        trace::Context context, Editor editor, std::string flag, std::int64_t version, Change change
    );

private:
    Task<Result<Placed>> lock(
        pg::Transaction& transaction,
        trace::Context context,
        std::string flag,
        std::string environment
    );
    Task<Result<Change>> store(
        pg::Transaction& transaction,
        trace::Context context,
        Editor editor,
        Placed before,
        Targeting wanted,
        std::string_view action
    );

    Parts parts_;
};

/// The error of an undo that would take away what was done since; `pointers` say what.
std::unexpected<Error> undo_conflict(const std::vector<std::string>& pointers);

std::unexpected<Error> not_undoable();

}  // namespace acme::flag_settings
