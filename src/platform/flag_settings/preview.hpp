#pragma once

/// What a draft would do before anybody publishes it: who gets what and why, and for whom it
/// becomes another answer.

#include "platform/flag_settings/targetings.hpp"

#include <map>

namespace acme::flag_settings {

inline constexpr int impact_users_max = 5'000;
inline constexpr std::size_t attributes_max = 50;

/// For whom: texts, numbers and booleans by name.
struct SubjectWords {
    boost::json::object attributes;
};

struct Previewed {
    std::optional<boost::json::object> draft;  // as flags::to_json() shows an explanation
    boost::json::object live;
};

/// For how many of those counted the answer becomes another one; "" stands for the caller's
/// default.
struct Moves {
    std::int64_t kept = 0;
    std::map<std::pair<std::string, std::string>, std::int64_t> moves = {};  // from, to
};

struct Impact {
    std::int64_t units = 0;  // accounts that were counted
    Moves moves = {};
    std::optional<Moves> if_on = std::nullopt;  // of a draft that is off: as if it were on
    std::int64_t exposed_24h = 0;
};

/// Every function throws pg::Fault when the database is out of reach.
class Preview {
public:
    explicit Preview(Parts parts) : parts_(parts) {}

    /// Errors: flags.not_found, flags.environment_unknown, flags.archived; flags.invalid and
    /// flags.too_large for the draft.
    Task<Result<Previewed>> explain(
        trace::Context context,
        std::string flag,
        std::string environment,
        std::optional<Draft> draft,
        SubjectWords subject
    );

    /// Counts over the newest accounts, each with its first organization, from what is live. A
    /// draft that is off is counted once more as if it were on, over the same accounts and rules:
    /// what is read is read once. Errors: as explain().
    Task<Result<Impact>> impact(
        trace::Context context, std::string flag, std::string environment, Draft draft
    );

private:
    Parts parts_;
};

}  // namespace acme::flag_settings
