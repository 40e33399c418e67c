#pragma once

/// What a connection string must be before anything connects with it.

#include <string>
#include <string_view>

namespace acme::pg {

/// Says what is wrong with a postgres:// URL or a list of keywords, "" for nothing. Host and
/// database have to be named. Never repeats what was given: it may hold a password.
std::string complaint_about_conninfo(std::string_view conninfo);

/// The sslmode that `conninfo` asks for, "" when it names none.
std::string sslmode_of(std::string_view conninfo);

}  // namespace acme::pg
