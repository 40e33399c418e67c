#include "platform/unleash/source.hpp"

#include "io/http/json.hpp"
#include "platform/unleash/importer.hpp"
#include "platform/unleash/reading.hpp"

#include <algorithm>

namespace acme::unleash {

namespace json = boost::json;

namespace {

/// Collects features and segments, the last of a name standing.
class Reader {
public:
    void feature(const json::value& value, const std::string& pointer) {
        const std::string name = value.is_object() ? text_in(value.get_object(), "name") : "";
        if (name.empty()) return complain(pointer + "/name", "must be the name of a feature");
        remove_feature(name);
        const json::object& object = value.get_object();
        Feature feature{.name = name};
        feature.description = text_in(object, "description");
        feature.type = text_in(object, "type");
        feature.is_enabled = is_true(object, "enabled");
        feature.has_impressions = is_true(object, "impressionData");
        objects(object, "strategies", feature.strategies, pointer);
        objects(object, "variants", feature.variants, pointer);
        objects(object, "dependencies", feature.dependencies, pointer);
        source_.features.push_back(std::move(feature));
    }

    void segment(const json::value& value, const std::string& pointer) {
        const std::string id = value.is_object() ? text_in(value.get_object(), "id") : "";
        if (id.empty()) return complain(pointer + "/id", "must be the id of a segment");
        const json::object& object = value.get_object();
        SourceSegment segment{.name = text_in(object, "name")};
        segment.is_known = object.contains("constraints");
        objects(object, "constraints", segment.constraints, pointer);
        source_.segments[id] = std::move(segment);
    }

    void remove_feature(const std::string& name) {
        std::erase_if(source_.features, [&](const Feature& one) { return one.name == name; });
    }

    void remove_segment(const std::string& id) { source_.segments.erase(id); }

    Feature* find(const std::string& name) {
        const auto found = std::ranges::find(source_.features, name, &Feature::name);
        return found == source_.features.end() ? nullptr : &*found;
    }

    /// Those of `object[key]` that are objects; anything else there is a mistake.
    void objects(
        const json::object& object, std::string_view key, json::array& into, std::string pointer
    ) {
        const json::value* const value = object.if_contains(key);
        if (value == nullptr || value->is_null()) return;
        pointer.append("/").append(key);
        if (!value->is_array()) return complain(std::move(pointer), "must be a list of objects");
        for (const json::value& item : value->get_array()) {
            if (!item.is_object()) return complain(std::move(pointer), "must be a list of objects");
            into.push_back(item);
        }
    }

    void complain(std::string pointer, std::string detail) {
        if (problems_.size() == problems_max) return;
        problems_.push_back({std::move(pointer), "unleash.invalid", std::move(detail)});
    }

    Result<Source> finish() {
        if (source_.features.size() > features_max) {
            complain("/features", "must be at most 5,000 features");
        }
        if (problems_.empty()) return std::move(source_);
        return std::unexpected(Error{
            .kind = ErrorKind::invalid,
            .code = "unleash.invalid",
            .message = "This is not what Unleash exports.",
            .fields = std::move(problems_),
        });
    }

    std::vector<Feature>& features() { return source_.features; }

private:
    static constexpr std::size_t problems_max = 64;

