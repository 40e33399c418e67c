#pragma once

/// What is known about a node without any database (C-5): the labels of a container, and for a
/// process a file beside it.

#include <optional>
#include <string>
#include <string_view>

namespace acme::deploy {

struct Facts {
    std::string environment;
    std::string node;
    std::string role;  // "serve", "worker", "scheduler"
    std::string release;
    std::string digest;
    std::string known_good;  // the release to return to
    std::string deployment;  // by which it came; "up" for what `acme up` started
    std::string track;       // "canary", "stable", "kept"
    std::string spec;        // digest of all that it was started with
    std::string address;

    friend bool operator==(const Facts&, const Facts&) = default;

    /// One line, a member for each label: "acme.node" and so on.
    std::string json() const;

    /// nullopt for anything that json() did not write.
    static std::optional<Facts> parse(std::string_view json);
};

}  // namespace acme::deploy
