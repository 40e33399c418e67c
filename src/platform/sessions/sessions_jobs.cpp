#include "platform/sessions/sessions_jobs.hpp"

#include "platform/accounts/links.hpp"
#include "platform/accounts/proofs.hpp"
#include "platform/sessions/sessions.hpp"
#include "work/jobs/jobs.hpp"

namespace acme::sessions {
namespace {

Task<Result<>> sweep(Sessions& sessions, trace::Context context) {
    co_await sessions.sweep(context);
    co_return done;
}

Task<Result<>> sweep_links(
    accounts::Links& links, accounts::Proofs& proofs, trace::Context context
) {
    co_await links.sweep(context);
    co_await proofs.sweep(context);
    co_return done;
}

}  // namespace

void add_jobs(
    jobs::Registry& jobs, Sessions& sessions, accounts::Links& links, accounts::Proofs& proofs
) {
    jobs.add("sessions.sweep", [&](trace::Context context, std::string) {
        return sweep(sessions, context);
    });
    jobs.add("accounts.sweep_links", [&](trace::Context context, std::string) {
        return sweep_links(links, proofs, context);
    });
}

}  // namespace acme::sessions