    Source source_;
    std::vector<FieldError> problems_;
};

std::string place(std::string_view list, std::size_t index) {
    return "/" + std::string(list) + "/" + std::to_string(index);
}

void read_lists(Reader& reader, const json::object& object, const std::string& pointer) {
    const json::array& features = array_in(object, "features");
    for (std::size_t i = 0; i < features.size(); ++i) {
        reader.feature(features[i], pointer + place("features", i));
    }
    const json::array& segments = array_in(object, "segments");
    for (std::size_t i = 0; i < segments.size(); ++i) {
        reader.segment(segments[i], pointer + place("segments", i));
    }
}

/// What /api/client/delta tells: first everything, then what changed.
void read_events(Reader& reader, const json::array& events) {
    for (std::size_t i = 0; i < events.size(); ++i) {
        const std::string pointer = place("events", i);
        if (!events[i].is_object()) {
            reader.complain(pointer, "must be an event");
            continue;
        }
        const json::object& event = events[i].get_object();
        const std::string type = text_in(event, "type");
        if (type == "hydration") {
            read_lists(reader, event, pointer);
        } else if (type == "feature-updated" && event.contains("feature")) {
            reader.feature(event.at("feature"), pointer + "/feature");
        } else if (type == "feature-removed") {
            reader.remove_feature(text_in(event, "featureName"));
        } else if (type == "segment-updated" && event.contains("segment")) {
            reader.segment(event.at("segment"), pointer + "/segment");
        } else if (type == "segment-removed") {
            reader.remove_segment(text_in(event, "segmentId"));
        } else {
            reader.complain(pointer + "/type", "must be an event of features or segments");
        }
    }
}

/// As Unleash tries them; those of one place as they come.
std::vector<const json::object*> in_order(const json::array& strategies) {
    using Place = std::pair<double, std::size_t>;
    std::vector<std::pair<Place, const json::object*>> places;
    for (const json::value& strategy : strategies) {
        const auto order = decimal_in(text_in(strategy.get_object(), "sortOrder"));
        places.push_back({{order.value_or(9999), places.size()}, &strategy.get_object()});
    }
    std::ranges::sort(places);
    std::vector<const json::object*> list;
    for (const auto& [place, strategy] : places) list.push_back(strategy);
    return list;
}

/// An export keeps strategies and states beside the features.
void read_export(Reader& reader, const json::object& object) {
    json::array strategies;
    reader.objects(object, "featureStrategies", strategies, "");
    for (const json::object* const strategy : in_order(strategies)) {
        Feature* const feature = reader.find(text_in(*strategy, "featureName"));
        if (feature != nullptr) feature->strategies.push_back(*strategy);
    }
    json::array environments;
    reader.objects(object, "featureEnvironments", environments, "");
    for (const json::value& value : environments) {
        const json::object& state = value.get_object();
        Feature* const feature = reader.find(text_in(state, "featureName"));
        if (feature == nullptr) continue;
        feature->is_enabled = is_true(state, "enabled");
        feature->variants = array_in(state, "variants");
    }
    for (const json::value& value : array_in(object, "dependencies")) {
        if (!value.is_object()) continue;
        Feature* const feature = reader.find(text_in(value.get_object(), "feature"));
        if (feature != nullptr)
            reader.objects(value.get_object(), "dependencies", feature->dependencies, "");
    }
    for (const json::value& value : array_in(object, "featureTags")) {
        if (!value.is_object()) continue;
        Feature* const feature = reader.find(text_in(value.get_object(), "featureName"));
        if (feature != nullptr) feature->tags.push_back(text_in(value.get_object(), "tagValue"));
    }
}

/// Those that are switched off are not told to SDKs either.
void leave_out_disabled(Feature& feature) {
    json::array kept;
    for (json::value& strategy : feature.strategies) {
        if (is_true(strategy.get_object(), "disabled")) {
            ++feature.left_out;
        } else {
            kept.push_back(std::move(strategy));
        }
    }
    feature.strategies = std::move(kept);
}

}  // namespace

Result<Source> read_source(std::string_view text) {
    auto object = http::parse_object(text);
    if (!object) return std::unexpected(std::move(object).error());
    Reader reader;
    if (object->contains("events")) {
        read_events(reader, array_in(*object, "events"));
    } else {
        if (!object->contains("features") || !object->at("features").is_array()) {
            reader.complain("/features", "must be the list of features");
        }
        read_lists(reader, *object, "");
    }
    if (object->contains("featureStrategies")) read_export(reader, *object);
    for (Feature& feature : reader.features()) leave_out_disabled(feature);
    return reader.finish();
}

}  // namespace acme::unleash
