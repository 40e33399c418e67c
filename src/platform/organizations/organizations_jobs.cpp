#include "platform/organizations/organizations_jobs.hpp"

#include "platform/organizations/invitations.hpp"
#include "work/jobs/jobs.hpp"

namespace acme::organizations {
namespace {

Task<Result<>> sweep(Invitations& invitations, trace::Context context) {
    co_await invitations.sweep(context);
    co_return done;
}

}  // namespace

void add_jobs(jobs::Registry& jobs, Invitations& invitations) {
    jobs.add("organizations.sweep", [&](trace::Context context, std::string) {
        return sweep(invitations, context);
    });
}

}  // namespace acme::organizations
