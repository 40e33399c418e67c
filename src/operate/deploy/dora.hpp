#pragma once

/// How well releases go (BEY-25): the four figures of DORA, from the tables alone, each with the
/// counts that it is made of.
///
/// Source: DORA, "DORA's software delivery metrics". What the tables know of them:
///   frequency        deployments that succeeded, in the time that is asked for
///   lead time        from when a release came to the machines (where that is not known, from when
///                    its first deployment began) to its first success; commits are not known yet
///   change failures  of the deployments that began in that time and are decided, those that did
///                    not stay: they came back by themselves, or somebody rolled back from them,
///                    in mid-roll or later
///   time to restore  from when a failure was seen, which is when the way back began, to its end

#include "operate/deploy/journal.hpp"

namespace acme::deploy {

inline constexpr int figure_days = 30;
inline constexpr int figure_days_max = 366;

struct Figures {
    std::string environment;
    WallTime since;
    WallTime until;
    int days = 0;

    std::int64_t succeeded = 0;

    std::int64_t lead_times = 0;
    std::optional<double> lead_seconds = std::nullopt;  // median

    std::int64_t changes = 0;
    std::int64_t failed = 0;

    std::int64_t restores = 0;
    std::optional<double> restore_seconds = std::nullopt;  // median

    double per_day() const { return days > 0 ? static_cast<double>(succeeded) / days : 0; }
    std::optional<double> failure_ratio() const;
};

boost::json::object to_json(const Figures& figures);

/// Of the `days` until `until`. Throws pg::Fault.
Task<Figures> figures(
    pg::Database& db, trace::Context context, std::string environment, WallTime until, int days
);

}  // namespace acme::deploy
