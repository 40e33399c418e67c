#include "platform/uploads/direct_jobs.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace acme::uploads {
namespace {

constexpr std::string_view check_kind = "uploads.check";

/// As long as it takes to read the largest file from a slow store.
constexpr std::chrono::minutes check_time_max{60};

Task<Result<>> check(Directs& directs, trace::Context context, std::string args) {
    const auto json = boost::json::parse(args);
    const auto org = OrgId::parse(json.at("org").as_string());
    const auto id = UploadId::parse(json.at("id").as_string());
    if (!org || !id) co_return refuse(ErrorKind::invalid, "uploads.args", "No ids.");
    co_return co_await directs.check(context, *org, *id);
}

}  // namespace

void add_direct_jobs(jobs::Registry& jobs, Directs& directs) {
    jobs.add(
        check_kind,
        [&](trace::Context context, std::string args) {
            return check(directs, context, std::move(args));
        },
        {.time_max = check_time_max}
    );
}

Task<> enqueue_check(
    pg::Transaction& transaction, trace::Context context, const Clock& clock, OrgId org, UploadId id
) {
    const boost::json::object args{{"org", org.str()}, {"id", id.str()}};
    return jobs::enqueue(transaction, context, clock, check_kind, boost::json::serialize(args));
}

}  // namespace acme::uploads
