#include "io/pg/conninfo.hpp"

#include "base/text.hpp"

#include <libpq-fe.h>

#include <algorithm>
#include <memory>

namespace acme::pg {
namespace {

using Options = std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)>;

Options parse(std::string_view conninfo) {
    return {PQconninfoParse(std::string(conninfo).c_str(), nullptr), PQconninfoFree};
}

std::string value_of(const Options& options, std::string_view keyword) {
    for (const auto* option = options.get(); option->keyword != nullptr; ++option) {
        if (option->keyword == keyword) return option->val == nullptr ? "" : option->val;
    }
    return "";
}

}  // namespace

std::string complaint_about_conninfo(std::string_view conninfo) {
    // libpq's own message quotes what it was given.
    const Options options = parse(conninfo);
    if (options == nullptr) return "must be a URL postgres://user@host/database, or keywords";
    if (value_of(options, "host").empty() && value_of(options, "hostaddr").empty()) {
        return "must name a host";
    }
    if (value_of(options, "dbname").empty()) return "must name a database";
    const std::string port = value_of(options, "port");
    for (std::size_t at = 0; !port.empty() && at != port.npos;) {
        const auto comma = port.find(',', at);
        const auto number = parse_number<int>(port.substr(at, std::min(comma, port.size()) - at));
        if (!number || *number < 1 || *number > 65535) return "must have a port from 1 to 65535";
        at = comma == port.npos ? comma : comma + 1;
    }
    return "";
}

std::string sslmode_of(std::string_view conninfo) {
    const Options options = parse(conninfo);
    return options == nullptr ? "" : value_of(options, "sslmode");
}

}  // namespace acme::pg
