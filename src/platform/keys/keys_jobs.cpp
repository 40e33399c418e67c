#include "platform/keys/keys_jobs.hpp"

#include "platform/keys/keys.hpp"
#include "work/jobs/jobs.hpp"

namespace acme::keys {
namespace {

Task<Result<>> sweep(Keys& keys, trace::Context context) {
    co_await keys.sweep(context);
    co_return done;
}

}  // namespace

void add_jobs(jobs::Registry& jobs, Keys& keys) {
    jobs.add("keys.sweep", [&](trace::Context context, std::string) {
        return sweep(keys, context);
    });
}

}  // namespace acme::keys
