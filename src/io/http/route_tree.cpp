#include "io/http/route_tree.hpp"

#include <algorithm>

namespace acme::http {

std::optional<Segments> Segments::of(std::string_view path) {
    Segments segments;
    while (!path.empty()) {
        if (segments.count_ == count_max) return std::nullopt;
        path.remove_prefix(1);  // the slash
        const auto length = std::min(path.find('/'), path.size());
        segments.parts_[segments.count_++] = path.substr(0, length);
        path.remove_prefix(length);
    }
    return segments;
}

bool is_placeholder(std::string_view segment) { return segment.starts_with('{'); }

bool takes_rest(std::string_view segment) { return segment.ends_with("...}"); }

std::string_view verb_of(std::string_view segment) {
    const auto end = segment.find('}');
    return is_placeholder(segment) && end != segment.npos ? segment.substr(end + 1) : "";
}

void RouteTree::add(Path pattern, std::size_t route) {
    const bool takes_more = !pattern.empty() && takes_rest(pattern.back());
    Node* node = &root_;
    for (const std::string_view segment : pattern) {
        node->leads_to_rest |= takes_more;
        if (takes_rest(segment)) {
            node->rest.push_back(route);
            return;
        }
        if (!is_placeholder(segment)) {
            node = &node->literals[std::string(segment)];
            continue;
        }
        if (const auto verb = verb_of(segment); !verb.empty()) {
            node = &node->verbs[std::string(verb)];
            continue;
        }
        if (node->placeholder == nullptr) node->placeholder = std::make_unique<Node>();
        node = node->placeholder.get();
    }
    node->whole.push_back(route);
}

}  // namespace acme::http
