#include "operate/logs/day_files.hpp"

#include "base/text.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <tuple>
#include <unistd.h>

namespace acme::logs {
namespace {

using std::chrono::floor;
using std::chrono::sys_days;

constexpr std::string_view debug_end = ".debug.jsonl";
constexpr std::string_view info_end = ".jsonl";
constexpr std::size_t day_bytes = std::string_view("2026-11-23").size();

std::string text_of(std::chrono::year_month_day day) {
    return to_rfc3339(WallTime(sys_days(day))).substr(0, day_bytes);
}

std::optional<std::chrono::year_month_day> parse_day(std::string_view text) {
    if (text.size() != day_bytes || text[4] != '-' || text[7] != '-') return std::nullopt;
    const auto year = parse_number<int>(text.substr(0, 4));
    const auto month = parse_number<unsigned>(text.substr(5, 2));
    const auto day = parse_number<unsigned>(text.substr(8, 2));
    if (!year || !month || !day) return std::nullopt;
    const auto date =
        std::chrono::year(*year) / std::chrono::month(*month) / std::chrono::day(*day);
    return date.ok() ? std::optional(date) : std::nullopt;
}

/// Text has no level of its own. These words are PostgreSQL's, Redis's and HAProxy's.
std::string_view level_of(std::string_view line) {
    for (const std::string_view word : {"FATAL:", "PANIC:", "ERROR:", "[ALERT]"}) {
        if (line.find(word) != line.npos) return "error";
    }
    for (const std::string_view word : {"WARNING:", "[WARNING]", "is DOWN", " # "}) {
        if (line.find(word) != line.npos) return "warn";
    }
    return "info";
}

/// With every name that a line of a node has.
std::string gap_of(std::int64_t lines, int reason) {
    return R"({"level":"warn","message":")" + std::to_string(lines) +
           " lines were lost: " + std::strerror(reason) +
           R"(","request_id":null,"user_id":null,"trace_id":null,"span_id":null,"service":"acme",)"
           R"("version":null,"route":null,"status":null,"duration_ms":null})";
}

}  // namespace

std::string FileName::text() const {
    return node + "-" + text_of(day) + std::string(is_debug ? debug_end : info_end);
}

std::optional<FileName> FileName::parse(std::string_view text) {
    FileName name;
    name.is_debug = text.ends_with(debug_end);
    const std::string_view end = name.is_debug ? debug_end : info_end;
    if (!text.ends_with(end)) return std::nullopt;
    text.remove_suffix(end.size());
    if (text.size() < day_bytes + 2 || text[text.size() - day_bytes - 1] != '-')
        return std::nullopt;
    const auto day = parse_day(text.substr(text.size() - day_bytes));
    if (!day) return std::nullopt;
    name.node = text.substr(0, text.size() - day_bytes - 1);
    name.day = *day;
    return name;
}

std::string as_json(std::string_view node, std::string_view line, WallTime now) {
    const bool is_json = line.starts_with("{\"") && line.ends_with('}');
    if (is_json && line.find("\"timestamp\":") != line.npos) return std::string(line);
    std::string json = R"({"timestamp":")" + to_rfc3339(now) + R"(","node":)";
    append_json_string(json, node);
    if (is_json) return json.append(",").append(line.substr(1));
    json.append(R"(,"level":")").append(level_of(line)).append(R"(","message":)");
    append_json_string(json, line);
    return json + "}";
}

DayFiles::~DayFiles() {
    for (const auto& [name, file] : open_) ::close(file.descriptor);
}

DayFiles::Open& DayFiles::file_of(std::string_view node, bool is_debug, sys_days day) {
    const std::string key = std::string(node) + (is_debug ? "/debug" : "");
    Open& file = open_[key];
    if (file.descriptor >= 0 && file.day == day) return file;
    if (file.descriptor >= 0) ::close(file.descriptor);
    const FileName name{.node = std::string(node), .day = day, .is_debug = is_debug};
    const std::string path = folder_ + "/" + name.text();
    file.day = day;
    file.descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    struct stat facts{};
    file.bytes = ::fstat(file.descriptor, &facts) == 0 ? facts.st_size : 0;
    return file;
}

void DayFiles::write(std::string_view node, std::string_view line) {
    const WallTime now = clock_.now();
    std::string json = as_json(node, line, now) + "\n";
    const bool is_debug = json.find(R"("level":"debug")") != json.npos;
    Open& file = file_of(node, is_debug, floor<std::chrono::days>(now));
    const auto size = static_cast<std::int64_t>(json.size());
    if (file.bytes >= file_bytes_max) {
        ++lines_lost_;
        return;
    }
    const bool is_last = file.bytes + size >= file_bytes_max;
    if (is_last) json = as_json(node, "This day's file is full; what follows is lost.", now) + "\n";
    if (file.lost > 0) json.insert(0, as_json(node, gap_of(file.lost, file.reason), now) + "\n");
    if (put(file, json)) {
        file.lost = 0;
        if (is_last) file.bytes = file_bytes_max;
        return;
    }
    ++file.lost;
    ++lines_lost_;
}

/// Half a line would spoil the next one too, so it is taken back.
bool DayFiles::put(Open& file, std::string_view text) {
    std::size_t done = 0;
    while (done < text.size()) {
        const auto count = ::write(file.descriptor, text.data() + done, text.size() - done);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) {
            file.reason = errno;
            if (done > 0) std::ignore = ::ftruncate(file.descriptor, file.bytes);
            return false;
        }
        done += static_cast<std::size_t>(count);
    }
    file.bytes += static_cast<std::int64_t>(text.size());
    return true;
}

void DayFiles::remove_old() const {
    const auto today = floor<std::chrono::days>(clock_.now());
    std::error_code unreadable;
    for (const auto& entry : std::filesystem::directory_iterator(folder_, unreadable)) {
        const auto name = FileName::parse(entry.path().filename().string());
        if (!name) continue;
        const auto age = today - sys_days(name->day);
        std::error_code gone;
        if (age >= (name->is_debug ? debug_age_max : info_age_max)) {
            std::filesystem::remove(entry.path(), gone);
        }
    }
}

}  // namespace acme::logs
