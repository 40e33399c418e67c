#include "platform/factors/factors_jobs.hpp"

#include "platform/factors/factors.hpp"
#include "platform/factors/passkeys.hpp"
#include "work/jobs/jobs.hpp"

namespace acme::factors {
namespace {

Task<Result<>> sweep(Factors& factors, Passkeys& passkeys, trace::Context context) {
    co_await factors.sweep(context);
    co_await passkeys.sweep(context);
    co_return done;
}

}  // namespace

void add_jobs(jobs::Registry& jobs, Factors& factors, Passkeys& passkeys) {
    jobs.add("factors.sweep", [&](trace::Context context, std::string) {
        return sweep(factors, passkeys, context);
    });
}

}  // namespace acme::factors
