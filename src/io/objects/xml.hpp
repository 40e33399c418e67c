#pragma once

/// The little XML that S3 answers with: elements and text. No document type, so no entities of its
/// own, and no recursion. Private to io/objects.

#include <functional>
#include <string>
#include <string_view>

namespace acme::objects::xml {

inline constexpr std::size_t depth_max = 16;

/// Called at the end of each element: its path from the root, "ListBucketResult/Contents/Key", and
/// the text directly in it, decoded.
using Visit = std::function<void(std::string_view path, std::string_view text)>;

/// False for what is not well-formed, or deeper than depth_max; what came before has been visited.
bool read(std::string_view document, const Visit& visit);

/// The text of the first element that ends with this path ("Error/Code"); "" for none.
std::string find(std::string_view document, std::string_view path);

/// `text` with the five characters encoded that XML keeps for itself.
std::string encode(std::string_view text);

}  // namespace acme::objects::xml
