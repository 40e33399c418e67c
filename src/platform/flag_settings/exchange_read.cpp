#include "platform/flag_settings/exchange_read.hpp"

#include "io/http/fields.hpp"
#include "platform/flags/ruleset.hpp"

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>

namespace acme::flag_settings {
namespace {

using http::Fields;

/// Of a flag's members, those that a rule set has too.
constexpr std::array in_ruleset{
    "key",
    "type",
    "variants",
    "enabled",
    "salt",
    "off_value",
    "bucket_by",
    "prerequisites",
    "overrides",
    "rules",
    "fallthrough"
};
constexpr std::array in_targeting{
    "off_value", "bucket_by", "prerequisites", "overrides", "rules", "fallthrough"
};

class Reader {
public:
    explicit Reader(boost::json::object document) : document_(std::move(document)) {}

    Result<DocumentRead> read() {
        if (text_of(document_, "format") != format) {
            complain("/format", "flags.format", "must be acme-flags-1");
        }
        each_of("flags", [this](const auto& object, const auto& where) { flag(object, where); });
        each_of("segments", [this](const auto& object, const auto& where) {
            segment(object, where);
        });
        if (const auto* warnings = document_.if_contains("warnings")) note(*warnings);
        if (!problems_.empty()) return invalid(std::move(problems_));
        return std::move(read_);
    }

private:
    void complain(std::string pointer, std::string code, std::string detail) {
        if (problems_.size() < problems_max) {
            problems_.push_back({std::move(pointer), std::move(code), std::move(detail)});
        }
    }

    void take(const Result<>& finished) {
        if (finished) return;
        for (const FieldError& each : finished.error().fields) {
            complain(each.pointer, each.code, each.detail);
        }
    }

    void each_of(const char* name, const auto& read_one) {
        const std::string pointer = std::string("/") + name;
        const auto* list = document_.if_contains(name);
        if (list == nullptr) return;
        if (!list->is_array()) return complain(pointer, "flags.type", "must be a list");
        std::size_t i = 0;
        for (const auto& each : list->get_array()) {
            const std::string where = pointer + "/" + std::to_string(i++);
            if (each.is_object()) {
                read_one(each.get_object(), where);
            } else {
                complain(where, "flags.type", "must be an object");
            }
        }
    }

    void note(const boost::json::value& warnings) {
        if (!warnings.is_array()) return;
        for (const auto& each : warnings.get_array()) {
            if (each.is_string()) read_.warnings.emplace_back(each.get_string());
        }
    }

    /// The tags that are texts. Elsewhere they may be any text: what ours do not have becomes `-`.
    static std::vector<std::string> tags_in(Fields& fields) {
        std::vector<std::string> tags;
        const auto* list = fields.any("tags");
        if (list == nullptr || !list->is_array()) return tags;
        for (const auto& each : list->get_array()) {
            const std::string tag = each.is_string() ? tag_of(each.get_string()) : "";
            const bool is_new = std::ranges::find(tags, tag) == tags.end();
            if (!tag.empty() && is_new && tags.size() < tags_max) tags.push_back(tag);
        }
        return tags;
    }

    static std::string tag_of(std::string_view text) {
        std::string tag;
        for (char c : text.substr(0, tag_bytes_max)) {
            if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
            const bool is_plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
            tag += is_plain || c == '.' || c == '_' || c == ':' ? c : '-';
        }
        return tag;
    }

    void flag(const boost::json::object& object, const std::string& where) {
        boost::json::object document;
        Fields fields(object, where);
        Facts facts;
        facts.key = fields.text("key", {1, flags::key_chars_max});
        facts.name = fields.optional_text("name", {1, name_chars_max}).value_or(facts.key);
        facts.description =
            fields.optional_text("description", {1, description_chars_max}).value_or("Imported.");
        facts.kind = fields.optional_text("kind", {1, 20}).value_or("release");
        facts.owner = fields.optional_text("owner", {1, 64}).value_or("");
        facts.tags = tags_in(fields);
        facts.expected_removal_at =
            fields.optional_text("expected_removal_at", {10, 10}).value_or("");
        facts.is_permanent = fields.optional_boolean("permanent").value_or(false);
        for (const char* const name : in_ruleset) {
            if (const auto* value = fields.any(name)) document[name] = *value;
        }
        take(fields.finish());
        const auto parsed = flags::parse_flag(document);
        if (!parsed) {
            for (const FieldError& each : parsed.error().fields) {
                complain(where + each.pointer, each.code, each.detail);
            }
            return;
        }
        const auto printed = flags::to_json(*parsed);
        facts.type = flags::word_of(parsed->type);
        facts.variants = variants_of(*parsed);
        boost::json::object rules;
        for (const char* const name : in_targeting) {
            if (const auto* value = printed.if_contains(name)) rules[name] = *value;
        }
        for (FieldError& each : problems_of(facts)) {
            complain(where + each.pointer, each.code, each.detail);
        }
        Targeting targeting{
            .is_enabled = parsed->is_enabled,
            .salt = parsed->salt,
            .rules = boost::json::serialize(rules),
        };
        read_.flags.push_back(
            {.flag = {std::move(facts), std::move(targeting)}, .has_salt = !parsed->salt.empty()}
        );
    }

    static std::string variants_of(const flags::Flag& flag) {
        boost::json::array variants;
        for (const flags::Variant& variant : flag.variants) {
            variants.push_back(boost::json::object{{"key", variant.key}, {"value", variant.value}});
        }
        return boost::json::serialize(variants);
    }

    void segment(const boost::json::object& object, const std::string& where) {
        boost::json::object document = object;
        SegmentRead read;
        read.segment.name = text_of(document, "name");
        read.segment.description = text_of(document, "description");
        document.erase("name");
        document.erase("description");
        const bool has_members = !document.contains("list");
        document.erase("list");
        const auto parsed = flags::parse_segment(document);
        if (!parsed) {
            for (const FieldError& each : parsed.error().fields) {
                complain(where + each.pointer, each.code, each.detail);
            }
            return;
        }
        read.segment.key = parsed->key;
        if (read.segment.name.empty()) read.segment.name = parsed->key;
        boost::json::array clauses;
        for (const flags::Clause& clause : parsed->clauses) clauses.push_back(to_json(clause));
        read.segment.conditions = boost::json::serialize(clauses);
        if (has_members) {
            read.members.emplace();
            for (const auto& id : parsed->users) read.members->push_back({"user", id});
            for (const auto& id : parsed->orgs) read.members->push_back({"org", id});
        } else {
            read_.warnings.push_back(
                "Segment " + parsed->key + ": its members are not in the document and stay."
            );
        }
        read_.segments.push_back(std::move(read));
    }

    static std::string text_of(const boost::json::object& object, const char* name) {
        const auto* value = object.if_contains(name);
        return value != nullptr && value->is_string() ? std::string(value->get_string()) : "";
    }

    static constexpr std::size_t problems_max = 200;

    boost::json::object document_;
    DocumentRead read_;
    std::vector<FieldError> problems_;
};

}  // namespace

Result<DocumentRead> read_document(boost::json::object document) {
    return Reader(std::move(document)).read();
}

}  // namespace acme::flag_settings
