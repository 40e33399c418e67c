#pragma once

/// The releases that are unpacked on this machine: <home>/releases/<id>/, and beside each
/// <id>.json, which says that it is whole.

#include "base/clock.hpp"
#include "base/result.hpp"
#include "operate/deploy/driver.hpp"

#include <optional>
#include <set>
#include <string>
#include <vector>

namespace acme::local {

struct Release {
    std::string id;      // a commit, or "dev-" and the begin of its digest
    std::string digest;  // "sha256:…", see digest_of()
    std::string binary;  // the whole path
};

/// Letters, digits, '-', '_' and inner dots; at most 64: the name of a folder and of nothing else.
bool is_release_id(std::string_view text);

/// Of all names, contents, links and rights to execute in the folder; that of the program, when
/// there is nothing else. With "sha256:" before it. Throws std::filesystem::filesystem_error.
std::string digest_of(const std::string& folder);

class Releases {
public:
    static constexpr std::size_t newest_kept = 5;
    static constexpr std::size_t good_kept = 2;
    static constexpr std::size_t entries_max = 100'000;  // files and folders of a release

    Releases(const Clock& clock, std::string folder) : clock_(clock), folder_(std::move(folder)) {}

    /// Those that are whole; the newest first.
    std::vector<deploy::Stored> list() const;

    /// nullopt for one that is not there, or not whole, and for what can be no id.
    std::optional<Release> find(const std::string& id) const;

    /// Copies a program, or a folder with an executable `acme` in it, and records it. `id` "": it
    /// is named by its digest. Again with the same content it does nothing. At every moment it is
    /// there as a whole or not at all.
    /// Errors: release.not_found; release.no_program (invalid), when nothing executable is there;
    /// release.not_copied (unavailable), when the disk is full or a file cannot be read: then
    /// nothing is left behind; release.taken (conflict), when the id has another content;
    /// release.busy (unavailable), when another process adds one; release.malformed (invalid).
    Result<Release> add(const std::string& source, const std::string& id);

    /// The program that `acme up` was called with, as yet unrecorded if it is new here. The same
    /// commit can be built twice, with other bytes: then the bytes decide, and it is new.
    struct Unpacked {
        Release release;
        bool is_new;
    };
    Result<Unpacked> unpack(const std::string& program, const std::string& id);
    void record(const Release& release, bool is_good) const;

    /// False when there is no such release. Throws std::system_error.
    bool mark_good(const std::string& id) const;

    /// Deletes all but those named, the newest and the newest good ones; and what is not whole.
    void remove_old(const std::set<std::string>& named) const;

private:
    enum class Taken { refused, replaced };
    Result<Unpacked> copy(const std::string& source, const std::string& id, Taken taken);
    Result<Unpacked> put(const std::string& stage, const std::string& id, Taken taken) const;
    std::string path_of(const std::string& id) const { return folder_ + "/" + id; }

    const Clock& clock_;
    std::string folder_;
};

}  // namespace acme::local
