#include "work/cron/timing.hpp"

#include <algorithm>

namespace acme::cron {
namespace {

using std::chrono::seconds;

constexpr seconds one{1};
constexpr seconds margin{2 * 86'400};
constexpr std::array<std::string_view, 4> names{"vixie", "skip", "shift", "both"};

/// What a rule does where clocks are changed.
struct Policy {
    bool is_once = false;   // of what is shown twice, the first only
    bool ends_gap = false;  // what is left out comes when the gap ends
    bool shifts = false;    // or as much later as the gap is long
};

Policy policy_of(Dst dst, bool is_wild) {
    if (is_wild || dst == Dst::skip) return {};
    return {
        .is_once = dst != Dst::both,
        .ends_gap = dst != Dst::shift,
        .shifts = dst == Dst::shift,
    };
}

/// The times of the wall clock that were left out when `span` began; empty where none were.
struct Gap {
    Civil begin;
    Civil last;
};

Gap gap_before(const Span& span) {
    return {civil_of(span.begin, span.before), civil_of(span.begin, span.offset) - one};
}

/// The first time of the wall clock that `span` does not show for the second time.
Civil first_shown(const Span& span, Policy policy) {
    return civil_of(span.begin, policy.is_once ? std::max(span.offset, span.before) : span.offset);
}

template <class Rule>
std::optional<Instant> next_of(
    const Rule& rule, const Zone& zone, Policy policy, Instant from, Instant horizon
) {
    // Where nothing comes for years, no change of clocks needs a look; two days are more than they
    // are ever changed by.
    const auto any =
        rule.at_or_after(civil_of(from, seconds(0)) - margin, civil_of(horizon, margin));
    if (!any) return std::nullopt;
    from = std::max(from, instant_of(*any, margin));
    while (from < horizon) {
        const Span span = zone.at(from);
        const Instant end = std::min(span.end, horizon);
        std::optional<Instant> best;
        const Civil begin = std::max(civil_of(from, span.offset), first_shown(span, policy));
        if (const auto found = rule.at_or_after(begin, civil_of(end, span.offset) - one)) {
            best = instant_of(*found, span.offset);
        }
        const Gap gap = gap_before(span);
        if (policy.ends_gap && from <= span.begin && rule.at_or_after(gap.begin, gap.last)) {
            best = span.begin;
        }
        if (policy.shifts) {
            const auto found =
                rule.at_or_after(std::max(gap.begin, civil_of(from, span.before)), gap.last);
            if (found) best = std::min(best.value_or(end), instant_of(*found, span.before));
        }
        if (best) return best;
        from = span.end;
    }
    return std::nullopt;
}

template <class Rule>
std::optional<Instant> prev_of(
    const Rule& rule, const Zone& zone, Policy policy, Instant until, Instant floor
) {
    while (until > floor) {
        const Span span = zone.at(until - one);
        const Instant begin = std::max(span.begin, floor);
        std::optional<Instant> best;
        const Civil first = std::max(civil_of(begin, span.offset), first_shown(span, policy));
        const Civil last = civil_of(until, span.offset) - one;
        if (first <= last) {
            if (const auto found = rule.at_or_before(last, first)) {
                best = instant_of(*found, span.offset);
            }
        }
        const Gap gap = gap_before(span);
        if (policy.ends_gap && !best && gap.begin <= gap.last &&
            rule.at_or_before(gap.last, gap.begin)) {
            best = span.begin;
        }
        const Civil shifted = std::min(gap.last, civil_of(until, span.before) - one);
        if (policy.shifts && gap.begin <= shifted) {
            const auto found = rule.at_or_before(shifted, gap.begin);
            if (found) best = std::max(best.value_or(begin), instant_of(*found, span.before));
        }
        if (best) return best;
        until = span.begin;
    }
    return std::nullopt;
}

}  // namespace

std::string_view name_of(Dst dst) { return names.at(static_cast<std::size_t>(dst)); }

std::optional<Dst> dst_of(std::string_view name) {
    const auto found = std::ranges::find(names, name);
    if (found == names.end()) return std::nullopt;
    return static_cast<Dst>(found - names.begin());
}

std::expected<Timing, std::vector<Problem>> Timing::of_cron(
    std::string_view text, Zone zone, Dst dst
) {
    auto expression = parse(text);
    if (!expression) return std::unexpected(std::move(expression).error());
    if (const auto* every = std::get_if<Every>(&expression->rule)) {
        return Timing(*every, expression->zone.value_or(zone), dst);
    }
    return Timing(std::get<Fields>(expression->rule), expression->zone.value_or(zone), dst);
}

std::expected<Timing, std::vector<Problem>> Timing::of_rrule(
    std::string_view text, WallTime start, Zone zone, Dst dst
) {
    const auto begin = std::chrono::floor<seconds>(start);
    auto recurrence = Recurrence::parse(text, civil_of(begin, zone.at(begin).offset), zone);
    if (!recurrence) return std::unexpected(std::move(recurrence).error());
    return Timing(*std::move(recurrence), zone, dst);
}

bool Timing::is_by_real_time() const {
    if (const auto* fields = std::get_if<Fields>(&rule_)) return fields->is_wild;
    return std::holds_alternative<Every>(rule_);
}

std::optional<WallTime> Timing::next(WallTime after) const {
    const Instant from = std::chrono::floor<seconds>(after) + one;
    if (const auto* every = std::get_if<Every>(&rule_)) {
        const auto since = (from - one).time_since_epoch();
        return WallTime(since - since % every->period + every->period);
    }
    const auto search = [&](const auto& rule) {
        const Policy policy = policy_of(dst_, rule.is_wild);
        return next_of(rule, zone_, policy, from, rule.horizon(from));
    };
    if (const auto* fields = std::get_if<Fields>(&rule_)) return search(*fields);
    return search(std::get<Recurrence>(rule_));
}

std::optional<WallTime> Timing::prev(WallTime before) const {
    const Instant until = std::chrono::ceil<seconds>(before);
    if (const auto* every = std::get_if<Every>(&rule_)) {
        const auto since = (until - one).time_since_epoch();
        return WallTime(since - since % every->period);
    }
    const auto search = [&](const auto& rule) {
        const Policy policy = policy_of(dst_, rule.is_wild);
        return prev_of(rule, zone_, policy, until, rule.floor(until));
    };
    if (const auto* fields = std::get_if<Fields>(&rule_)) return search(*fields);
    return search(std::get<Recurrence>(rule_));
}

}  // namespace acme::cron
