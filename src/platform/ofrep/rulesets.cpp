#include "platform/ofrep/rulesets.hpp"

#include "base/bytes.hpp"
#include "base/gzip.hpp"
#include "base/text.hpp"
#include "io/http/condition.hpp"
#include "platform/flag_settings/rulesets.hpp"
#include "platform/flags/ruleset.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>

namespace acme::ofrep {
namespace {

namespace json = boost::json;

constexpr std::string_view heartbeat_text = ":\n\n";

bool takes_gzip(std::string_view accepted) {
    const auto at = accepted.find("gzip");
    return at != accepted.npos && !accepted.substr(at).starts_with("gzip;q=0");
}

/// An event's data is one line: a break in JSON is nothing but space.
std::string event_of(std::string_view name, std::int64_t version, std::string_view data) {
    std::string text = "id: " + std::to_string(version) + "\nevent: ";
    text.append(name).append("\ndata: ");
    for (const char c : data) text += c == '\n' || c == '\r' ? ' ' : c;
    return text.append("\n\n");
}

/// A list of the document; none for what is no such list.
json::array parts_of(const json::value& document, std::string_view name) {
    const auto* const object = document.if_object();
    const auto* const found = object == nullptr ? nullptr : object->if_contains(name);
    return found != nullptr && found->is_array() ? found->get_array() : json::array();
}

std::string key_of(const json::value& part) {
    const auto* const object = part.if_object();
    const auto* const key = object == nullptr ? nullptr : object->if_contains("key");
    return key != nullptr && key->is_string() ? std::string(key->get_string()) : "";
}

/// What is new or other in `to`, and the keys that are gone.
std::pair<json::array, json::array> changes(const json::array& from, const json::array& to) {
    std::map<std::string, const json::value*> before;
    for (const json::value& part : from) before.emplace(key_of(part), &part);
    json::array changed;
    for (const json::value& part : to) {
        const auto found = before.find(key_of(part));
        if (found == before.end() || *found->second != part) changed.push_back(part);
        if (found != before.end()) before.erase(found);
    }
    json::array removed;
    for (const auto& [key, part] : before) removed.emplace_back(key);
    return {std::move(changed), std::move(removed)};
}

std::string nothing_of(const std::string& environment) {
    std::string text = R"({"environment":)";
    append_json_string(text, environment);
    return text.append(R"(,"version":0,"flags":[],"segments":[]})");
}

Error too_many() {
    return {
        .kind = ErrorKind::unavailable,
        .code = "flags.too_many_streams",
        .message = "Too many streams are open here. Try again later.",
        .retry_after = std::chrono::seconds(5),
    };
}

}  // namespace

std::string patch_between(const flag_feed::Edition& from, const flag_feed::Edition& to) {
    // Of the text, for the snapshot does not keep what segments consist of.
    const json::value before = json::parse(from.json);
    const json::value after = json::parse(to.json);
    auto [flags, gone_flags] = changes(parts_of(before, "flags"), parts_of(after, "flags"));
    auto [segments, gone_segments] =
        changes(parts_of(before, "segments"), parts_of(after, "segments"));
    return json::serialize(json::object{
        {"environment", to.environment},
        {"version", to.version},
        {"from", from.version},
        {"flags", std::move(flags)},
        {"removed_flags", std::move(gone_flags)},
        {"segments", std::move(segments)},
        {"removed_segments", std::move(gone_segments)},
    });
}

class Rulesets::Source final : public http::Source {
public:
    Source(Rulesets& rulesets, std::string environment, std::int64_t told)
        : rulesets_(rulesets),
          environment_(std::move(environment)),
          told_(told),
          until_(rulesets.telemetry_.clock.steady() + rulesets.options_.stream_time_max) {
        ++rulesets_.open_;
    }
    ~Source() override { --rulesets_.open_; }
    Source(const Source&) = delete;
    Source& operator=(const Source&) = delete;

    Task<std::string_view> read() override {
        auto left = rulesets_.options_.heartbeat;
        while (!is_over_ && !rulesets_.is_ending_) {
            const flag_feed::Shown newest = rulesets_.reader_.find(environment_);
            if (newest && newest->version > told_) {
                rulesets_.remember(newest);
                said_ = rulesets_.event_since(told_, *newest);
                told_ = newest->version;
                co_return said_;
            }
            if (rulesets_.telemetry_.clock.steady() >= until_) break;
            if (left.count() <= 0) co_return heartbeat_text;
            co_await rulesets_.waiting_.wait(rulesets_.options_.look_period);
            left -= rulesets_.options_.look_period;
        }
        co_return "";
    }

