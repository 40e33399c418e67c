#include "io/objects/store.hpp"

namespace acme::objects {

bool is_key(std::string_view key) {
    constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyz0123456789_-/";
    return !key.empty() && key.size() <= key_bytes_max && !key.starts_with('/') &&
           !key.ends_with('/') && key.find("//") == key.npos &&
           key.find_first_not_of(allowed) == key.npos;
}

}  // namespace acme::objects
