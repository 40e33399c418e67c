#pragma once

/// A set of ids, made once: whether one is in it is found by its hash and proven by its bytes.

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace acme::flags {

class Members {
public:
    Members() = default;

    /// Each has at most 255 bytes, and all together less than 4 GB. Takes what it was given apart,
    /// so that a million ids do not lie in memory twice.
    explicit Members(std::vector<std::string> ids);

    /// `hash` is hash_text(id).
    bool contains(std::string_view id, std::uint64_t hash) const;

    std::size_t size() const { return size_; }
    bool empty() const { return size_ == 0; }
    std::size_t bytes() const { return slots_.capacity() * sizeof(Slot) + text_.capacity(); }

private:
    struct Slot {
        std::uint32_t mark = 0;    // of the hash
        std::uint32_t offset = 0;  // into text_, of the length; 0 for a free slot
    };

    std::size_t size_ = 0;
    std::uint64_t mask_ = 0;
    std::vector<Slot> slots_;  // a power of two of them
    std::string text_;         // each id after one byte with its length; the first byte is nobody's
};

/// Who is in a segment by name. One that is long is shared by all snapshots that name it.
struct MemberList {
    Members users;
    Members orgs;
};

/// By id.
using MemberLists = std::map<std::string, std::shared_ptr<const MemberList>, std::less<>>;

}  // namespace acme::flags
