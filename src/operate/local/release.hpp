#pragma once

/// What is started on a node: an unpacked release under <home>/releases/<id>.

#include <string>

namespace acme::local {

struct Release {
    std::string id;      // a commit, or "dev-" and the digest of the program
    std::string digest;  // "sha256:…" of the program
    std::string binary;  // the whole path
};

/// Puts `program` under `releases`, unless it is there. `id` is the commit it was built from, ""
/// when it was built from a tree that no commit names. Throws std::system_error, also when the disk
/// is full; then nothing is left behind.
Release unpack_release(
    const std::string& program, const std::string& releases, const std::string& id
);

/// Deletes all releases but the newest `kept` and the one named.
void remove_old_releases(const std::string& releases, const std::string& current, std::size_t kept);

}  // namespace acme::local
