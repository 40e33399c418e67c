#include "operate/smoke/smoke.hpp"

#include "io/loop/cancellable.hpp"
#include "operate/smoke/checks.hpp"

#include <boost/json/array.hpp>
#include <boost/url/parse.hpp>

#include <algorithm>
#include <cstdio>

namespace acme::smoke {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds retry_pause{1'000};

bool is_origin(const std::string& endpoint) {
    const auto url = boost::urls::parse_uri(endpoint);
    if (!url || url->host().empty() || url->has_userinfo()) return false;
    const bool is_bare = url->path().size() < 2 && !url->has_query() && !url->has_fragment();
    return is_bare && (url->scheme() == "http" || url->scheme() == "https");
}

/// The order, the limits, the second tries; what is checked is in Checks.
class Suite {
public:
    Suite(Parts& parts, Options options, Tell tell)
        : clock_(parts.telemetry.clock),
          tell_(std::move(tell)),
          checks_(parts, options),
          report_{.endpoint = options.endpoint, .release = options.release} {}

    Task<Report> run(trace::Context context) {
        begun_ = clock_.steady();
        for (const Checks::Listed& listed : Checks::all()) {
            report_.checks.push_back(co_await check(context, listed));
            if (tell_) tell_(report_.checks.back());
        }
        report_.left_behind = co_await clean_up(context);
        report_.took = since(begun_);
        co_return std::move(report_);
    }

private:
    milliseconds since(SteadyTime time) const {
        return std::chrono::duration_cast<milliseconds>(clock_.steady() - time);
    }

    milliseconds left() const { return time_max - clean_up_time_max - since(begun_); }

    Task<Check> check(trace::Context context, Checks::Listed listed) {
        const SteadyTime begun = clock_.steady();
        Check check{.name = listed.name};
        check.detail = checks_.reason_to_skip(listed);
        if (!check.detail.empty()) {
            check.state = State::skipped;
            co_return check;
        }
        while (check.state == State::failed && check.tries < tries_max) {
            if (check.tries++ > 0) co_await sleep_for(retry_pause);
            const Result<std::string> seen = co_await attempt(context, listed);
            if (seen) check.state = State::passed;
            check.detail = seen ? *seen : seen.error().message;
        }
        check.took = since(begun);
        co_return check;
    }

    Task<Result<std::string>> attempt(trace::Context context, Checks::Listed listed) {
        const milliseconds limit = std::min(attempt_time_max, left());
        std::string why = "The time of the suite is over.";
        Cancellable attempt;
        try {
            if (limit.count() > 0) {
                co_return co_await attempt.run((checks_.*listed.check)(context), limit);
            }
        } catch (const std::exception& fault) {
            const std::string seconds = std::to_string(limit.count() / 1000);
            why = attempt.is_late() ? "No result within " + seconds + " s." : fault.what();
        }
        co_return refuse(ErrorKind::unavailable, "smoke.attempt", why);
    }

    Task<std::string> clean_up(trace::Context context) {
        Cancellable cleaning;
        try {
            co_return co_await cleaning.run(checks_.clean_up(context), clean_up_time_max);
        } catch (const std::exception& fault) {
            co_return cleaning.is_late() ? "No end within 10 s." : fault.what();
        }
    }

    const Clock& clock_;
    Tell tell_;
    Checks checks_;
    Report report_;
    SteadyTime begun_{};
};

}  // namespace

std::string_view name_of(State state) {
    switch (state) {
        case State::passed: return "passed";
        case State::failed: return "failed";
        case State::skipped: return "skipped";
    }
    return "failed";
}

bool Report::is_green() const { return failures().empty(); }

std::string Report::failures() const {
    std::string names;
    const auto add = [&](std::string_view name) {
        names.append(names.empty() ? "" : ", ").append(name);
    };
    for (const Check& check : checks) {
        if (check.state == State::failed) add(check.name);
    }
    if (!left_behind.empty()) add("clean_up");
    return names;
}

boost::json::object Report::to_json() const {
    boost::json::array listed;
    for (const Check& check : checks) {
        listed.push_back({
            {"name", check.name},
            {"state", name_of(check.state)},
            {"tries", check.tries},
            {"ms", check.took.count()},
            {"detail", check.detail},
        });
    }
    return {
        {"endpoint", endpoint},
        {"release", release},
        {"green", is_green()},
        {"ms", took.count()},
        {"checks", std::move(listed)},
        {"left_behind", left_behind},
    };
}

std::string line_of(const Check& check) {
    char text[64];
    std::snprintf(
        text,
        sizeof(text),
        "  %-8s %-9s %7.2f s  ",
        std::string(name_of(check.state)).c_str(),
        std::string(check.name).c_str(),
        static_cast<double>(check.took.count()) / 1000
    );
    return text + check.detail + (check.tries > 1 ? " (second try)" : "");
}

Task<Result<Report>> run(trace::Context context, Parts parts, Options options, Tell tell) {
    if (!is_origin(options.endpoint)) {
        co_return refuse(
            ErrorKind::invalid, "smoke.endpoint", "An endpoint is like https://app.example.com."
        );
    }
    Suite suite(parts, std::move(options), std::move(tell));
    co_return co_await suite.run(context);
}

}  // namespace acme::smoke
