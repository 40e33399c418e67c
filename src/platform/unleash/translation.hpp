#pragma once

/// One feature of Unleash as the flag document of platform/flags. For .cpp files.

#include "platform/unleash/constraints.hpp"
#include "platform/unleash/source.hpp"
#include "platform/unleash/variants.hpp"

#include <boost/json/object.hpp>

#include <map>
#include <string>
#include <vector>

namespace acme::unleash {

/// How a segment of Unleash's is called here, and whether it can match at all.
struct NamedSegment {
    std::string key;
    bool is_never = false;
    bool is_always = false;
};

using Segments = std::map<std::string, NamedSegment>;  // by Unleash's id

/// A feature that others may depend on.
struct Parent {
    const Feature* feature;
    const Variants* variants;
    bool uses_plain;
};

using Parents = std::map<std::string, Parent, std::less<>>;

/// ```
/// Translation flag(feature, variants, segments);
/// flag.depend(parents);   // when all have been made
/// flag.document();
/// ```
class Translation {
public:
    Translation(const Feature& feature, const Variants& variants, const Segments& segments);

    /// Its prerequisites. Without what it depends on a feature is off in Unleash; so is one whose
    /// parent has a parent, since Unleash knows no chains.
    void depend(const Parents& parents);

    /// Whether some rule serves the variant for "on, and no variant".
    bool uses_plain() const { return uses_plain_; }

    boost::json::object document() const;

    /// What is not as it was: phrases about this feature.
    const std::vector<std::string>& warnings() const { return warnings_; }

private:
    /// Who gets in: a share of `bucket_by`, or everybody.
    struct Gate {
        std::optional<std::int64_t> rollout = std::nullopt;  // of 100,000
        std::string group = "";
        boost::json::array bucket_by = {};
    };

    /// How those who got in are dealt with: the variants of a strategy or of the feature.
    struct Deal {
        const boost::json::array& variants;
        std::string group = "";
        std::string stickiness = "";
    };

    void add_strategy(const boost::json::object& strategy, std::size_t number);
    void add_segments(const boost::json::object& strategy, Demand& all);
    std::optional<Gate> gate_of(const boost::json::object& strategy, Demand& all);
    Gate share(
        std::string_view percentage, std::string group, std::string_view stickiness, Demand& all
    );
    Deal deal_of(const boost::json::object& strategy) const;
    void add_rules(const Demand& all, const Gate& gate, const Deal& deal, std::string_view name);
    void add_laid_down(
        const Demand& all, const Gate& gate, const Deal& deal, std::string_view name
    );
    boost::json::object& add_rule(
        const boost::json::array& clauses, const Gate& gate, std::string_view name
    );
    void add_split(boost::json::object& rule, const Deal& deal);
    void add_undealt(const Demand& all, const Gate& gate, const Deal& deal, std::string_view name);
    void add_prerequisite(const boost::json::object& dependency, const Parents& parents);
    void never(std::string why);

    const Feature& feature_;
    const Variants& variants_;
    const Segments& segments_;
    bool is_enabled_;
    bool uses_plain_ = false;
    boost::json::array prerequisites_;
    boost::json::array rules_;
    std::vector<std::string> warnings_;
};

}  // namespace acme::unleash
