#pragma once

/// The variants of a feature, which Unleash keeps per strategy, as the one list of a flag's. For
/// .cpp files.

#include "platform/unleash/source.hpp"

#include <boost/json/value.hpp>

#include <map>
#include <string>
#include <vector>

namespace acme::unleash {

/// What Unleash calls it when there is no variant, be the feature on or off.
inline constexpr std::string_view no_variant = "disabled";

/// What a flag serves where the feature is on and has no variant. Where it is off nothing is
/// served, and the caller's default stands. A flag that has no variants at all is "on" or "off".
inline constexpr std::string_view plain_variant = "enabled";

/// Two strategies may have variants of one name and other payloads: the second one is "name~2".
std::string_view base_of(std::string_view key);

class Variants {
public:
    /// Those of all strategies, then those of the feature.
    explicit Variants(const Feature& feature);

    bool is_boolean() const { return keys_.empty(); }

    std::string_view plain() const { return is_boolean() ? "on" : plain_variant; }

    /// The key that a variant of Unleash's has here.
    const std::string& key_of(const boost::json::object& variant) const;

    /// Those that Unleash calls by this name; none when there is no such.
    std::vector<std::string> keys_named(std::string_view name) const;

    /// Those that are served while the feature is on.
    std::vector<std::string> on_keys() const;

    /// As a flag has them: {"type": …, "variants": […]}. `uses_plain`: some rule serves plain().
    void write(boost::json::object& flag, bool uses_plain) const;

    const std::vector<std::string>& warnings() const { return warnings_; }

private:
    void add(const boost::json::object& variant);
    void choose_type();
    boost::json::value value_of(const boost::json::object& variant) const;
    boost::json::value empty_value() const;

    std::string type_ = "bool";
    std::vector<std::pair<std::string, boost::json::object>> keys_;  // in order
    std::map<std::string, std::string> known_;                       // name and payload to key
    std::vector<std::string> warnings_;
};

}  // namespace acme::unleash
