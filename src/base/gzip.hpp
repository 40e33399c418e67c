#pragma once

/// Texts made short by zlib. Megabytes take milliseconds: beside the loop.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace acme {

enum class Pains : std::uint8_t { few, many };  // few: three times as fast, a fifth longer

/// With gzip's head, as Content-Encoding has it.
std::string gzipped(std::string_view text, Pains pains);

/// What zlib made of a text, with its own head or gzip's; nullopt for anything else, for a part of
/// it, and for more than `bytes_max`.
std::optional<std::string> inflated(std::string_view bytes, std::size_t bytes_max);

}  // namespace acme
