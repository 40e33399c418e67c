#pragma once

/// A flag that this program asks for: `constexpr flags::Handle<bool> preview{"file-preview",
/// false};`

#include "platform/flags/ruleset.hpp"
#include "platform/flags/text_hash.hpp"

#include <concepts>
#include <cstdint>
#include <string_view>

namespace acme::flags {

template <class T>
concept FlagValue = std::same_as<T, bool> || std::same_as<T, std::int64_t> ||
                    std::same_as<T, double> || std::same_as<T, std::string_view>;

/// `fallback` stands where the flag is disabled without an off value, unknown, or of another type,
/// and while flags are switched off. A string that get() returns is the snapshot's, or this one. A
/// flag of type json is Handle<std::string_view> too: its text. A key that is none does not
/// compile.
template <FlagValue T>
class Handle {
public:
    consteval Handle(const char* key, T fallback)
        : key_(key), fallback_(fallback), hash_(hash_text(key_)) {
        if (!is_key_text(key_)) throw "no key of a flag: ^[a-z0-9][a-z0-9._-]{0,99}$";
    }

    constexpr std::string_view key() const { return key_; }
    constexpr T fallback() const { return fallback_; }
    constexpr std::uint64_t hash() const { return hash_; }

private:
    static consteval bool is_key_text(std::string_view text) {
        const auto is_word = [](char c) {
            return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        };
        if (text.empty() || text.size() > key_chars_max || !is_word(text.front())) return false;
        for (char c : text) {
            if (!is_word(c) && c != '.' && c != '_' && c != '-') return false;
        }
        return true;
    }

    std::string_view key_;
    T fallback_;
    std::uint64_t hash_;
};

}  // namespace acme::flags
