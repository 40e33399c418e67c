#include "platform/flags/members.hpp"

#include "platform/flags/text_hash.hpp"

#include <bit>

namespace acme::flags {

Members::Members(std::vector<std::string> ids) {
    if (ids.empty()) return;
    std::size_t bytes = 1;
    for (const std::string& id : ids) bytes += 1 + id.size();
    text_.reserve(bytes);
    text_.push_back('\0');
    // At most seven of ten are taken: a search ends after two or three on the average.
    slots_.resize(std::bit_ceil(ids.size() * 10 / 7 + 1));
    mask_ = slots_.size() - 1;
    for (std::string& id : ids) {
        const std::uint64_t hash = hash_text(id);
        if (contains(id, hash)) continue;
        std::uint64_t at = hash & mask_;
        while (slots_[at].offset != 0) at = (at + 1) & mask_;
        slots_[at] = {
            .mark = static_cast<std::uint32_t>(hash >> 32),
            .offset = static_cast<std::uint32_t>(text_.size())
        };
        text_.push_back(static_cast<char>(id.size()));
        text_.append(id);
        id = {};
        ++size_;
    }
}

bool Members::contains(std::string_view id, std::uint64_t hash) const {
    if (slots_.empty()) return false;
    const auto mark = static_cast<std::uint32_t>(hash >> 32);
    for (std::uint64_t at = hash & mask_; slots_[at].offset != 0; at = (at + 1) & mask_) {
        if (slots_[at].mark != mark) continue;
        const char* const found = text_.data() + slots_[at].offset;
        const std::size_t size = static_cast<unsigned char>(*found);
        if (std::string_view(found + 1, size) == id) return true;
    }
    return false;
}

}  // namespace acme::flags
