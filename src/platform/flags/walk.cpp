#include "platform/flags/walk.hpp"

#include "base/moment.hpp"

#include <algorithm>
#include <charconv>

namespace acme::flags {
namespace {

using Attribute = Subject::Attribute;

std::optional<double> number_in(std::string_view text) {
    double number = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc{} || stop != end) return std::nullopt;
    return number;
}

/// Whether `holds` says so of any of the clause's entries in `list`.
template <class T, class Holds>
bool any_of(const std::vector<T>& list, const CompiledClause& clause, Holds holds) {
    for (std::uint32_t i = 0; i < clause.count; ++i) {
        if (holds(list[clause.data + i])) return true;
    }
    return false;
}

bool text_holds(Op op, std::string_view text, std::string_view pattern) {
    switch (op) {
        case Op::in: return text == pattern;
        case Op::starts_with: return text.starts_with(pattern);
        case Op::ends_with: return text.ends_with(pattern);
        default: return text.contains(pattern);
    }
}

bool folded_holds(const Compiled& all, const CompiledClause& clause, std::string_view text) {
    std::string folded(text);
    for (char& c : folded) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return any_of(all.folded, clause, [&](const std::string& value) {
        return text_holds(clause.op, folded, value);
    });
}

bool number_holds(const Compiled& all, const CompiledClause& clause, std::string_view text) {
    const auto number = number_in(text);
    if (!number) return false;
    return any_of(all.numbers, clause, [&](double value) {
        switch (clause.op) {
            case Op::lt: return *number < value;
            case Op::le: return *number <= value;
            case Op::gt: return *number > value;
            case Op::ge: return *number >= value;
            default: return *number == value;
        }
    });
}

bool semver_holds(const Compiled& all, const CompiledClause& clause, std::string_view text) {
    const auto version = Semver::parse(text);
    if (!version) return false;
    return any_of(all.semvers, clause, [&](const Semver& value) {
        const auto order = *version <=> value;
        switch (clause.op) {
            case Op::semver_lt: return order < 0;
            case Op::semver_le: return order <= 0;
            case Op::semver_gt: return order > 0;
            case Op::semver_ge: return order >= 0;
            default: return order == 0;
        }
    });
}

bool time_holds(const Compiled& all, const CompiledClause& clause, const Subject& subject) {
    const Attribute& attribute = subject.at(clause.slot);
    std::optional<WallTime> time;
    if (attribute.is_present)
        time = parse_time(attribute.text);
    else if (clause.slot == all.now_slot)
        time = subject.now();
    if (!time) return false;
    return any_of(all.times, clause, [&](WallTime value) {
        return clause.op == Op::before ? *time < value : *time > value;
    });
}

bool all_hold(const Compiled& all, Range range, const Subject& subject) {
    for (std::uint32_t i = 0; i < range.count; ++i) {
        if (!clause_holds(all, all.clauses[range.first + i], subject)) return false;
    }
    return true;
}

bool is_in_segment(const Compiled& all, const CompiledSegment& segment, const Subject& subject) {
    const Attribute& user = subject.at(user_slot);
    const Attribute& org = subject.at(org_slot);
    if (user.is_present && segment.members->users.contains(user.text, user.hash)) return true;
    if (org.is_present && segment.members->orgs.contains(org.text, org.hash)) return true;
    return segment.clauses.count > 0 && all_hold(all, segment.clauses, subject);
}

/// Of a clause whose attribute is present.
bool present_holds(const Compiled& all, const CompiledClause& clause, const Attribute& attribute) {
    if (clause.ignores_case) return folded_holds(all, clause, attribute.text);
    switch (clause.op) {
        case Op::in:
            return clause.is_many ? all.sets[clause.data].contains(attribute.text, attribute.hash)
                                  : is_of_few(all.few[clause.data], attribute);
        case Op::starts_with:
        case Op::ends_with:
        case Op::contains:
            return any_of(all.patterns, clause, [&](std::string_view pattern) {
                return text_holds(clause.op, attribute.text, pattern);
            });
        case Op::matches:
            return any_of(all.regexes, clause, [&](const Regex& regex) {
                return regex.matches(attribute.text);
            });
        case Op::lt:
        case Op::le:
        case Op::gt:
        case Op::ge:
        case Op::eq: return number_holds(all, clause, attribute.text);
        case Op::semver_lt:
        case Op::semver_le:
        case Op::semver_eq:
        case Op::semver_ge:
        case Op::semver_gt: return semver_holds(all, clause, attribute.text);
        case Op::cidr:
            return any_of(all.networks, clause, [&](const Networks& networks) {
                return networks.contains(attribute.text);
            });
        default: return true;  // present
    }
}

bool holds(const Compiled& all, const CompiledClause& clause, const Subject& subject) {
    if (clause.op == Op::segment) {
        return any_of(all.segment_uses, clause, [&](std::uint32_t index) {
            return is_in_segment(all, all.segments[index], subject);
        });
    }
    if (clause.op == Op::before || clause.op == Op::after) return time_holds(all, clause, subject);
    const Attribute& attribute = subject.at(clause.slot);
    return attribute.is_present && present_holds(all, clause, attribute);
}

}  // namespace

bool clause_holds(const Compiled& all, const CompiledClause& clause, const Subject& subject) {
    return holds(all, clause, subject) != clause.negate;
}

Dealt deal(
    const Compiled& all, const CompiledServe& serve, const Import* import_, std::string_view unit
) {
    Dealt dealt;
    if (import_ != nullptr)
        dealt.bucket = split_bucket(*import_, unit);
    else
        dealt.bucket = {
            .number = bucket_in(serve.salted.hash(unit), whole), .of = whole, .end = whole
        };
    for (std::uint32_t i = 0; i < serve.shares.count; ++i) {
        const CompiledShare& share = all.shares[serve.shares.first + i];
        dealt.end = share.below;
        if (dealt.bucket.number < share.below) {
            dealt.value = share.value;
            break;
        }
        dealt.first = share.below;
    }
    if (import_ != nullptr && is_growthbook(import_->scheme)) {
        const std::uint64_t size = dealt.end - dealt.first;
        dealt.end = dealt.first + static_cast<std::uint32_t>(size * import_->rollout / whole);
        if (dealt.bucket.number >= dealt.end) dealt.value = 0xffff;
    }
    return dealt;
}

const CompiledOverride* override_of(
    const Compiled& all, Range range, std::uint16_t slot, const Subject& subject
) {
    const Attribute& attribute = subject.at(slot);
    if (!attribute.is_present) return nullptr;
    const auto begin = all.overrides.begin() + range.first;
    const auto end = begin + range.count;
    auto at = std::lower_bound(begin, end, attribute.hash, [](const auto& one, std::uint64_t hash) {
        return one.hash < hash;
    });
    for (; at != end && at->hash == attribute.hash; ++at) {
        if (at->id == attribute.text && subject.now() < at->expires_at) return &*at;
    }
    return nullptr;
}

}  // namespace acme::flags
