#pragma once

/// Signed links: a file for whoever has its address, until the link ends. Nothing is kept of them:
/// a link is good while a key of ours has signed it, its time has not passed, and its file is
/// there.

#include "base/secret.hpp"
#include "platform/files/files.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace acme::files {

inline constexpr std::chrono::seconds link_ttl_min{60};
inline constexpr std::chrono::seconds link_ttl_max{7 * 24 * 3600};
inline constexpr std::chrono::seconds link_ttl_usual{3600};

/// Signs addresses of ours with the first key and takes what any of them has signed, so that keys
/// can be replaced.
class Signatures {
public:
    /// At least one.
    explicit Signatures(std::vector<Secret> keys) : keys_(std::move(keys)) {}

    /// Fit for a URL.
    std::string sign(std::string_view text) const;
    bool has_signed(std::string_view text, std::string_view signature) const;

private:
    std::vector<Secret> keys_;
};

struct Link {
    std::string url;
    WallTime expires_at;
};

/// What an address says of itself.
struct LinkAsked {
    FileId id;
    std::string org;
    std::string until;  // seconds since 1970
    std::string signature;
};

class Links {
public:
    /// `keys` are of their own for this purpose; `base_url` stands before the path of every link.
    /// Everything outlives it.
    Links(Files& files, Telemetry& telemetry, std::vector<Secret> keys, std::string base_url);

    /// Tells the audit, but not the link itself. Errors: files.not_found, files.link_ttl (invalid).
    Task<Result<Link>> make(
        trace::Context context, Identity who, FileId id, std::chrono::seconds ttl, std::string ip
    );

    /// The organization whose file it is. Errors: files.link_unknown, files.link_ended (not_found).
    Result<OrgId> check(const LinkAsked& asked) const;

private:
    Files& files_;
    Telemetry& telemetry_;
    Signatures signatures_;
    std::string base_url_;
};

}  // namespace acme::files
