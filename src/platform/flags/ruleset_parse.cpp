// From JSON to the structs: shape only. What the values must be is in ruleset_checks.cpp.
#include "base/moment.hpp"
#include "base/text.hpp"
#include "platform/flags/ruleset_reader.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <array>
#include <charconv>

namespace acme::flags {
namespace {

namespace json = boost::json;

/// As `in` compares it, and as Subject::set() writes numbers.
std::optional<std::string> text_form(const json::value& value) {
    if (value.is_string()) return std::string(value.get_string());
    if (value.is_bool()) return value.get_bool() ? "true" : "false";
    if (!value.is_number()) return std::nullopt;
    if (!value.is_double()) return json::serialize(value);
    std::array<char, 32> digits{};
    const auto written =
        std::to_chars(digits.data(), digits.data() + digits.size(), value.get_double());
    return std::string(digits.data(), written.ptr);
}

Clause parse_clause(Reader& reader) {
    Clause clause;
    reader.text("attribute", clause.attribute);
    std::string word;
    reader.text("op", word);
    const auto op = op_of(word);
    if (!op) reader.problems().add(reader.at("op"), "flags.value", "This is no operator.");
    clause.op = op.value_or(Op::in);
    reader.each("values", [&](const json::value& value, const std::string& pointer) {
        auto text = text_form(value);
        if (!text) reader.wrong(pointer, "a text, a number, true or false");
        clause.values.push_back(std::move(text).value_or(""));
    });
    reader.boolean("negate", clause.negate);
    reader.boolean("ignore_case", clause.ignores_case);
    return clause;
}

Share parse_share(Reader& reader) {
    Share share;
    reader.text("variant", share.variant);
    reader.number("weight", share.weight);
    return share;
}

Serve parse_serve(Reader& reader) {
    Serve serve;
    reader.text("variant", serve.variant);
    reader.objects("split", serve.split, parse_share);
    return serve;
}

/// `name` as an object that `parse` reads; nothing where it is absent.
template <class T>
std::optional<T> object_at(Reader& reader, std::string_view name, T (*parse)(Reader&)) {
    const json::value* const value = reader.find(name);
    if (value == nullptr) return std::nullopt;
    if (!value->is_object()) {
        reader.wrong(reader.at(name), "an object");
        return T{};
    }
    Reader inner(value->get_object(), reader.at(name), reader.problems());
    return parse(inner);
}

Hash parse_hash(Reader& reader) {
    Hash hash;
    std::string word = "acme";
    reader.text("scheme", word);
    if (const auto scheme = scheme_of(word))
        hash.scheme = *scheme;
    else
        reader.problems().add(reader.at("scheme"), "flags.hash", "This is no scheme.");
    reader.text("group", hash.group);
    reader.text("split_group", hash.split_group);
    reader.texts("split_by", hash.split_by);
    return hash;
}

Rule parse_rule(Reader& reader) {
    Rule rule;
    reader.text("id", rule.id);
    reader.text("name", rule.name);
    reader.boolean("enabled", rule.is_enabled);
    reader.objects("if", rule.clauses, parse_clause);
    reader.number("rollout", rule.rollout);
    reader.texts("bucket_by", rule.bucket_by);
    rule.hash = object_at(reader, "hash", parse_hash);
    rule.serve = object_at(reader, "serve", parse_serve).value_or(Serve{});
    return rule;
}

Override parse_override(Reader& reader) {
    Override override_;
    std::string kind;
    reader.text("kind", kind);
    if (kind != "user" && kind != "org") {
        reader.problems().add(reader.at("kind"), "flags.value", "This must be user or org.");
    }
    override_.kind = kind == "org" ? SubjectKind::org : SubjectKind::user;
    reader.text("id", override_.id);
    reader.text("variant", override_.variant);
    std::string time;
    reader.text("expires_at", time);
    if (!time.empty()) {
        override_.expires_at = parse_time(time);
        if (!override_.expires_at) {
            reader.problems().add(
                reader.at("expires_at"), "flags.time", "This must be a time as RFC 3339 writes it."
            );
        }
    }
    return override_;
}

Prerequisite parse_prerequisite(Reader& reader) {
    Prerequisite prerequisite;
    reader.text("flag", prerequisite.flag);
    reader.texts("variants", prerequisite.variants);
    reader.boolean("or_none", prerequisite.or_none);
    return prerequisite;
}

Variant parse_variant(Reader& reader) {
    Variant variant;
    reader.text("key", variant.key);
    if (const json::value* const value = reader.find_any("value"))
        variant.value = *value;
    else
        reader.problems().add(reader.at("value"), "flags.required", "A variant has a value.");
    return variant;
}

Flag read_flag(Reader& reader) {
    Flag flag;
    reader.text("key", flag.key);
    std::string word;
    reader.text("type", word);
    const auto type = type_of(word);
    if (!type) {
        reader.problems().add(
            reader.at("type"), "flags.value", "This must be bool, string, int, double or json."
        );
    }
    flag.type = type.value_or(ValueType::boolean);
    const bool has_variants = reader.find("variants") != nullptr;
    reader.objects("variants", flag.variants, parse_variant);
    if (type == ValueType::boolean && !has_variants) flag.variants = bool_variants();
    reader.boolean("enabled", flag.is_enabled);
    if (const json::value* const value = reader.find("off_value")) flag.off_value = *value;
    reader.text("salt", flag.salt);
    if (reader.find("bucket_by") != nullptr) {
        flag.bucket_by.clear();
        reader.texts("bucket_by", flag.bucket_by);
    }
    reader.objects("prerequisites", flag.prerequisites, parse_prerequisite);
    reader.objects("overrides", flag.overrides, parse_override);
    reader.objects("rules", flag.rules, parse_rule);
    flag.fallthrough = object_at(reader, "fallthrough", parse_serve);
    return flag;
}

Segment read_segment(Reader& reader) {
    Segment segment;
    reader.text("key", segment.key);
    reader.text("list", segment.list);
    reader.texts("users", segment.users);
    reader.texts("orgs", segment.orgs);
    reader.objects("if", segment.clauses, parse_clause);
    return segment;
}

std::unexpected<Error> refused(std::vector<FieldError> fields) {
    return std::unexpected(Error{
        .kind = ErrorKind::invalid,
        .code = "flags.invalid",
        .message = "The flag or rule set breaks rules; each is named.",
        .fields = std::move(fields),
    });
}

template <class T>
Result<T> checked(Problems problems, T read) {
    auto all = std::move(problems).with(problems_of(read));
    if (!all.empty()) return refused(std::move(all));
    return read;
}

}  // namespace

Result<Flag> parse_flag(const json::object& object) {
    if (json::serialize(object).size() > flag_bytes_max) {
        return refuse(ErrorKind::too_large, "flags.too_large", "A flag has at most 1 MB of rules.");
    }
    Problems problems;
    Flag flag;
    {
        Reader reader(object, "", problems);
        flag = read_flag(reader);
    }
    return checked(std::move(problems), std::move(flag));
}

Result<Segment> parse_segment(const json::object& object) {
    Problems problems;
    Segment segment;
    {
        Reader reader(object, "", problems);
        segment = read_segment(reader);
    }
    return checked(std::move(problems), std::move(segment));
}

Result<Ruleset> parse_ruleset(std::string_view text) {
    if (text.size() > ruleset_bytes_max) {
        return refuse(ErrorKind::too_large, "flags.too_large", "A rule set has at most 256 MB.");
    }
    boost::system::error_code error;
    const json::value value = json::parse({text.data(), text.size()}, error);
    Problems problems;
    if (error || !value.is_object()) {
        problems.add("", "flags.type", "This must be a JSON object.");
        return refused(std::move(problems).with({}));
    }
    Ruleset ruleset;
    {
        Reader reader(value.get_object(), "", problems);
        reader.text("environment", ruleset.environment);
        reader.number("version", ruleset.version);
        reader.objects("flags", ruleset.flags, read_flag);
        reader.objects("segments", ruleset.segments, read_segment);
        reader.each("flags", [&](const json::value& flag, const std::string& pointer) {
            if (text.size() > flag_bytes_max && json::serialize(flag).size() > flag_bytes_max) {
                problems.add(pointer, "flags.too_large", "A flag has at most 1 MB of rules.");
            }
        });
    }
    return checked(std::move(problems), std::move(ruleset));
}

}  // namespace acme::flags
