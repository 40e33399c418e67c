#include "operate/drift/drift_jobs.hpp"

#include "operate/drift/look.hpp"

namespace acme::drift {
namespace {

constexpr std::string_view look_kind = "drift.look";

Task<Result<>> run(std::shared_ptr<deploy::CliParts> parts, trace::Context context) {
    const Look now = co_await look(*parts, context);
    for (const Seen& seen : now.seen) {
        if (!now.note.empty()) break;
        parts->telemetry.log.write(
            LogLevel::warn, "drift.found", context, {{"deviation", seen.deviation.text()}}
        );
    }
    co_return done;
}

}  // namespace

void add_jobs(jobs::Registry& jobs, deploy::CliParts given) {
    const auto parts = std::make_shared<deploy::CliParts>(std::move(given));
    jobs.add(look_kind, [parts](trace::Context context, const std::string&) {
        return run(parts, context);
    });
}

void add_schedule(schedule::Schedule& schedule) {
    schedule.every("drift.look", look_period, std::string(look_kind));
}

}  // namespace acme::drift
