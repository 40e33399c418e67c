#pragma once

/// Unleash's flags as ours, so that everybody keeps the variant they have.
///
/// It reads what an Unleash server gives its SDKs (/api/client/features, and the delta form of it)
/// and what its administrators export. Not here: storing them, which is flag_settings' affair.

#include "base/result.hpp"
#include "platform/flags/ruleset.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace acme::unleash {

inline constexpr std::size_t features_max = 5'000;

/// Of a flag, what a rule set has no place for.
struct Facts {
    std::string key;
    std::string description;  // 1 to 500 characters
    std::string kind;         // release, experiment, ops, kill or permission
    std::vector<std::string> tags = {};
};

struct Imported {
    std::vector<flags::Flag> flags;
    std::vector<Facts> facts;  // one for each flag, in the same order
    std::vector<flags::Segment> segments;
    std::vector<std::string> warnings;  // what is not as it was, each a sentence for a person
};

/// Each of these is of one environment, and so is what becomes of it.
/// A strategy that never applied in Unleash (its operator is unknown, its segment is gone) is left
/// out with a warning; so is one that our rules refuse. Errors: http.not_json, http.not_object,
/// unleash.invalid with all that is no flag of Unleash.
Result<Imported> import(std::string_view json);

/// The same as the document that flag_settings exports and imports, with "warnings". Errors: those
/// of import().
Result<boost::json::object> import_document(std::string_view json);

}  // namespace acme::unleash
