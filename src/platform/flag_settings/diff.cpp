#include "platform/flag_settings/diff.hpp"

#include "base/json_pointer.hpp"

#include <algorithm>

namespace acme::flag_settings {
namespace {

using boost::json::object;
using boost::json::value;

std::string below(const std::string& pointer, std::string_view key) {
    return pointer + '/' + reference_token(key);
}

class Comparer {
public:
    void compare(const std::string& pointer, const value& from, const value& to) {
        if (from == to || found.size() >= differences_max) return;
        if (from.is_object() && to.is_object()) {
            compare_objects(pointer, from.get_object(), to.get_object());
        } else if (from.is_array() && to.is_array()) {
            compare_arrays(pointer, from.get_array(), to.get_array());
        } else {
            found.push_back({pointer, from, to});
        }
    }

    std::vector<Difference> found;

private:
    void compare_objects(const std::string& pointer, const object& from, const object& to) {
        for (const auto& [key, each] : from) {
            const value* const other = to.if_contains(key);
            compare(below(pointer, key), each, other == nullptr ? value() : *other);
        }
        for (const auto& [key, each] : to) {
            if (!from.contains(key)) compare(below(pointer, key), value(), each);
        }
    }

    void compare_arrays(
        const std::string& pointer, const boost::json::array& from, const boost::json::array& to
    ) {
        for (std::size_t i = 0; i < std::max(from.size(), to.size()); ++i) {
            compare(
                pointer + '/' + std::to_string(i),
                i < from.size() ? from[i] : value(),
                i < to.size() ? to[i] : value()
            );
        }
    }
};

bool is_same(const object& a, const object& b, std::string_view key) {
    const value* const one = a.if_contains(key);
    const value* const other = b.if_contains(key);
    if (one == nullptr || other == nullptr) return one == other;
    return *one == *other;
}

}  // namespace

std::vector<Difference> differences(const value& from, const value& to) {
    Comparer comparer;
    comparer.compare("", from, to);
    return std::move(comparer.found);
}

object to_json(const Difference& difference) {
    return {{"pointer", difference.pointer}, {"from", difference.from}, {"to", difference.to}};
}

object undone(
    const object& before,
    const object& after,
    const object& now,
    std::vector<std::string>& conflicts
) {
    object result = now;
    object names = before;  // of both
    for (const auto& [key, each] : after) names[key] = each;
    for (const auto& [key, each] : names) {
        if (is_same(before, after, key)) continue;
        if (!is_same(after, now, key)) {
            conflicts.push_back(below("", key));
        } else if (const value* const old = before.if_contains(key)) {
            result[key] = *old;
        } else {
            result.erase(key);
        }
    }
    return result;
}

}  // namespace acme::flag_settings
