#pragma once

/// Feature flags as people set them: what a flag is, how it is answered in each environment, who
/// changed it and why. The room owns the tables flags, flag_… (sql/202611292145_flags.sql); nodes
/// evaluate the rule sets that are published here (platform/flags).
///
/// Flags belong to the installation, not to an organization.

#include "base/clock.hpp"
#include "base/identity.hpp"
#include "base/result.hpp"
#include "base/task.hpp"
#include "io/telemetry/telemetry.hpp"
#include "platform/audit/audit.hpp"

#include <boost/json/object.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace acme::pg {
class Database;
class Transaction;
}  // namespace acme::pg

namespace acme::flag_settings {

inline constexpr int flags_max = 5'000;  // of the installation, archived ones too
inline constexpr int environments_max = 20;
inline constexpr std::size_t key_bytes_max = 100;
inline constexpr std::size_t name_chars_max = 200;
inline constexpr std::size_t description_chars_max = 500;
inline constexpr std::size_t reason_chars_max = 500;
inline constexpr std::size_t tags_max = 20;
inline constexpr std::size_t tag_bytes_max = 50;
inline constexpr std::size_t targeting_bytes_max = std::size_t{256} * 1024;
inline constexpr std::size_t payload_bytes_max = std::size_t{128} * 1024 * 1024;  // of a rule set

/// Where flags are answered: "production". One whose changes are protected takes an administrator,
/// and a reason for switching.
struct Environment {
    std::int64_t id = 0;
    std::string key = "";
    std::string name = "";
    bool is_protected = false;
    std::int64_t version = 0;  // of its newest rule set; 0: it has none
    std::optional<WallTime> published_at = std::nullopt;
    std::string published_by = "";
    WallTime created_at = {};
};

/// What a flag is, in every environment.
struct Facts {
    std::int64_t id = 0;
    std::string key = "";
    std::string name = "";
    std::string description = "";
    std::string type = "bool";     // string, int, double, json
    std::string kind = "release";  // experiment, ops, kill, permission
    std::string owner = "";        // a user's id; "" for nobody
    std::vector<std::string> tags = {};
    std::string expected_removal_at = "";  // "2027-01-31"; "" for none
    bool is_permanent = false;
    std::string variants = "[]";  // JSON
    std::optional<WallTime> archived_at = std::nullopt;
    std::int64_t version = 1;
    WallTime created_at = {};
    WallTime updated_at = {};
    std::string updated_by = "";
};

/// How it is answered in one of them.
struct Targeting {
    bool is_enabled = false;
    std::string salt = "";
    std::string rules =
        "{}";  // JSON: off_value, bucket_by, prerequisites, overrides, rules, fallthrough
    std::int64_t version = 1;
    std::optional<WallTime> enabled_at = std::nullopt;  // since when it is on, or off
    std::string disabled_reason = "";
    WallTime updated_at = {};
    std::string updated_by = "";
};

struct Flag {
    Facts facts;
    Targeting targeting;
};

/// Who changes something, and why. Whoever may change anything here is an operator at least.
struct Editor {
    audit::Actor actor;
    PlatformRole role = PlatformRole::operator_;
    std::string reason = "";
};

std::unexpected<Error> no_such_flag();
std::unexpected<Error> no_such_environment();
std::unexpected<Error> has_changed();
std::unexpected<Error> is_archived();  // flags.archived (conflict)

/// flags.invalid with what is wrong.
std::unexpected<Error> invalid(std::vector<FieldError> problems);

/// flags.reason_required (invalid).
std::unexpected<Error> reason_required();

/// Errors: flags.protected (forbidden), for whoever is no administrator.
Result<> check_may_publish(const Environment& environment, const Editor& editor);

/// Lower-case letters, digits, `.`, `_` and `-`, up to `bytes_max`, with a letter or a digit first.
bool is_key(std::string_view key, std::size_t bytes_max = key_bytes_max);

/// A flag as a rule set has it; what the rules do not say is left out.
boost::json::object document_of(const Flag& flag);

/// What can be undone of each, as it is kept in the history.
boost::json::object state_of(const Facts& facts);
boost::json::object state_of(const Targeting& targeting);

/// A salt of eight characters and a colon.
std::string make_salt(Random& random);

}  // namespace acme::flag_settings
