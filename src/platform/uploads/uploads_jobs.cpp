#include "platform/uploads/uploads_jobs.hpp"

#include "base/text.hpp"

namespace acme::uploads {
namespace {

constexpr std::string_view clean_kind = "uploads.clean";
constexpr std::string_view sweep_kind = "uploads.sweep";
constexpr std::chrono::minutes sweep_time_max{10};

/// The arguments are one JSON text: the id.
Task<Result<>> clean(Uploads& uploads, trace::Context context, std::string args) {
    const std::string_view text(args);
    if (text.size() < 2) co_return refuse(ErrorKind::invalid, "uploads.args", "No id.");
    const UploadId id = ACME_TRY(parse_upload_id(text.substr(1, text.size() - 2)));
    co_return co_await uploads.clean(context, id);
}

}  // namespace

void add_jobs(jobs::Registry& jobs, Uploads& uploads) {
    jobs.add(clean_kind, [&](trace::Context context, std::string args) {
        return clean(uploads, context, std::move(args));
    });
    jobs.add(
        sweep_kind,
        [&](trace::Context context, const std::string&) { return uploads.sweep(context); },
        {.time_max = sweep_time_max}
    );
}

void add_schedule(schedule::Schedule& schedule) {
    schedule.every("uploads.sweep", std::chrono::hours(1), std::string(sweep_kind));
}

Task<> enqueue_clean(
    pg::Transaction& transaction, trace::Context context, const Clock& clock, UploadId id
) {
    std::string args;
    append_json_string(args, id.str());
    return jobs::enqueue(transaction, context, clock, clean_kind, std::move(args));
}

}  // namespace acme::uploads
