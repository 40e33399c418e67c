#pragma once

/// The second step of a sign-in, over HTTP: how it is asked for, and how what is brought is read
/// and tried. For .cpp files, like io/http/fields.hpp.

#include "base/result.hpp"
#include "base/task.hpp"
#include "io/http/message.hpp"
#include "platform/factors/passkeys.hpp"

namespace acme::http {
class Fields;
}

namespace acme::sessions {

class Tries;

/// 401 sessions.mfa_required, with "mfa_token" and "methods" in the problem.
http::Response mfa_required(const factors::Step& step, const http::Call& call);

/// Takes "method", and "code" or "credential" with it; nullopt without a method.
std::optional<factors::Presented> read_presented(http::Fields& fields);

/// What judges a second step.
struct Judges {
    factors::Factors& factors;
    factors::Passkeys& passkeys;
    Tries& tries;
};

/// What a second step is tried with, by whom and from where.
struct Attempt {
    UserId user;
    std::string address;
    factors::Presented presented;
};

/// Counts the try, for one user from one network, before it is made. Errors: those of
/// factors::Factors::pass() and factors::Passkeys::pass(), sessions.too_many_tries (rate_limited).
Task<Result<>> pass_second(
    Judges judges, pg::Transaction& transaction, trace::Context context, Attempt attempt
);

}  // namespace acme::sessions
