#include "platform/unleash/importer.hpp"

#include "base/text.hpp"
#include "platform/unleash/constraints.hpp"
#include "platform/unleash/reading.hpp"
#include "platform/unleash/source.hpp"
#include "platform/unleash/translation.hpp"
#include "platform/unleash/variants.hpp"

#include <boost/json/value_from.hpp>

#include <algorithm>
#include <list>
#include <ranges>
#include <set>

namespace acme::unleash {

namespace json = boost::json;

namespace {

constexpr std::size_t description_bytes_max = 500;
constexpr std::size_t warnings_max = 1'000;

void warn(Imported& imported, std::string warning) {
    if (imported.warnings.size() < warnings_max) imported.warnings.push_back(std::move(warning));
}

/// "Beta Testers" as "beta-testers"; what has no letter that a key may have by its id.
std::string segment_key(const std::string& name, const std::string& id) {
    std::string key;
    for (const char c : name) {
        const bool is_upper = c >= 'A' && c <= 'Z';
        const bool is_word = is_upper || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (is_word) key += static_cast<char>(is_upper ? c + 32 : c);
        if (!is_word && !key.empty() && !key.ends_with('-')) key += '-';
    }
    key = key.substr(0, 80);
    while (key.ends_with('-')) key.pop_back();
    return key.empty() ? "segment-" + id : key;
}

Segments import_segments(const Source& source, Imported& imported) {
    Segments segments;
    std::set<std::string> taken;
    for (const auto& [id, segment] : source.segments) {
        NamedSegment named{.key = segment_key(segment.name, id)};
        if (!taken.insert(named.key).second) named.key += "-" + id;
        taken.insert(named.key);
        Demand all;
        for (const json::value& constraint : segment.constraints) {
            demand(all, constraint.get_object());
        }
        for (const std::string& warning : all.warnings) {
            warn(imported, "Segment " + named.key + ": " + warning + ".");
        }
        named.is_never = all.is_never || !segment.is_known;
        named.is_always = all.clauses.empty() && !named.is_never;
        const json::object document{{"key", named.key}, {"if", all.clauses}};
        auto parsed = flags::parse_segment(document);
        if (!parsed) {
            named.is_never = true;
            warn(imported, "Segment " + named.key + ": our rules refuse a condition of it.");
        } else if (!named.is_never && !named.is_always) {
            imported.segments.push_back(*std::move(parsed));
        }
        if (!segment.is_known) {
            warn(
                imported,
                "Segment " + named.key +
                    ": an export does not tell its conditions; import "
                    "what /api/client/features answers instead."
            );
        }
        segments[id] = std::move(named);
    }
    return segments;
}

/// The rule that a problem is about, if it is about one.
std::optional<std::size_t> rule_in(std::string_view pointer) {
    constexpr std::string_view rules = "/rules/";
    if (!pointer.starts_with(rules)) return std::nullopt;
    pointer.remove_prefix(rules.size());
    return parse_number<std::size_t>(pointer.substr(0, pointer.find('/')));
}

/// Reads a document, without the rules that are refused: those never matched in Unleash either, for
/// it refuses the same, or they must not match here.
Result<flags::Flag> parse(json::object document, std::vector<std::string>& warnings) {
    auto flag = flags::parse_flag(document);
    if (flag) return flag;
    std::set<std::size_t> refused;
    for (const FieldError& problem : flag.error().fields) {
        const auto rule = rule_in(problem.pointer);
        if (!rule) return flag;
        if (refused.insert(*rule).second) {
            const std::string name = text_in(document["rules"].at(*rule).get_object(), "name");
            warnings.push_back("\"" + name + "\" was left out: " + problem.detail);
        }
    }
    json::array& rules = document["rules"].get_array();
    for (const std::size_t rule : std::views::reverse(refused)) {
        rules.erase(rules.begin() + static_cast<std::ptrdiff_t>(rule));
    }
    return flags::parse_flag(document);
}

std::string kind_of(const std::string& type) {
    if (type == "experiment" || type == "permission") return type;
    if (type == "operational") return "ops";
    if (type == "kill-switch") return "kill";
    return "release";
}

Facts facts_of(const Feature& feature) {
    std::string description = feature.description;
    for (char& c : description) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
    }
    if (description.size() > description_bytes_max) {
        auto end = description_bytes_max;
        while (end > 0 && (static_cast<unsigned char>(description[end]) & 0xC0) == 0x80) --end;
        description.resize(end);
    }
    if (description.empty()) description = "Imported from Unleash.";
    return {feature.name, std::move(description), kind_of(feature.type), feature.tags};
}

/// Attributes that an SDK of Unleash fills in and OpenFeature does not.
void warn_of_attributes(Imported& imported) {
    std::set<std::string, std::less<>> used;
    const auto look = [&](const std::vector<flags::Clause>& clauses) {
        for (const flags::Clause& clause : clauses) used.insert(clause.attribute);
    };
    for (const flags::Flag& flag : imported.flags) {
        for (const flags::Rule& rule : flag.rules) look(rule.clauses);
    }
    for (const flags::Segment& segment : imported.segments) look(segment.clauses);
    for (const std::string_view name : {"environment", "appName", "remoteAddress", "hostname"}) {
        if (!used.contains(name)) continue;
        warn(
            imported,
            "Rules ask for \"" + std::string(name) +
                "\", which Unleash's SDKs fill in themselves: callers have to send it."
        );
    }
}

}  // namespace

