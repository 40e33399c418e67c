#include "platform/idempotency/idempotency_jobs.hpp"

namespace acme::idempotency {
namespace {

Task<Result<>> sweep(Idempotency& idempotency, trace::Context context) {
    while (co_await idempotency.sweep(context)) {
    }
    co_return done;
}

}  // namespace

void add_jobs(jobs::Registry& jobs, Idempotency& idempotency) {
    jobs.add("idempotency.sweep", [&idempotency](trace::Context context, std::string) {
        return sweep(idempotency, context);
    });
}

}  // namespace acme::idempotency
