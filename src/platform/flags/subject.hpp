#pragma once

/// For whom flags are evaluated: the attributes of one request or job, each hashed once. It holds
/// the snapshot that is evaluated, so that no flag changes within it. Belongs to one thread.

#include "base/clock.hpp"
#include "platform/flags/snapshot.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace acme::flags {

class Tally;
struct Index;

class Subject {
public:
    struct Attribute {
        std::string text;
        std::uint64_t hash = 0;
        bool is_present = false;
    };

    /// Without a snapshot every flag has its default. `now` decides which overrides have expired.
    /// `tally` is what Flags counts in.
    Subject(
        std::shared_ptr<const Snapshot> snapshot,
        WallTime now,
        std::shared_ptr<Tally> tally = nullptr
    );

    /// One that no rule names is not kept. "" is a value; what is absent is not set. The text is
    /// copied. `region`, `user_id` and `org_id` come from the server, never from who is asking.
    void set(std::string_view name, std::string_view text);
    void set(std::string_view name, const char* text) { set(name, std::string_view(text)); }
    void set(std::string_view name, double number);
    void set(std::string_view name, std::int64_t number);
    void set(std::string_view name, bool yes);

    const Snapshot* snapshot() const { return snapshot_.get(); }
    const Compiled* compiled() const { return compiled_; }
    const Index* index() const { return index_; }  // null without a snapshot
    const std::shared_ptr<const Snapshot>& shared_snapshot() const { return snapshot_; }
    WallTime now() const { return now_; }
    Tally* tally() const { return tally_.get(); }

    /// By the slot that the snapshot gave the name.
    const Attribute& at(std::uint16_t slot) const { return attributes_[slot]; }

private:
    std::shared_ptr<const Snapshot> snapshot_;
    const Compiled* compiled_ = nullptr;  // of the snapshot: one step less for each flag
    const Index* index_ = nullptr;        // the same
    std::shared_ptr<Tally> tally_;
    WallTime now_;
    std::vector<Attribute> attributes_;
};

}  // namespace acme::flags
