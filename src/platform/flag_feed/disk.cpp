#include "platform/flag_feed/disk.hpp"

#include "base/bytes.hpp"
#include "base/hash.hpp"
#include "base/moment.hpp"
#include "io/process/files.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <cstdio>
#include <system_error>

namespace acme::flag_feed {
namespace {

namespace json = boost::json;

constexpr std::string_view magic = "acme flags 1 ";

std::string path_in(const std::string& folder) { return folder + "/flags.snap"; }

std::string text_of(const json::object& from, std::string_view name) {
    const auto* const found = from.if_contains(name);
    return found != nullptr && found->is_string() ? std::string(found->get_string()) : "";
}

std::optional<Printed> parse_ruleset_of(const json::value& value) {
    const auto* const object = value.if_object();
    if (object == nullptr) return std::nullopt;
    const auto* const version = object->if_contains("version");
    const auto at = parse_time(text_of(*object, "published_at"));
    if (version == nullptr || !version->is_int64() || !at) return std::nullopt;
    return Printed{
        .environment = text_of(*object, "environment"),
        .version = version->get_int64(),
        .etag = text_of(*object, "etag"),
        .published_at = *at,
        .payload = text_of(*object, "payload"),
    };
}

/// "" unless the text is exactly what was written.
std::string_view body_of(std::string_view text) {
    const auto end = text.find('\n');
    if (!text.starts_with(magic) || end == text.npos) return "";
    const std::string_view body = text.substr(end + 1);
    const std::string_view digest = text.substr(magic.size(), end - magic.size());
    return to_hex(sha256(body)) == digest ? body : "";
}

json::object json_of(Printed printed) {
    return {
        {"environment", std::move(printed.environment)},
        {"version", printed.version},
        {"etag", std::move(printed.etag)},
        {"published_at", to_rfc3339(printed.published_at)},
        {"payload", std::move(printed.payload)},
    };
}

std::vector<Printed> merged(std::vector<Printed> kept, const std::vector<Shown>& all) {
    for (const Shown& edition : all) {
        const auto same = std::ranges::find(kept, edition->environment, &Printed::environment);
        if (same != kept.end() && same->version >= edition->version) continue;
        if (same != kept.end()) kept.erase(same);
        kept.push_back({
            .environment = edition->environment,
            .version = edition->version,
            .etag = edition->etag,
            .published_at = edition->published_at,
            .payload = edition->json,
        });
    }
    return kept;
}

}  // namespace

Kept read_kept(const std::string& folder) {
    const auto text = process::read_file(path_in(folder));
    const std::string_view body = text ? body_of(*text) : "";
    boost::system::error_code malformed;
    const json::value value = json::parse(body, malformed);
    if (malformed || !value.is_object()) return {};
    Kept kept{
        .at = parse_time(text_of(value.get_object(), "at")).value_or(WallTime()), .rulesets = {}
    };
    const auto* const rulesets = value.get_object().if_contains("rulesets");
    if (rulesets == nullptr || !rulesets->is_array()) return {};
    for (const json::value& each : rulesets->get_array()) {
        if (auto printed = parse_ruleset_of(each)) kept.rulesets.push_back(*std::move(printed));
    }
    return kept;
}

bool keep(
    const std::string& folder, const std::string& node, WallTime now, std::vector<Shown> all
) {
    json::array rulesets;
    for (Printed& printed : merged(read_kept(folder).rulesets, all)) {
        rulesets.push_back(json_of(std::move(printed)));
    }
    const std::string body =
        json::serialize(json::object{{"at", to_rfc3339(now)}, {"rulesets", std::move(rulesets)}});
    std::string text(magic);
    text.append(to_hex(sha256(body))).append("\n").append(body);
    // Under a name of its own first: the processes of a machine keep one file together.
    const std::string own = path_in(folder) + "." + node;
    try {
        process::write_private(own, text);
    } catch (const std::system_error&) {
        return false;
    }
    return std::rename(own.c_str(), path_in(folder).c_str()) == 0;
}

}  // namespace acme::flag_feed
