#include "operate/load/tally.hpp"

#include <boost/json/array.hpp>

#include <cstdio>

namespace acme::load {
namespace {

namespace json = boost::json;

double ms(std::chrono::microseconds time) { return static_cast<double>(time.count()) / 1000; }

std::string heading(std::string_view what) {
    char text[160];
    std::snprintf(
        text,
        sizeof(text),
        "%-42.*s %9s %7s %9s %9s %9s %9s",
        static_cast<int>(what.size()),
        what.data(),
        "requests",
        "failed",
        "p50 ms",
        "p95 ms",
        "p99 ms",
        "max ms"
    );
    return text;
}

}  // namespace

std::string_view name_of(Kind kind) {
    switch (kind) {
        case Kind::read: return "read";
        case Kind::upload: return "upload";
        case Kind::remove: return "delete";
        case Kind::sign_in: return "sign-in";
        case Kind::sign_out: return "sign-out";
    }
    return "read";
}

void Tally::Row::add(const Outcome& outcome, std::chrono::microseconds took) {
    latencies.add(took);
    if (outcome.has_failed()) ++failed;
}

json::object Tally::Row::to_json() const {
    return {
        {"requests", latencies.count()},
        {"failed", failed},
        {"p50_ms", ms(latencies.quantile(0.5))},
        {"p95_ms", ms(latencies.quantile(0.95))},
        {"p99_ms", ms(latencies.quantile(0.99))},
        {"max_ms", ms(latencies.max())},
    };
}

std::string Tally::Row::line(std::string_view name) const {
    char text[200];
    std::snprintf(
        text,
        sizeof(text),
        "  %-40.*s %9llu %7llu %9.1f %9.1f %9.1f %9.1f",
        static_cast<int>(name.size()),
        name.data(),
        static_cast<unsigned long long>(latencies.count()),
        static_cast<unsigned long long>(failed),
        ms(latencies.quantile(0.5)),
        ms(latencies.quantile(0.95)),
        ms(latencies.quantile(0.99)),
        ms(latencies.max())
    );
    return text;
}

void Tally::end(const Outcome& outcome, std::chrono::microseconds took) {
    all_.add(outcome, took);
    kinds_[outcome.kind].add(outcome, took);
    const bool is_known = releases_.contains(outcome.release);
    const bool fits = is_known || releases_.size() < releases_max;
    releases_[fits ? outcome.release : "others"].add(outcome, took);
    if (outcome.status != 0) ++statuses_[outcome.status];
    if (!outcome.has_failed()) return;
    const std::string reason = outcome.status == 0 ? std::string(outcome.fault)
                                                   : "status " + std::to_string(outcome.status);
    ++failures_[reason];
}

std::string Tally::failures() const {
    std::string text;
    for (const auto& [reason, count] : failures_) {
        text.append(text.empty() ? "" : ", ").append(reason).append(": ");
        text.append(std::to_string(count));
    }
    return text;
}

json::object Tally::to_json() const {
    json::object object = all_.to_json();
    json::object releases;
    for (const auto& [release, row] : releases_) releases[release] = row.to_json();
    json::object kinds;
    for (const auto& [kind, row] : kinds_) kinds[name_of(kind)] = row.to_json();
    json::object failures;
    for (const auto& [reason, count] : failures_) failures[reason] = count;
    json::object statuses;
    for (const auto& [status, count] : statuses_) statuses[std::to_string(status)] = count;
    object["not_sent"] = not_sent_;
    object["late_ms"] = json::object{
        {"p50", ms(lateness_.quantile(0.5))},
        {"p99", ms(lateness_.quantile(0.99))},
        {"max", ms(lateness_.max())},
    };
    object["releases"] = std::move(releases);
    object["kinds"] = std::move(kinds);
    object["failures"] = std::move(failures);
    object["statuses"] = std::move(statuses);
    return object;
}

std::vector<std::string> Tally::table() const {
    std::vector<std::string> lines{heading("by release")};
    for (const auto& [release, row] : releases_) lines.push_back(row.line(release));
    lines.push_back(heading("by kind"));
    for (const auto& [kind, row] : kinds_) lines.push_back(row.line(name_of(kind)));
    lines.push_back(all_.line("all"));
    for (const auto& [reason, count] : failures_) {
        lines.push_back("failed: " + std::to_string(count) + " x " + reason);
    }
    for (const auto& [status, count] : statuses_) {
        if (status < 400 || status >= 500) continue;
        const std::string refused = std::to_string(count) + " x " + std::to_string(status);
        lines.push_back("refused, which is no failure: " + refused);
    }
    char late[120];
    std::snprintf(
        late,
        sizeof(late),
        "begun late by %.1f ms (p50), %.1f ms (p99), %.1f ms (max); not sent: %llu",
        ms(lateness_.quantile(0.5)),
        ms(lateness_.quantile(0.99)),
        ms(lateness_.max()),
        static_cast<unsigned long long>(not_sent_)
    );
    lines.emplace_back(late);
    return lines;
}

}  // namespace acme::load
