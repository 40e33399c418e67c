#include "platform/files/files_jobs.hpp"

#include "base/text.hpp"

namespace acme::files {
namespace {

constexpr std::string_view remove_object_kind = "files.remove_object";
constexpr std::string_view sweep_kind = "files.sweep";
constexpr std::chrono::minutes sweep_time_max{10};

/// The arguments are one JSON text: the id.
Task<Result<>> remove_object(Files& files, trace::Context context, std::string args) {
    const std::string_view text(args);
    if (text.size() < 2) co_return refuse(ErrorKind::invalid, "files.args", "No id.");
    const FileId id = ACME_TRY(parse_file_id(text.substr(1, text.size() - 2)));
    co_return co_await files.remove_object(context, id);
}

}  // namespace

void add_jobs(jobs::Registry& jobs, Files& files) {
    jobs.add(remove_object_kind, [&](trace::Context context, std::string args) {
        return remove_object(files, context, std::move(args));
    });
    jobs.add(
        sweep_kind,
        [&](trace::Context context, const std::string&) { return files.sweep(context); },
        {.time_max = sweep_time_max}
    );
}

void add_schedule(schedule::Schedule& schedule) {
    schedule.every("files.sweep", std::chrono::hours(1), std::string(sweep_kind));
}

Task<> enqueue_remove_object(
    pg::Transaction& transaction, trace::Context context, const Clock& clock, FileId id
) {
    std::string args;
    append_json_string(args, id.str());
    return jobs::enqueue(transaction, context, clock, remove_object_kind, std::move(args));
}

}  // namespace acme::files
