#include "platform/tokens/tokens_jobs.hpp"

#include "platform/tokens/device_logins.hpp"
#include "platform/tokens/tokens.hpp"
#include "work/jobs/jobs.hpp"

namespace acme::tokens {
namespace {

Task<Result<>> sweep(
    Tokens& tokens, SigningKeys& keys, DeviceLogins& logins, trace::Context context
) {
    co_await tokens.sweep(context);
    co_await keys.sweep(context);
    co_await logins.sweep(context);
    co_return done;
}

}  // namespace

void add_jobs(jobs::Registry& jobs, Tokens& tokens, SigningKeys& keys, DeviceLogins& logins) {
    jobs.add("tokens.keep_keys", [&](trace::Context context, std::string) {
        return keys.keep(context);
    });
    jobs.add("tokens.sweep", [&](trace::Context context, std::string) {
        return sweep(tokens, keys, logins, context);
    });
}

}  // namespace acme::tokens
