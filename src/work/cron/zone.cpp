#include "work/cron/zone.hpp"

#include <algorithm>
#include <date/tz.h>
#include <fstream>
#include <stdexcept>

namespace acme::cron {
namespace {

using std::chrono::seconds;

// Far enough from the ends of time for an offset to be added.
constexpr Instant first = std::chrono::sys_days(std::chrono::year(1800) / 1 / 1);
constexpr Instant last = std::chrono::sys_days(std::chrono::year(2900) / 1 / 1);

std::string padded(std::int64_t number, std::size_t digits) {
    const std::string text = std::to_string(number);
    return std::string(digits - std::min(digits, text.size()), '0') + text;
}

}  // namespace

std::optional<Zone> Zone::find(std::string_view name) {
    if (name == "UTC") return Zone();
    try {
        return Zone(date::locate_zone(name));
    } catch (const std::runtime_error&) {
        return std::nullopt;  // the library has no other way to say that it knows none
    }
}

Span Zone::at(Instant time) const {
    if (zone_ == nullptr) return {first, last, seconds(0), seconds(0), "UTC"};
    const auto info = zone_->get_info(std::clamp(time, first, last - seconds(1)));
    Span span{
        .begin = std::max<Instant>(info.begin, first),
        .end = std::min<Instant>(info.end, last),
        .offset = info.offset,
        .before = info.offset,
        .abbreviation = info.abbrev,
    };
    if (span.begin > first) span.before = zone_->get_info(span.begin - seconds(1)).offset;
    return span;
}

std::string Zone::name() const { return zone_ == nullptr ? "UTC" : zone_->name(); }

std::string zones_version_there() {
    std::ifstream file("/usr/share/zoneinfo/tzdata.zi");
    std::string line;
    constexpr std::string_view mark = "# version ";
    if (!std::getline(file, line) || !line.starts_with(mark)) return "unknown";
    return line.substr(mark.size());
}

const std::string& zones_version() {
    static const std::string version = zones_version_there();
    return version;
}

std::string to_local(const Zone& zone, WallTime time) {
    const auto instant = std::chrono::floor<seconds>(time);
    const seconds offset = zone.at(instant).offset;
    const Civil civil = civil_of(instant, offset);
    const auto day = std::chrono::floor<std::chrono::days>(civil);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(civil - day);
    const auto minutes = std::chrono::abs(offset).count() / 60;
    std::string text = padded(static_cast<int>(date.year()), 4);
    text += "-" + padded(static_cast<unsigned>(date.month()), 2);
    text += "-" + padded(static_cast<unsigned>(date.day()), 2);
    text += "T" + padded(clock.hours().count(), 2);
    text += ":" + padded(clock.minutes().count(), 2);
    text += ":" + padded(clock.seconds().count(), 2);
    text += offset < seconds(0) ? "-" : "+";
    return text + padded(minutes / 60, 2) + ":" + padded(minutes % 60, 2);
}

}  // namespace acme::cron
