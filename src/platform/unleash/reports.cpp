#include "platform/unleash/reports.hpp"

#include "platform/unleash/reading.hpp"
#include "platform/unleash/variants.hpp"

#include <cmath>

namespace acme::unleash {

namespace json = boost::json;

namespace {

constexpr std::string_view property = "properties[";

std::uint64_t number_in(const json::object& object, std::string_view key) {
    const auto number = decimal_in(text_in(object, key)).value_or(0);
    if (!(number > 0)) return 0;
    return static_cast<std::uint64_t>(std::min(number, static_cast<double>(report_count_max)));
}

/// The outcomes of one flag.
class Outcomes {
public:
    Outcomes(const flags::Snapshot& snapshot, std::uint32_t flag)
        : snapshot_(snapshot), flag_(flag) {}

    /// The first whose variant is called so, and that is no "off".
    flags::Evaluation named(std::string_view name) const {
        return find([&](const flags::Value& value) { return base_of(value.key) == name; });
    }

    flags::Evaluation off() const {
        const auto off = find([](const flags::Value& value) {
            return value.type == flags::ValueType::boolean && !value.boolean;
        });
        return snapshot_.is_enabled(flag_) ? off
                                           : flags::Evaluation{.reason = flags::Reason::disabled};
    }

    flags::Evaluation plain() const {
        return find([](const flags::Value& value) {
            return value.type == flags::ValueType::boolean ? value.boolean
                                                           : value.key == plain_variant;
        });
    }

private:
    template <class Is>
    flags::Evaluation find(Is is) const {
        for (std::uint16_t i = 0; i < snapshot_.variants_of(flag_); ++i) {
            if (is(snapshot_.value_of(flag_, i))) {
                return {.value = i, .reason = flags::Reason::targeting_match};
            }
        }
        return {};
    }

    const flags::Snapshot& snapshot_;
    std::uint32_t flag_;
};

void count_toggle(
    const json::object& toggle,
    std::uint32_t flag,
    flags::Flags& flags,
    const flags::Subject& subject
) {
    const flags::Snapshot& snapshot = *subject.snapshot();
    const Outcomes outcomes(snapshot, flag);
    const std::uint64_t yes = number_in(toggle, "yes");
    const json::object& variants = object_in(toggle, "variants");
    std::uint64_t with_variant = 0;
    if (snapshot.type_of(flag) != flags::ValueType::boolean) {
        for (const auto& [name, count] : variants) {
            if (std::string_view(name) == no_variant) continue;
            const std::uint64_t times = number_in(variants, name);
            flags.count(flag, outcomes.named(name), subject, times);
            with_variant += times;
        }
    }
    // Whoever asks for a variant asks whether the feature is on, too.
    if (yes > with_variant) flags.count(flag, outcomes.plain(), subject, yes - with_variant);
    flags.count(flag, outcomes.off(), subject, number_in(toggle, "no"));
}

}  // namespace

json::object context_of(const http::Request& request) {
    json::object context;
    json::object properties;
    const auto mark = request.target.find('?');
    std::string_view rest = mark == request.target.npos ? "" : request.target.substr(mark + 1);
    while (!rest.empty() && context.size() + properties.size() < query_names_max) {
        const auto end = std::min(rest.find('&'), rest.size());
        const std::string_view pair = rest.substr(0, end);
        rest.remove_prefix(std::min(end + 1, rest.size()));
        const auto sign = std::min(pair.find('='), pair.size());
        const auto name = http::percent_decoded(pair.substr(0, sign), true);
        const auto value =
            http::percent_decoded(pair.substr(std::min(sign + 1, pair.size())), true);
        if (!name || !value || name->empty()) continue;
        if (name->starts_with(property) && name->ends_with(']')) {
            properties[name->substr(property.size(), name->size() - property.size() - 1)] = *value;
        } else {
            context[*name] = *value;
        }
    }
    context["properties"] = std::move(properties);
    return context;
}

Result<> count_report(
    const json::object& report, flags::Flags& flags, const flags::Subject& subject
) {
    const json::value* const bucket = report.if_contains("bucket");
    const json::value* const toggles = bucket != nullptr && bucket->is_object()
                                           ? bucket->get_object().if_contains("toggles")
                                           : nullptr;
    if (toggles == nullptr || !toggles->is_object()) {
        return refuse(
            ErrorKind::invalid, "unleash.report", "The body must have an object \"bucket.toggles\"."
        );
    }
    if (subject.snapshot() == nullptr) return {};
    for (const auto& [name, toggle] : toggles->get_object()) {
        const auto flag = subject.snapshot()->find(name);
        if (!flag || !toggle.is_object()) continue;
        count_toggle(toggle.get_object(), *flag, flags, subject);
    }
    return {};
}

}  // namespace acme::unleash
