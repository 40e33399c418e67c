#include "platform/files/sniff.hpp"

#include <algorithm>
#include <array>

namespace acme::files {
namespace {

constexpr std::string_view some_bytes = "application/octet-stream";
constexpr std::size_t type_bytes_max = 127;

using namespace std::string_view_literals;

struct Pattern {
    std::size_t at;
    std::string_view bytes;
    std::string_view type;
};

constexpr std::array patterns{
    Pattern{0, "%PDF-"sv, "application/pdf"},
    Pattern{0, "%!PS-Adobe-"sv, "application/postscript"},
    Pattern{0, "\x89PNG\r\n\x1a\n"sv, "image/png"},
    Pattern{0, "\xff\xd8\xff"sv, "image/jpeg"},
    Pattern{0, "GIF87a"sv, "image/gif"},
    Pattern{0, "GIF89a"sv, "image/gif"},
    Pattern{8, "WEBPVP"sv, "image/webp"},
    Pattern{0, "BM"sv, "image/bmp"},
    Pattern{0, "\0\0\1\0"sv, "image/x-icon"},
    Pattern{8, "WAVE"sv, "audio/wave"},
    Pattern{8, "AVI "sv, "video/avi"},
    Pattern{0, "OggS\0"sv, "application/ogg"},
    Pattern{0, "MThd\0\0\0\x06"sv, "audio/midi"},
    Pattern{0, "ID3"sv, "audio/mpeg"},
    Pattern{0, "\x1a\x45\xdf\xa3"sv, "video/webm"},
    Pattern{4, "ftyp"sv, "video/mp4"},
    Pattern{0, "\x1f\x8b\x08"sv, "application/x-gzip"},
    Pattern{0, "PK\3\4"sv, "application/zip"},
    Pattern{0, "Rar!\x1a\x07"sv, "application/x-rar-compressed"},
    Pattern{0, "wOFF"sv, "font/woff"},
    Pattern{0, "wOF2"sv, "font/woff2"},
    Pattern{0, "\0asm"sv, "application/wasm"},
};

/// After blanks, in any case, and followed by a blank or '>'.
constexpr std::array html_tags{
    "<!doctype html"sv,
    "<html"sv,
    "<head"sv,
    "<script"sv,
    "<iframe"sv,
    "<h1"sv,
    "<div"sv,
    "<font"sv,
    "<table"sv,
    "<a"sv,
    "<style"sv,
    "<title"sv,
    "<b"sv,
    "<body"sv,
    "<br"sv,
    "<p"sv,
    "<svg"sv,
    "<!--"sv,
};

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool begins_with_tag(std::string_view text, std::string_view tag) {
    if (text.size() <= tag.size()) return false;
    if (!std::ranges::equal(text.substr(0, tag.size()), tag, {}, lower)) return false;
    const char next = text[tag.size()];
    return tag == "<!--" || next == ' ' || next == '>' || next == '\n' || next == '\t' ||
           next == '\r';
}

bool is_binary(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte <= 0x08 || byte == 0x0b || (byte >= 0x0e && byte <= 0x1a) ||
           (byte >= 0x1c && byte <= 0x1f);
}

std::string_view sniff(std::string_view bytes) {
    for (const Pattern& pattern : patterns) {
        if (bytes.size() >= pattern.at && bytes.substr(pattern.at).starts_with(pattern.bytes)) {
            return pattern.type;
        }
    }
    const auto begin = std::min(bytes.find_first_not_of(" \t\r\n\f"), bytes.size());
    const std::string_view text = bytes.substr(begin);
    for (const std::string_view tag : html_tags) {
        if (begins_with_tag(text, tag)) return tag == "<svg" ? "image/svg+xml" : "text/html";
    }
    if (text.starts_with("<?xml")) return "text/xml";
    const bool has_mark = bytes.starts_with("\xff\xfe") || bytes.starts_with("\xfe\xff");
    if (!has_mark && std::ranges::any_of(bytes, is_binary)) return some_bytes;
    return "text/plain";
}

bool is_texty(std::string_view type) {
    return (type.starts_with("text/") && type != "text/html" && type != "text/xml") ||
           type.ends_with("+json") || type == "application/json" || type == "application/yaml" ||
           type == "application/toml" || type == "application/x-ndjson" ||
           type == "application/sql" || type == "application/rtf" || type == "application/x-sh";
}

bool is_zipped(std::string_view type) {
    return type.starts_with("application/vnd.") || type.ends_with("+zip") ||
           type == "application/java-archive" || type == "application/x-zip-compressed";
}

/// Of these the bytes would have told.
bool is_recognisable(std::string_view type) {
    return type.starts_with("text/") || type.ends_with("+xml") || type == "application/xml" ||
           type == "application/xhtml+xml" ||
           std::ranges::find(patterns, type, &Pattern::type) != patterns.end();
}

bool is_iso_media(std::string_view type) {
    return type == "video/quicktime" || type == "audio/mp4" || type == "image/avif" ||
           type == "image/heic" || type == "image/heif" || type == "video/3gpp";
}

}  // namespace

std::string media_type_of(std::string_view header) {
    std::string type(header.substr(0, header.find(';')));
    while (type.ends_with(' ') || type.ends_with('\t')) type.pop_back();
    std::ranges::transform(type, type.begin(), lower);
    const auto is_token = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || "!#$&^_.+-"sv.contains(c);
    };
    const auto slash = type.find('/');
    const bool is_good = slash != type.npos && slash > 0 && slash + 1 < type.size() &&
                         type.size() <= type_bytes_max &&
                         std::ranges::all_of(type.substr(0, slash), is_token) &&
                         std::ranges::all_of(type.substr(slash + 1), is_token);
    return is_good ? type : std::string(some_bytes);
}

std::string stored_type(std::string_view first_bytes, std::string_view declared) {
    const std::string_view sniffed = sniff(first_bytes.substr(0, sniffed_bytes));
    const bool stands = (sniffed == "text/plain" && is_texty(declared)) ||
                        (sniffed == "application/zip" && is_zipped(declared)) ||
                        (sniffed == "video/mp4" && is_iso_media(declared)) ||
                        (sniffed == "text/xml" && declared.ends_with("+xml") &&
                         declared != "application/xhtml+xml") ||
                        (sniffed == some_bytes && !is_recognisable(declared));
    return std::string(stands ? declared : sniffed);
}

}  // namespace acme::files
