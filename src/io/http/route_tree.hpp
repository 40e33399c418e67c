#pragma once

/// Finds the routes that take a path, in a time that does not grow with their number. Private to
/// io/http.

#include <array>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace acme::http {

/// The parts of a path between its slashes.
class Segments {
public:
    static constexpr std::size_t count_max = 16;

    /// nullopt for a path that no route can have, because it is too deep.
    static std::optional<Segments> of(std::string_view path);

    std::span<const std::string_view> all() const { return {parts_.data(), count_}; }

private:
    std::array<std::string_view, count_max> parts_;
    std::size_t count_ = 0;
};

/// "{name}" takes any one segment that is not empty, "{name...}" the last ones.
bool is_placeholder(std::string_view segment);
bool takes_rest(std::string_view segment);

/// What stands behind a placeholder, with its colon: ":hold" of "{id}:hold", "" of "{id}".
std::string_view verb_of(std::string_view segment);

/// Routes are numbers here: what they are, their owner knows.
class RouteTree {
public:
    using Path = std::span<const std::string_view>;

    void add(Path pattern, std::size_t route);

    /// The first of the routes which take `path` that `is_it` says yes to. Literal segments come
    /// before placeholders, those with a verb before those without, and routes that take the rest
    /// of a path last.
    template <class IsIt>
    std::optional<std::size_t> find(Path path, const IsIt& is_it) const {
        auto found = find_whole(root_, path, is_it);
        return found ? found : find_rest(root_, path, is_it);
    }

private:
    struct Node {
        std::map<std::string, Node, std::less<>> literals;
        std::map<std::string, Node, std::less<>> verbs;  // placeholders with one, by that
        std::unique_ptr<Node> placeholder;
        std::vector<std::size_t> whole;  // routes whose pattern ends here
        std::vector<std::size_t> rest;   // routes that take what follows
        bool leads_to_rest = false;      // here or further down
    };

    template <class IsIt>
    static std::optional<std::size_t> first(
        const std::vector<std::size_t>& routes, const IsIt& is_it
    ) {
        for (const std::size_t route : routes) {
            if (is_it(route)) return route;
        }
        return std::nullopt;
    }

    /// `search` in the nodes below that take the first segment of `path`.
    template <class Search>
    static std::optional<std::size_t> below(const Node& node, Path path, const Search& search) {
        const auto literal = node.literals.find(path.front());
        if (literal != node.literals.end()) {
            if (const auto found = search(literal->second, path.subspan(1))) return found;
        }
        const std::string_view segment = path.front();
        const auto colon = segment.rfind(':');
        if (!node.verbs.empty() && colon != segment.npos && colon > 0) {
            const auto verb = node.verbs.find(segment.substr(colon));
            if (verb != node.verbs.end()) {
                if (const auto found = search(verb->second, path.subspan(1))) return found;
            }
        }
        if (node.placeholder == nullptr || segment.empty()) return std::nullopt;
        return search(*node.placeholder, path.subspan(1));
    }

    template <class IsIt>
    static std::optional<std::size_t> find_whole(const Node& node, Path path, const IsIt& is_it) {
        if (path.empty()) return first(node.whole, is_it);
        return below(node, path, [&](const Node& next, Path left) {
            return find_whole(next, left, is_it);
        });
    }

    template <class IsIt>
    static std::optional<std::size_t> find_rest(const Node& node, Path path, const IsIt& is_it) {
        if (path.empty() || !node.leads_to_rest) return std::nullopt;
        const auto deeper = below(node, path, [&](const Node& next, Path left) {
            return find_rest(next, left, is_it);
        });
        if (deeper || path.front().empty()) return deeper;
        return first(node.rest, is_it);
    }

    Node root_;
};

}  // namespace acme::http
