#include "operate/logs/reader.hpp"

#include "base/text.hpp"
#include "operate/logs/day_files.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <array>
#include <filesystem>
#include <fstream>
#include <queue>

namespace acme::logs {
namespace {

namespace json = boost::json;

constexpr std::string_view timestamp_name = R"("timestamp":")";
constexpr std::size_t timestamp_bytes = std::string_view("2026-11-23T10:00:00.000000Z").size();

/// Of a line that our own log wrote; found without parsing, because most lines are only merged.
std::string_view timestamp_of(std::string_view line) {
    const auto found = line.find(timestamp_name);
    if (found == line.npos) return {};
    return line.substr(found + timestamp_name.size(), timestamp_bytes);
}

std::string text_of(const json::value& value) {
    return value.is_string() ? std::string(value.get_string()) : json::serialize(value);
}

std::string take(json::object& fields, std::string_view name) {
    const auto found = fields.find(name);
    if (found == fields.end()) return "";
    std::string text = text_of(found->value());
    fields.erase(found);
    return text;
}

}  // namespace

std::optional<std::chrono::seconds> parse_age(std::string_view text) {
    if (text.empty()) return std::nullopt;
    const auto number = parse_number<std::int32_t>(text.substr(0, text.size() - 1));
    if (!number || *number < 0) return std::nullopt;
    switch (text.back()) {
        case 's': return std::chrono::seconds(*number);
        case 'm': return std::chrono::minutes(*number);
        case 'h': return std::chrono::hours(*number);
        case 'd': return std::chrono::days(*number);
        default: return std::nullopt;
    }
}

std::string for_people(std::string_view node, std::string_view line) {
    boost::system::error_code malformed;
    json::value parsed = json::parse(line, malformed);
    if (malformed || !parsed.is_object()) return std::string(line);
    json::object& fields = parsed.get_object();
    std::string text = take(fields, "timestamp");
    text.append(" ").append(take(fields, "level")).resize(timestamp_bytes + 6, ' ');
    text.append(" ").append(node);
    if (node.size() < 10) text.append(10 - node.size(), ' ');
    text.append(" ").append(take(fields, "message"));
    for (const std::string_view said : {"node", "service", "version"}) fields.erase(said);
    for (const auto& [name, value] : fields) {
        if (value.is_null()) continue;
        text.append("  ").append(name).append("=").append(text_of(value));
    }
    return text;
}

/// One file from where the last call ended, one line ahead of what was delivered.
class Reader::Source {
public:
    Source(const std::string& path, std::string node, std::string name, std::int64_t from)
        : file_(path, std::ios::binary), node_(std::move(node)), name_(std::move(name)), at_(from) {
        file_.seekg(from);
    }

    bool next() {
        if (!std::getline(file_, line_) || file_.eof()) return false;  // without end: unfinished
        at_ += static_cast<std::int64_t>(line_.size()) + 1;
        return true;
    }

    const std::string& line() const { return line_; }
    const std::string& node() const { return node_; }
    const std::string& name() const { return name_; }
    std::int64_t at() const { return at_; }
    std::string_view time() const { return timestamp_of(line_); }

private:
    std::ifstream file_;
    std::string node_;
    std::string name_;
    std::string line_;
    std::int64_t at_;
};

bool Reader::fits(std::string_view line) const {
    if (query_.since && timestamp_of(line) < to_rfc3339(*query_.since)) return false;
    if (query_.least == LogLevel::debug && query_.request.empty()) return true;
    boost::system::error_code malformed;
    const json::value parsed = json::parse(line, malformed);
    if (malformed || !parsed.is_object()) return false;
    const auto text = [&](std::string_view name) -> std::string_view {
        const json::value* const value = parsed.get_object().if_contains(name);
        return value != nullptr && value->is_string() ? std::string_view(value->get_string()) : "";
    };
    if (parse_log_level(text("level")).value_or(LogLevel::info) < query_.least) return false;
    return query_.request.empty() || text("request_id") == query_.request;
}

std::vector<Reader::Source> Reader::sources() {
    std::vector<Source> sources;
    std::error_code unreadable;
    for (const auto& entry : std::filesystem::directory_iterator(folder_, unreadable)) {
        const std::string name = entry.path().filename().string();
        const auto parsed = FileName::parse(name);
        if (!parsed || (!query_.node.empty() && parsed->node != query_.node)) continue;
        const auto day_end = std::chrono::sys_days(parsed->day) + std::chrono::days(1);
        if (query_.since && WallTime(day_end) < *query_.since) continue;
        sources.emplace_back(entry.path().string(), parsed->node, name, read_[name]);
    }
    return sources;
}

void Reader::read(const Sink& sink) {
    std::vector<Source> all = sources();
    const auto is_later = [](const Source* a, const Source* b) { return a->time() > b->time(); };
    std::priority_queue<Source*, std::vector<Source*>, decltype(is_later)> first(is_later);
    const auto advance = [&](Source* source) {
        if (!source->next()) return;
        read_[source->name()] = source->at();
        first.push(source);
    };
    for (Source& source : all) advance(&source);
    while (!first.empty()) {
        Source* const source = first.top();
        first.pop();
        if (fits(source->line())) sink(source->node(), source->line());
        advance(source);
    }
}

}  // namespace acme::logs
