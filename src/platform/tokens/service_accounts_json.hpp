#pragma once

/// Service accounts and what they prove themselves with, as JSON, for the API and the commands. For
/// .cpp files, like io/http/json.hpp.

#include "platform/tokens/service_accounts.hpp"

#include <boost/json/object.hpp>

namespace acme::tokens {

extern const char* const service_account_schema;
extern const char* const service_account_key_schema;

boost::json::object to_json(const ServiceAccount& account);
boost::json::object to_json(const Credential& credential);

/// With the secret: the one time that it is shown.
boost::json::object to_json(const MadeSecret& made);

}  // namespace acme::tokens
