#pragma once

/// One call of the script, whose reply may come when nobody waits for it any more. Private to the
/// room.

#include "platform/limits/share.hpp"

#include <memory>
#include <optional>
#include <string>

namespace acme::limits {

/// A window that a request is held against, and what this thread tells Redis of it.
struct Asked {
    std::string key;  // "": only Redis knows which
    Quota quota;
    std::int64_t known = 0;  // let through by this thread
    std::int64_t owed = 0;
    SteadyTime at = {};
};

/// What the script said.
struct Told {
    bool is_allowed = false;
    Verdict own;
    std::optional<Verdict> org = std::nullopt;
    std::string org_key = "";
};

class Doubt {
public:
    Doubt(std::shared_ptr<Share> share, Asked own, std::optional<Asked> org)
        : share_(std::move(share)), own_(std::move(own)), org_(std::move(org)) {}
    ~Doubt() { hear(std::nullopt); }
    Doubt(const Doubt&) = delete;
    Doubt& operator=(const Doubt&) = delete;

    /// It was given up as late.
    void begin(SteadyTime now);

    /// What the script said after all; nullopt when it never will.
    void hear(std::optional<Told> told);

private:
    void end(const Asked& asked, const std::string& key);

    std::shared_ptr<Share> share_;
    Asked own_;
    std::optional<Asked> org_;
    SteadyTime at_ = {};
    std::optional<Told> told_;
    bool is_open_ = false;
    bool has_heard_ = false;
};

}  // namespace acme::limits
