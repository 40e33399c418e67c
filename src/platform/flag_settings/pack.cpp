#include "platform/flag_settings/pack.hpp"

#include "base/gzip.hpp"

#include <span>

namespace acme::flag_settings {
namespace {

std::vector<std::byte> to_bytes(std::string_view text) {
    const auto bytes = std::as_bytes(std::span(text));
    return {bytes.begin(), bytes.end()};
}

}  // namespace

std::vector<std::byte> pack(std::string_view json) {
    return json.size() <= packed_from_bytes ? to_bytes(json) : pack_list(json);
}

std::vector<std::byte> pack_list(std::string_view json) {
    return to_bytes(gzipped(json, Pains::few));
}

}  // namespace acme::flag_settings