Result<Imported> import(std::string_view text) {
    auto source = read_source(text);
    if (!source) return std::unexpected(std::move(source).error());
    Imported imported;
    const Segments segments = import_segments(*source, imported);
    std::list<Variants> variants;
    std::list<Translation> translations;
    Parents parents;
    for (const Feature& feature : source->features) {
        variants.emplace_back(feature);
        translations.emplace_back(feature, variants.back(), segments);
        parents[feature.name] = {&feature, &variants.back(), translations.back().uses_plain()};
    }
    std::vector<FieldError> problems;
    auto translation = translations.begin();
    for (const Feature& feature : source->features) {
        translation->depend(parents);
        std::vector<std::string> warnings = translation->warnings();
        auto flag = parse(translation->document(), warnings);
        ++translation;
        for (const std::string& warning : warnings) {
            warn(imported, feature.name + ": " + warning + ".");
        }
        if (flag) {
            imported.flags.push_back(*std::move(flag));
            imported.facts.push_back(facts_of(feature));
            continue;
        }
        for (FieldError& problem : flag.error().fields) {
            problem.detail = feature.name + problem.pointer + ": " + problem.detail;
            problem.pointer = "/features";
            if (problems.size() < 64) problems.push_back(std::move(problem));
        }
    }
    if (!problems.empty()) {
        return std::unexpected(Error{
            .kind = ErrorKind::invalid,
            .code = "unleash.invalid",
            .message = "Our rules cannot hold all of these features.",
            .fields = std::move(problems),
        });
    }
    warn_of_attributes(imported);
    return imported;
}

Result<json::object> import_document(std::string_view text) {
    auto imported = import(text);
    if (!imported) return std::unexpected(std::move(imported).error());
    json::array list;
    for (std::size_t i = 0; i < imported->flags.size(); ++i) {
        json::object flag = flags::to_json(imported->flags[i]);
        const Facts& facts = imported->facts[i];
        flag["name"] = facts.key;
        flag["description"] = facts.description;
        flag["kind"] = facts.kind;
        flag["tags"] = json::value_from(facts.tags);
        list.push_back(std::move(flag));
    }
    json::array segments;
    for (const flags::Segment& segment : imported->segments) {
        segments.push_back(flags::to_json(segment));
    }
    return json::object{
        {"format", "acme-flags-1"},
        {"flags", std::move(list)},
        {"segments", std::move(segments)},
        {"warnings", json::value_from(imported->warnings)},
    };
}

}  // namespace acme::unleash
