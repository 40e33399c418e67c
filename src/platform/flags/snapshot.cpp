#include "platform/flags/snapshot.hpp"

#include "platform/flags/compiled.hpp"

namespace acme::flags {

Result<std::shared_ptr<const Snapshot>> Snapshot::compile(
    Ruleset ruleset, const MemberLists& lists
) {
    auto problems = problems_of(ruleset);
    if (!problems.empty()) {
        return std::unexpected(Error{
            .kind = ErrorKind::invalid,
            .code = "flags.invalid",
            .message = "The rule set breaks rules; each is named.",
            .fields = std::move(problems),
        });
    }
    return std::make_shared<const Snapshot>(Token{}, compiled_of(std::move(ruleset), lists));
}

Snapshot::Snapshot(Token, std::unique_ptr<const Compiled> compiled)
    : compiled_(std::move(compiled)) {}
Snapshot::~Snapshot() = default;

std::string_view Snapshot::environment() const { return compiled_->ruleset.environment; }
std::uint64_t Snapshot::version() const { return compiled_->ruleset.version; }

std::uint32_t Snapshot::size() const { return static_cast<std::uint32_t>(compiled_->flags.size()); }

std::optional<std::uint32_t> Snapshot::find(std::string_view key) const {
    const auto is_it = [&](std::uint32_t flag) { return key_of(flag) == key; };
    const Index::Place* const found = compiled_->index.find(hash_text(key), key.size(), is_it);
    return found == nullptr ? std::nullopt : std::optional(found->flag);
}

std::string_view Snapshot::key_of(std::uint32_t flag) const {
    return compiled_->ruleset.flags[flag].key;
}

ValueType Snapshot::type_of(std::uint32_t flag) const { return compiled_->flags[flag].type; }

bool Snapshot::is_enabled(std::uint32_t flag) const {
    return compiled_->ruleset.flags[flag].is_enabled;
}

std::size_t Snapshot::variants_of(std::uint32_t flag) const {
    return compiled_->flags[flag].variants;
}

const Value& Snapshot::value_of(std::uint32_t flag, std::uint16_t value) const {
    return compiled_->values[compiled_->flags[flag].values + value];
}

const boost::json::value& Snapshot::json_of(std::uint32_t flag, std::uint16_t value) const {
    const Flag& document = compiled_->ruleset.flags[flag];
    return value < document.variants.size() ? document.variants[value].value : *document.off_value;
}

std::string_view Snapshot::members_of(std::uint32_t flag, std::uint16_t value) const {
    return compiled_->members[place_of_members(*compiled_, flag, value)];
}

std::string_view Snapshot::rule_id(std::uint32_t flag, std::uint16_t rule) const {
    const auto& rules = compiled_->ruleset.flags[flag].rules;
    return rule < rules.size() ? std::string_view(rules[rule].id) : "";
}

std::string_view Snapshot::prerequisite_of(std::uint32_t flag, std::uint16_t prerequisite) const {
    const auto& list = compiled_->ruleset.flags[flag].prerequisites;
    return prerequisite < list.size() ? std::string_view(list[prerequisite].flag) : "";
}

const Ruleset& Snapshot::ruleset() const { return compiled_->ruleset; }

}  // namespace acme::flags
