#include "io/telemetry/log.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <unistd.h>

namespace acme {
namespace {

constexpr std::string_view mask = "[redacted]";

constexpr std::array<std::string_view, 7> secret_names = {
    "password", "passwd", "secret", "token", "authorization", "cookie", "api_key"
};

/// How a credential begins, wherever it turns up: our API keys, JWTs, bearer and basic headers,
/// PEM.
constexpr std::array<std::string_view, 5> secret_starts = {
    "ack_", "eyJ", "Bearer ", "Basic ", "-----BEGIN"
};

std::string_view name_of(LogLevel level) {
    switch (level) {
        case LogLevel::debug: return "debug";
        case LogLevel::info: return "info";
        case LogLevel::warn: return "warn";
        case LogLevel::error: return "error";
    }
    return "error";
}

bool names_secret(std::string_view key) {
    return std::ranges::any_of(secret_names, [&](std::string_view name) {
        return key.find(name) != key.npos;
    });
}

std::size_t find_secret(std::string_view text, std::size_t from) {
    std::size_t first = text.npos;
    for (std::string_view start : secret_starts) first = std::min(first, text.find(start, from));
    return first;
}

/// Password in "scheme://user:password@host", up to the '@'.
std::string without_url_password(std::string text) {
    const auto scheme = text.find("://");
    if (scheme == text.npos) return text;
    const auto at = text.find('@', scheme);
    const auto colon = text.find(':', scheme + 3);
    if (at == text.npos || colon == text.npos || colon > at) return text;
    return text.replace(colon + 1, at - colon - 1, mask);
}

void append_value(std::string& line, const LogField& field) {
    if (const auto* text = std::get_if<std::string_view>(&field.value)) {
        append_json_string(line, redacted(field.key, *text));
    } else if (const auto* number = std::get_if<std::int64_t>(&field.value)) {
        append_number(line, *number);
    } else {
        std::array<char, 32> digits{};
        const double real = std::get<double>(field.value);
        const int length = std::snprintf(digits.data(), digits.size(), "%.6g", real);
        line.append(digits.data(), static_cast<std::size_t>(length));
    }
}

}  // namespace

std::string redacted(std::string_view key, std::string_view text) {
    if (names_secret(key)) return std::string(mask);
    std::string clean;
    std::size_t at = 0;
    for (auto found = find_secret(text, 0); found != text.npos; found = find_secret(text, at)) {
        clean.append(text, at, found - at).append(mask);
        // "Bearer x": the credential is the second word.
        const auto word = text.find(' ', found);
        const bool is_scheme = text.substr(found).starts_with('B') && word != text.npos;
        at = std::min(text.find_first_of(" ,;\"\n", is_scheme ? word + 1 : found), text.size());
    }
    return without_url_password(std::move(clean.append(text, at)));
}

Log::Log(const Clock& clock, LogLevel least, Sink sink)
    : clock_(clock), least_(least), sink_(std::move(sink)) {}

void Log::write(
    LogLevel level,
    std::string_view message,
    trace::Context context,
    std::initializer_list<LogField> fields
) {
    if (level < least_) return;
    line_.assign(R"({"timestamp":")").append(to_rfc3339(clock_.now()));
    line_.append(R"(","level":")").append(name_of(level)).append(R"(","message":)");
    append_json_string(line_, redacted("", message));
    if (context.trace != nullptr) {
        line_.append(R"(,"trace_id":")");
        context.trace->id().append_to(line_);
        line_.append("\"");
    }
    for (const LogField& field : fields) {
        line_.append(",");
        append_json_string(line_, field.key);
        line_.append(":");
        append_value(line_, field);
    }
    line_.append("}\n");
    sink_(line_);
}

Log::Sink write_to(int descriptor) {
    return [descriptor](std::string_view line) {
        // A log that cannot be written must not stop the service, so the result is not looked at.
        [[maybe_unused]] const auto written = ::write(descriptor, line.data(), line.size());
    };
}

}  // namespace acme
