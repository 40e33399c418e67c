#include "platform/flag_feed/list.hpp"

#include "base/bytes.hpp"
#include "base/gzip.hpp"
#include "base/hash.hpp"
#include "platform/flag_feed/edition.hpp"
#include "platform/flags/ruleset.hpp"

#include <boost/json/parse.hpp>

namespace acme::flag_feed {
namespace {

std::unexpected<Error> no_list() {
    return refuse(ErrorKind::invalid, "flags.payload", "This is no list that was published.");
}

}  // namespace

Result<Held> open_list(std::string id, std::string gzip) {
    const auto text = inflated(gzip, payload_bytes_max);
    if (!text || to_hex(sha256(*text)).substr(0, flags::list_id_digits) != id) return no_list();
    boost::system::error_code malformed;
    const boost::json::value document = boost::json::parse(*text, malformed);
    if (malformed || !document.is_object()) return no_list();
    auto segment = flags::parse_segment(document.get_object());
    if (!segment) return std::unexpected(std::move(segment).error());
    auto list = std::make_shared<List>();
    list->id = std::move(id);
    list->gzip = std::move(gzip);
    list->members = std::make_shared<const flags::MemberList>(
        flags::Members(std::move(segment->users)), flags::Members(std::move(segment->orgs))
    );
    return list;
}

}  // namespace acme::flag_feed
