#include "io/objects/xml.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

namespace acme::objects::xml {
namespace {

constexpr std::array<std::pair<std::string_view, char>, 5> names{
    {{"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}}
};

/// Source: RFC 3629.
bool append_utf8(std::string& out, std::uint32_t code) {
    const auto byte = [&](std::uint32_t value) { out += static_cast<char>(value); };
    const auto rest = [&](unsigned shift) { byte(0x80U | ((code >> shift) & 0x3fU)); };
    if (code == 0 || code > 0x10ffffU || (code >= 0xd800U && code <= 0xdfffU)) return false;
    if (code < 0x80U) {
        byte(code);
    } else if (code < 0x800U) {
        byte(0xc0U | (code >> 6U));
        rest(0);
    } else if (code < 0x10000U) {
        byte(0xe0U | (code >> 12U));
        rest(6);
        rest(0);
    } else {
        byte(0xf0U | (code >> 18U));
        rest(12);
        rest(6);
        rest(0);
    }
    return true;
}

bool append_reference(std::string& out, std::string_view name) {
    if (name.starts_with("#x")) {
        const auto code = parse_number<std::uint32_t>(name.substr(2), 16);
        return code && append_utf8(out, *code);
    }
    if (name.starts_with("#")) {
        const auto code = parse_number<std::uint32_t>(name.substr(1));
        return code && append_utf8(out, *code);
    }
    for (const auto& [known, character] : names) {
        if (name == known) {
            out += character;
            return true;
        }
    }
    return false;
}

bool append_text(std::string& out, std::string_view text) {
    while (!text.empty()) {
        const auto mark = std::min(text.find('&'), text.size());
        out += text.substr(0, mark);
        text.remove_prefix(mark);
        if (text.empty()) break;
        const auto end = text.find(';');
        if (end == text.npos || !append_reference(out, text.substr(1, end - 1))) return false;
        text.remove_prefix(end + 1);
    }
    return true;
}

/// One document on its way through.
class Reader {
public:
    Reader(std::string_view rest, const Visit& visit) : rest_(rest), visit_(visit) {}

    bool read() {
        bool has_root = false;
        while (!rest_.empty()) {
            const auto mark = std::min(rest_.find('<'), rest_.size());
            if (!take_text(rest_.substr(0, mark))) return false;
            rest_.remove_prefix(mark);
            if (rest_.empty()) break;
            if (!take_markup()) return false;
            has_root = true;
        }
        return has_root && texts_.empty();
    }

private:
    bool take_text(std::string_view text) {
        if (!texts_.empty()) return append_text(texts_.back(), text);
        return text.find_first_not_of(" \t\r\n\xef\xbb\xbf") == text.npos;
    }

    bool take_markup() {
        if (rest_.starts_with("<?")) return skip_to("?>");
        if (rest_.starts_with("<!--")) return skip_to("-->");
        if (rest_.starts_with("<!")) return false;
        const auto end = rest_.find('>');
        if (end == rest_.npos) return false;
        std::string_view tag = rest_.substr(1, end - 1);
        rest_.remove_prefix(end + 1);
        if (tag.starts_with('/')) return close(tag.substr(1));
        const bool is_empty = tag.ends_with('/');
        if (is_empty) tag.remove_suffix(1);
        const std::string_view name = tag.substr(0, tag.find_first_of(" \t\r\n"));
        return open(name) && (!is_empty || close(name));
    }

    bool skip_to(std::string_view mark) {
        const auto at = rest_.find(mark);
        if (at == rest_.npos) return false;
        rest_.remove_prefix(at + mark.size());
        return true;
    }

    bool open(std::string_view name) {
        if (name.empty() || texts_.size() == depth_max) return false;
        if (!texts_.empty()) path_ += '/';
        path_ += name;
        texts_.emplace_back();
        return true;
    }

    bool close(std::string_view name) {
        name = name.substr(0, name.find_first_of(" \t\r\n"));
        const auto slash = path_.rfind('/');
        const auto begin = slash == path_.npos ? 0 : slash + 1;
        if (texts_.empty() || std::string_view(path_).substr(begin) != name) return false;
        visit_(path_, texts_.back());
        texts_.pop_back();
        path_.resize(slash == path_.npos ? 0 : slash);
        return true;
    }

    std::string_view rest_;
    const Visit& visit_;
    std::string path_;
    std::vector<std::string> texts_;  // of the elements that are open
};

}  // namespace

bool read(std::string_view document, const Visit& visit) { return Reader(document, visit).read(); }

std::string find(std::string_view document, std::string_view path) {
    std::string found;
    bool is_found = false;
    read(document, [&](std::string_view at, std::string_view text) {
        if (is_found || !at.ends_with(path)) return;
        is_found = true;
        found = text;
    });
    return found;
}

std::string encode(std::string_view text) {
    std::string out;
    for (const char c : text) {
        const auto* const named = std::ranges::find(names, c, &decltype(names)::value_type::second);
        if (named == names.end()) {
            out += c;
        } else {
            out += '&';
            out += named->first;
            out += ';';
        }
    }
    return out;
}

}  // namespace acme::objects::xml