    void end_soon() override {
        is_over_ = true;
        while (!rulesets_.waiting_.empty()) rulesets_.waiting_.give(true);
    }

private:
    Rulesets& rulesets_;
    std::string environment_;
    std::int64_t told_;
    SteadyTime until_;
    std::string said_;
    bool is_over_ = false;
};

std::string Rulesets::environment_of(const http::Request& request) {
    if (auto name = request.query("environment")) return *std::move(name);
    const std::string& own = ground_.depot.environment();
    const bool is_there = reader_.standing_of(own) != flag_feed::Standing::unknown;
    return is_there ? own : "production";
}

/// null where there is nothing to hand out, and that is sound.
Result<flag_feed::Shown> Rulesets::find(const std::string& environment) {
    if (!ground_.depot.is_on()) return nullptr;
    switch (reader_.standing_of(environment)) {
        case flag_feed::Standing::shown: return reader_.find(environment);
        case flag_feed::Standing::empty: return nullptr;
        case flag_feed::Standing::unknown:
            return refuse(
                ErrorKind::not_found,
                "flags.environment_unknown",
                "There is no environment of this name."
            );
        case flag_feed::Standing::pending: break;
    }
    return std::unexpected(Error{
        .kind = ErrorKind::unavailable,
        .code = "flags.not_ready",
        .message = "This node has no rule set yet. Try again in a moment.",
        .retry_after = std::chrono::seconds(1),
    });
}

Result<http::Response> Rulesets::download(const http::Call& call) {
    const std::string environment = environment_of(call.request);
    const auto found = find(environment);
    if (!found) return std::unexpected(found.error());
    const flag_feed::Shown& shown = *found;
    const std::string etag = "\"" + (shown ? shown->etag : "0") + "\"";
    http::Response response;
    response.headers = {
        {"ETag", etag}, {"Cache-Control", "private, no-cache"}, {"Vary", "Accept-Encoding"}
    };
    // The bytes differ by their coding, and what they say does not: a weak tag, which GET may use.
    response.headers.front().second.insert(0, "W/");
    if (http::is_not_modified(call.request, etag)) {
        response.status = 304;
    } else if (!shown) {
        response.body = nothing_of(environment);
    } else if (takes_gzip(call.request.header("Accept-Encoding"))) {
        response.body = shown->gzip;
        response.headers.emplace_back("Content-Encoding", "gzip");
    } else {
        response.body = shown->json;
    }
    return response;
}

/// In a rule set that is shown, or that somebody was told before.
flag_feed::Held Rulesets::find_list(std::string_view id) const {
    std::vector<flag_feed::Shown> editions = ground_.shelf.all();
    for (const auto& [environment, told] : history_) {
        editions.insert(editions.end(), told.begin(), told.end());
    }
    for (const flag_feed::Shown& edition : editions) {
        const auto found = std::ranges::find(edition->lists, id, &flag_feed::List::id);
        if (found != edition->lists.end()) return *found;
    }
    return nullptr;
}

/// As it was packed; nullopt for one that is not there.
Task<std::optional<std::string>> Rulesets::packed_list(trace::Context context, std::string id) {
    if (const flag_feed::Held list = find_list(id)) co_return list->gzip;
    const bool is_id = id.size() == flags::list_id_digits && parse_hex(id);
    if (!is_id || !ground_.depot.is_on()) co_return std::nullopt;
    co_return co_await flag_settings::find_list(db_, context, std::move(id));
}

Task<Result<http::Response>> Rulesets::download_list(const http::Call& call) {
    const std::string id(call.params[0]);
    auto packed = co_await packed_list(call.context, id);
    if (!packed) {
        co_return refuse(
            ErrorKind::not_found, "flags.list_unknown", "No rule set names this list."
        );
    }
    const std::string etag = "\"" + id + "\"";
    http::Response response;
    response.headers = {
        {"ETag", "W/" + etag},
        {"Cache-Control", "private, max-age=31536000, immutable"},
        {"Vary", "Accept-Encoding"}
    };
    if (http::is_not_modified(call.request, etag)) {
        response.status = 304;
    } else if (takes_gzip(call.request.header("Accept-Encoding"))) {
        response.body = *std::move(packed);
        response.headers.emplace_back("Content-Encoding", "gzip");
    } else {
        auto text = ACME_TRY(co_await loop_.blocking([gzip = *std::move(packed)] {
            return inflated(gzip, flag_feed::payload_bytes_max);
        }));
        response.body = std::move(text).value();  // our own gzip, of what was published
    }
    co_return response;
}

Task<Result<http::Response>> Rulesets::stream(const http::Call& call) {
    if (open_ >= options_.streams_max || is_ending_) co_return std::unexpected(too_many());
    std::string environment = environment_of(call.request);
    const flag_feed::Shown shown = ACME_TRY(find(environment));
    if (shown) remember(shown);
    const auto last = parse_number<std::int64_t>(call.request.header("Last-Event-ID"));
    const bool is_ours = last && shown && *last <= shown->version;
    co_return http::Response{
        .content_type = "text/event-stream",
        .headers = {{"Cache-Control", "no-store"}, {"X-Accel-Buffering", "no"}},
        .source = std::make_unique<Source>(*this, std::move(environment), is_ours ? *last : 0),
    };
}

/// What somebody was told, so that a patch can be made from it.
void Rulesets::remember(const flag_feed::Shown& shown) {
    auto& editions = history_[shown->environment];
    if (!editions.empty() && editions.back()->version >= shown->version) return;
    editions.push_back(shown);
    if (editions.size() > history_max) editions.pop_front();
    patches_.clear();
}

/// From a version that is not remembered: the whole.
std::string Rulesets::event_since(std::int64_t version, const flag_feed::Edition& newest) {
    for (const flag_feed::Shown& edition : history_[newest.environment]) {
        if (edition->version != version) continue;
        std::string& patch = patches_[{version, newest.version}];
        if (patch.empty()) patch = patch_between(*edition, newest);
        return event_of("ruleset-patch", newest.version, patch);
    }
    return event_of("ruleset", newest.version, newest.json);
}

void Rulesets::end() {
    is_ending_ = true;
    while (!waiting_.empty()) waiting_.give(true);
}

}  // namespace acme::ofrep
