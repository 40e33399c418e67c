#include "platform/flag_feed/edition.hpp"

#include "base/gzip.hpp"
#include "platform/flags/ruleset.hpp"

#include <algorithm>

namespace acme::flag_feed {
namespace {

constexpr char zlib_first = 0x78;  // of packed ones of before gzip was used for all
constexpr char gzip_first = 0x1f;

std::unexpected<Error> no_payload() {
    return refuse(ErrorKind::invalid, "flags.payload", "This is no rule set that was published.");
}

std::vector<std::string> lists_in(const flags::Ruleset& ruleset) {
    std::vector<std::string> ids;
    for (const flags::Segment& segment : ruleset.segments) {
        if (!segment.list.empty()) ids.push_back(segment.list);
    }
    return ids;
}

}  // namespace

Result<Unpacked> unpack(Printed printed) {
    std::string& json = printed.payload;
    if (json.starts_with(zlib_first) || json.starts_with(gzip_first)) {
        auto text = inflated(json, payload_bytes_max);
        if (!text) return no_payload();
        json = *std::move(text);
    }
    auto ruleset = flags::parse_ruleset(json);
    if (!ruleset) return std::unexpected(std::move(ruleset).error());
    const bool is_it = std::cmp_equal(ruleset->version, printed.version) &&
                       ruleset->environment == printed.environment;
    if (!is_it) return no_payload();
    std::vector<std::string> lists = lists_in(*ruleset);
    return Unpacked{
        .printed = std::move(printed),
        .ruleset = std::make_shared<flags::Ruleset>(*std::move(ruleset)),
        .lists = std::move(lists),
    };
}

Result<Shown> bind(Unpacked unpacked, std::vector<Held> lists) {
    flags::MemberLists members;
    for (const Held& list : lists) members.emplace(list->id, list->members);
    auto snapshot = flags::Snapshot::compile(std::move(*unpacked.ruleset), members);
    if (!snapshot) return std::unexpected(std::move(snapshot).error());
    Printed& printed = unpacked.printed;
    auto edition = std::make_shared<Edition>();
    edition->environment = std::move(printed.environment);
    edition->version = printed.version;
    edition->etag = std::move(printed.etag);
    edition->published_at = printed.published_at;
    edition->gzip = gzipped(printed.payload, Pains::many);
    edition->json = std::move(printed.payload);
    edition->snapshot = *std::move(snapshot);
    edition->lists = std::move(lists);
    return edition;
}

}  // namespace acme::flag_feed
