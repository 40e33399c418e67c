// Source: WHATWG HTML, 9.2 "Server-sent events".
#include "platform/events/feed.hpp"

#include "base/text.hpp"
#include "platform/events/hub.hpp"

namespace acme::events {
namespace {

constexpr std::string_view drain_message = "event: drain\ndata: {}\n\n";

/// Line breaks are nothing but space in JSON, and the end of a field here.
void append_line(std::string& out, std::string_view json) {
    for (const char c : json) out += c == '\n' || c == '\r' ? ' ' : c;
}

}  // namespace

std::string live_message(std::string_view topic, std::string_view json) {
    std::string data = R"({"topic":)";
    append_json_string(data, topic);
    append_line(data.append(R"(,"id":"","verb":"snapshot","patch":)"), json);
    return to_message("", topic, data.append("}"));
}

std::string to_message(std::string_view place, std::string_view topic, std::string_view data) {
    std::string text;
    if (!place.empty()) text.append("id: ").append(place).append("\n");
    text.append("event: ").append(topic).append("\ndata: ").append(data).append("\n\n");
    return text;
}

Feed::Feed(Hub& hub, Identity who, Topics topics)
    : hub_(hub), who_(std::move(who)), topics_(std::move(topics)) {}

Feed::~Feed() { hub_.leave(*this); }

Task<std::string_view> Feed::read() {
    while (pending_.empty() && !is_draining_ && !is_over_) co_await waiting_.wait();
    sending_ = std::exchange(pending_, "");
    if (sending_.empty() && is_draining_ && !is_over_) {
        is_over_ = true;
        sending_ = drain_message;
    }
    co_return sending_;
}

void Feed::end_soon() {
    is_draining_ = true;
    wake();
}

void Feed::end() {
    is_over_ = true;
    wake();
}

bool Feed::may_see(const Row& row) const {
    return row.org ? *row.org == who_.org : who_.platform_role.has_value();
}

// The rooms sessions and accounts tell of this; the names are theirs.
bool Feed::is_outdated_by(const Row& row) const {
    if (row.topic == "users" && row.verb == "updated") return row.subject == who_.user.str();
    if (row.topic != "sessions" || row.verb != "deleted") return false;
    if (row.subject != "all") return who_.session && row.subject == who_.session->str();
    return row.data.find('"' + who_.user.str() + '"') != row.data.npos;
}

std::string Feed::message_of(const Row& row, WallTime now) const {
    if (!wants(row.topic) || !may_see(row) || row.place <= sent_to_) return "";
    std::string data = R"({"topic":)";
    append_json_string(data, row.topic);
    append_json_string(data.append(R"(,"id":)"), row.subject);
    append_number(data.append(R"(,"version":)"), row.place.id);
    append_json_string(data.append(R"(,"verb":)"), row.verb);
    append_line(data.append(R"(,"patch":)"), row.data);
    return to_message(to_text(row.place, now), row.topic, data.append("}"));
}

void Feed::push(std::string_view text) {
    if (is_over_ || text.empty()) return;
    std::string& line = is_holding_ ? held_ : pending_;
    line.append(text);
    has_news = true;
    if (line.size() > pending_bytes_max) {
        line = reset_message;
        is_over_ = true;
    }
    if (!is_holding_) wake();
}

void Feed::release(std::string_view before) {
    is_holding_ = false;
    pending_.append(before).append(std::exchange(held_, ""));
    wake();
}

void Feed::wake() {
    if (!waiting_.empty()) waiting_.resume_first(true);
}

}  // namespace acme::events
