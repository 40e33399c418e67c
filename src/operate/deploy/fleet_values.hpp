#pragma once

/// What single values of a fleet file may be: each rule says what was expected, "" when all is
/// well.

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace acme::deploy {

std::string check_engine(std::string_view url);
std::string check_endpoint(std::string_view url, bool is_production);
std::string check_ip(std::string_view text);
std::string check_host(std::string_view text);  // an address or a name of DNS
/// Of a machine or an environment: a label of DNS (RFC 1123, 2.1). The balancer's names have more.
std::string check_label(std::string_view name);
std::string check_window(std::string_view text
);  // "FREQ=WEEKLY;BYDAY=SU 02:00-04:00"; its text only
std::string check_source(std::string_view text, std::string_view kind);  // "schedule:primary"

/// "02:00-04:00" as minutes of the day; the end may lie before the begin, on the next day.
std::optional<std::pair<int, int>> hours_in(std::string_view text);

bool is_private(std::string_view address);

}  // namespace acme::deploy
