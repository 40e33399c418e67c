#include "platform/flag_feed/disk.hpp"

#include "base/bytes.hpp"
#include "base/hash.hpp"
#include "base/moment.hpp"
#include "io/process/files.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <filesystem>
#include <system_error>

namespace acme::flag_feed {
namespace {

namespace json = boost::json;

constexpr std::string_view magic = "acme flags 1 ";

constexpr std::string_view list_prefix = "flags.list.";
constexpr std::chrono::hours unnamed_stay{1};

std::string list_path_in(const std::string& folder, std::string_view id) {
    return folder + "/" + std::string(list_prefix) + std::string(id);
}

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

/// Under a name of its own first: the processes of a machine keep one folder together.
void put(const std::string& path, const std::string& node, std::string_view text) {
    const std::string own = path + "." + node;
    process::write_private(own, text);
    std::filesystem::rename(own, path);
}

void put_lists(const std::string& folder, const std::string& node, const std::vector<Shown>& all) {
    for (const Shown& edition : all) {
        for (const Held& list : edition->lists) {
            const std::string path = list_path_in(folder, list->id);
            std::error_code absent;
            const bool is_there = std::filesystem::file_size(path, absent) == list->gzip.size();
            if (!is_there) put(path, node, list->gzip);
        }
    }
}

/// A younger one may be of a process that is about to name it.
void remove_lists(
    const std::string& folder, const std::vector<Printed>& named_by, WallTime before
) {
    std::error_code ignored;
    for (const auto& file : std::filesystem::directory_iterator(folder, ignored)) {
        const std::string name = file.path().filename();
        if (!name.starts_with(list_prefix)) continue;
        const std::string id = name.substr(list_prefix.size());
        const bool is_named = std::ranges::any_of(named_by, [&](const Printed& printed) {
            return printed.payload.contains(id);
        });
        const auto at = std::chrono::file_clock::to_sys(file.last_write_time(ignored));
        if (!is_named && at < before) std::filesystem::remove(file.path(), ignored);
    }
}

}  // namespace

std::optional<std::string> read_kept_list(const std::string& folder, const std::string& id) {
    return process::read_file(list_path_in(folder, id));
}

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
    const std::vector<Printed> printed = merged(read_kept(folder).rulesets, all);
    json::array rulesets;
    for (const Printed& each : printed) rulesets.push_back(json_of(each));
    const std::string body =
        json::serialize(json::object{{"at", to_rfc3339(now)}, {"rulesets", std::move(rulesets)}});
    std::string text(magic);
    text.append(to_hex(sha256(body))).append("\n").append(body);
    try {
        put_lists(folder, node, all);  // before they are named
        put(path_in(folder), node, text);
    } catch (const std::system_error&) {
        return false;
    }
    remove_lists(folder, printed, now - unnamed_stay);
    return true;
}

}  // namespace acme::flag_feed
