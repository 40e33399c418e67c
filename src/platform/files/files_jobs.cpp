#include "platform/files/files_jobs.hpp"

#include "base/text.hpp"

#include <boost/json/parse.hpp>

namespace acme::files {
namespace {

constexpr std::string_view remove_object_kind = "files.remove_object";
constexpr std::string_view sweep_kind = "files.sweep";
constexpr std::chrono::minutes sweep_time_max{10};

/// The arguments are one JSON text: after which object it goes on; anything else is the beginning.
/// A run that does not come to the end of them leaves the rest to the next job, which a second run
/// of the same adds once more: that one finds less to do.
Task<Result<>> sweep(Files& files, const Clock& clock, trace::Context context, std::string args) {
    const auto json = boost::json::parse(args);
    std::string after(json.is_string() ? std::string_view(json.get_string()) : "");
    const std::string next = ACME_TRY(co_await files.sweep(context, std::move(after)));
    if (next.empty()) co_return done;
    std::string rest;
    append_json_string(rest, next);
    auto transaction = co_await files.begin(context);
    co_await jobs::enqueue(transaction, context, clock, sweep_kind, std::move(rest));
    co_await transaction.commit(context);
    co_return done;
}

/// The arguments are one JSON text: the id.
Task<Result<>> remove_object(Files& files, trace::Context context, std::string args) {
    const std::string_view text(args);
    if (text.size() < 2) co_return refuse(ErrorKind::invalid, "files.args", "No id.");
    const FileId id = ACME_TRY(parse_file_id(text.substr(1, text.size() - 2)));
    co_return co_await files.remove_object(context, id);
}

}  // namespace

void add_jobs(jobs::Registry& jobs, Files& files, const Clock& clock) {
    jobs.add(remove_object_kind, [&](trace::Context context, std::string args) {
        return remove_object(files, context, std::move(args));
    });
    jobs.add(
        sweep_kind,
        [&](trace::Context context, std::string args) {
            return sweep(files, clock, context, std::move(args));
        },
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
