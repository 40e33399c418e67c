#pragma once

/// A rule set, compiled: immutable, shared by all threads, asked by evaluate.hpp. Flags have dense
/// indexes here, which hold for this snapshot only.

#include "base/result.hpp"
#include "platform/flags/members.hpp"
#include "platform/flags/ruleset.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace acme::flags {

struct Compiled;
struct CompiledFlag;

/// What an evaluation may serve: the variants by their index, and the off value after them.
struct Value {
    ValueType type = ValueType::boolean;
    bool boolean = false;
    std::int64_t integer = 0;
    double number = 0;       // also of an integer
    std::string_view text;   // of a string; of JSON its serialized form
    std::string_view key;    // the variant's; "" for the off value
    std::string_view label;  // "result" of metrics: the variant, "true" or "false"; "disabled"
};

class Snapshot {
public:
    struct Token {};  // compile() alone has one

    /// Errors: flags.invalid with all that problems_of() says. Takes a second for a million
    /// members. A list that it names and that is not among `lists` has no members here: enough to
    /// see whether a rule set may be published.
    static Result<std::shared_ptr<const Snapshot>> compile(
        Ruleset ruleset, const MemberLists& lists = {}
    );

    Snapshot(Token, std::unique_ptr<const Compiled> compiled);
    ~Snapshot();

    std::string_view environment() const;
    std::uint64_t version() const;

    /// How many flags there are; their indexes are below it.
    std::uint32_t size() const;
    std::optional<std::uint32_t> find(std::string_view key) const;

    std::string_view key_of(std::uint32_t flag) const;
    ValueType type_of(std::uint32_t flag) const;
    bool is_enabled(std::uint32_t flag) const;
    std::size_t variants_of(std::uint32_t flag) const;

    /// `value` is Evaluation::value, and not no_value.
    const Value& value_of(std::uint32_t flag, std::uint16_t value) const;
    /// The value as JSON has it.
    const boost::json::value& json_of(std::uint32_t flag, std::uint16_t value) const;
    /// `"key":"checkout","value":true,"variant":"on"`: the members of an answer, without braces.
    /// Of no_value `"key":"checkout"`.
    std::string_view members_of(std::uint32_t flag, std::uint16_t value) const;
    /// Id of Evaluation::rule; "" for no_rule.
    std::string_view rule_id(std::uint32_t flag, std::uint16_t rule) const;
    /// Key of the flag that Evaluation::prerequisite stands for; "" for none.
    std::string_view prerequisite_of(std::uint32_t flag, std::uint16_t prerequisite) const;

    /// What it was made of, but the members of segments: those lie only in its sets.
    const Ruleset& ruleset() const;

    const Compiled& compiled() const { return *compiled_; }

private:
    std::unique_ptr<const Compiled> compiled_;
};

}  // namespace acme::flags
