#pragma once

/// A few people with a few files, for whoever looks around. Nothing else of the product knows them.

#include "operate/smoke/visitor.hpp"

namespace acme::demo {

/// Makes sure that there is an account of that address and name, and gives it a new password.
using MakeAccount = std::function<
    Task<Result<smoke::Account>>(trace::Context, std::string email, std::string name)>;

/// All of it outlives what is made of it.
struct Parts {
    Telemetry& telemetry;
    MakeAccount make_account;
};

struct Made {
    int people = 0;  // that there are now
    int files = 0;   // that were missing
};

/// At `url`, an origin. Twice: a file that its owner has by that name is not stored again. Errors:
/// those of `make_account`; demo.refused (unavailable), with what was answered; demo.no_answer.
Task<Result<Made>> fill(trace::Context context, Parts parts, std::string url);

}  // namespace acme::demo
