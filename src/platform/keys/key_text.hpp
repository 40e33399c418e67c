#pragma once

/// How a key is written: "ack_", eight characters that name it, "_", 43 that are its secret, "_",
/// and eight hex digits of CRC-32 over all before them. By the beginning and the check digits a
/// scanner tells a leaked key from text that looks like one.

#include "base/random.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace acme::keys {

inline constexpr std::string_view key_prefix = "ack_";
inline constexpr std::size_t short_chars = 8;
inline constexpr std::size_t key_chars = 4 + short_chars + 1 + 43 + 1 + 8;

struct KeyText {
    std::string text;
    std::string short_name;  // its eight characters
};

/// `prefix` has four characters: other secrets are written so too.
KeyText make_key_text(Random& random, std::string_view prefix = key_prefix);

/// The eight characters; nullopt for whatever make_key_text() does not write: no look-up is spent
/// on it.
std::optional<std::string> short_name_of(
    std::string_view text, std::string_view prefix = key_prefix
);

}  // namespace acme::keys
