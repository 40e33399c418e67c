#pragma once

/// Where flags are answered.

#include "platform/flag_settings/catalog.hpp"

namespace acme::flag_settings {

/// Every function throws pg::Fault when the database is out of reach.
class Environments {
public:
    explicit Environments(Parts parts) : parts_(parts) {}

    /// In the order in which they are shown.
    Task<std::vector<Environment>> list(trace::Context context);

    /// Errors: flags.environment_unknown.
    Task<Result<Environment>> find(trace::Context context, std::string key);

    /// One more, in the caller's transaction, in which every flag is off. Errors: flags.invalid
    /// (invalid), flags.taken, flags.too_many (conflict).
    Task<Result<Environment>> add(
        pg::Transaction& transaction, trace::Context context, Editor editor, Environment wanted
    );

    /// Another name, protected or not; none: stays. Errors: flags.environment_unknown,
    /// flags.invalid.
    Task<Result<Environment>> change(
        trace::Context context,
        Editor editor,
        std::string key,
        std::optional<std::string> name,
        std::optional<bool> is_protected
    );

private:
    Parts parts_;
};

}  // namespace acme::flag_settings
