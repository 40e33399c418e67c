#pragma once

/// When something happens again: a rule, in the time of a zone.

#include "work/cron/recurrence.hpp"

namespace acme::cron {

/// What becomes of times that clocks leave out when they are put forward, and of those that they
/// show twice when they are put back. Expressions whose minutes or hours begin with a star follow
/// real time under each of them: they run at each such time that there is, and at no other.
enum class Dst : std::uint8_t {
    vixie,  // left out: once, when the gap ends; twice: the first time. As Vixie's cron does
    skip,   // left out: not at all; twice: both times. As robfig/cron does
    shift,  // left out: as much later as the gap is long; twice: the first time. As RFC 5545 does
    both,   // left out: once, when the gap ends; twice: both times
};

std::string_view name_of(Dst dst);
std::optional<Dst> dst_of(std::string_view name);

class Timing {
public:
    /// `zone` is that of an expression which names none itself. Errors: what parse() says.
    static std::expected<Timing, std::vector<Problem>> of_cron(
        std::string_view text, Zone zone = {}, Dst dst = Dst::vixie
    );

    /// Errors: what Recurrence::parse() says.
    static std::expected<Timing, std::vector<Problem>> of_rrule(
        std::string_view text, WallTime start, Zone zone = {}, Dst dst = Dst::vixie
    );

    static Timing every(std::chrono::seconds period) { return {Every{period}, {}, Dst::vixie}; }

    /// The first that is later; none when there never is one, within 40 years.
    std::optional<WallTime> next(WallTime after) const;

    /// The last that is earlier; prev(next(t)) <= t.
    std::optional<WallTime> prev(WallTime before) const;

    const Zone& zone() const { return zone_; }

    /// It comes by the time that passes, not by what clocks show: "@every", and minutes or hours
    /// that begin with a star.
    bool is_by_real_time() const;

private:
    using Rule = std::variant<Every, Fields, Recurrence>;

    Timing(Rule rule, Zone zone, Dst dst) : rule_(std::move(rule)), zone_(zone), dst_(dst) {}

    Rule rule_;
    Zone zone_;
    Dst dst_;
};

}  // namespace acme::cron
