#include "platform/flag_settings/diff.hpp"

#include "base/json_pointer.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <limits>
#include <map>

namespace acme::flag_settings {
namespace {

using boost::json::array;
using boost::json::object;
using boost::json::value;

constexpr std::size_t nowhere = std::numeric_limits<std::size_t>::max();

/// A list of elements that say themselves which they are.
struct Named {
    std::string_view list;
    std::string_view key;
};

constexpr std::array named_lists{
    Named{"rules", "id"},
    Named{"variants", "key"},
    Named{"split", "variant"},
    Named{"prerequisites", "flag"},
    Named{"overrides", "id"},
};

std::string below(const std::string& pointer, std::string_view key) {
    return pointer + '/' + reference_token(key);
}

std::string text_of(const object& of, std::string_view name) {
    const value* const found = of.if_contains(name);
    return found != nullptr && found->is_string() ? std::string(found->get_string()) : "";
}

bool is_named(std::string_view list) {
    return std::ranges::any_of(named_lists, [&](const Named& each) { return each.list == list; });
}

/// Which element it is, "" for one that does not say so.
std::string key_of(std::string_view list, const value& element) {
    if (element.is_string()) return std::string(element.get_string());
    if (!element.is_object()) return "";
    const auto* const found =
        std::ranges::find_if(named_lists, [&](const Named& each) { return each.list == list; });
    if (found == named_lists.end()) return "";
    std::string key = text_of(element.get_object(), found->key);
    if (key.empty() || list != "overrides") return key;
    return text_of(element.get_object(), "kind") + ' ' + key;
}

/// Where each element stands, by key; nullopt where they cannot be told apart.
std::optional<std::map<std::string, std::size_t>> places_of(
    std::string_view list, const array& elements
) {
    std::map<std::string, std::size_t> places;
    for (std::size_t i = 0; i < elements.size(); ++i) {
        std::string key = key_of(list, elements[i]);
        if (key.empty() || !places.emplace(std::move(key), i).second) return std::nullopt;
    }
    return places;
}

/// Of numbers that differ, the most that rise from left to right: who stands among them was not
/// moved (the longest increasing subsequence, by patience sorting). Places of no number are false.
std::vector<bool> staying(const std::vector<std::size_t>& numbers) {
    std::vector<std::size_t> ends;  // where the best run of each length ends
    std::vector<std::size_t> before(numbers.size(), nowhere);
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        if (numbers[i] == nowhere) continue;
        const auto end = std::ranges::lower_bound(ends, numbers[i], {}, [&](std::size_t place) {
            return numbers[place];
        });
        if (end != ends.begin()) before[i] = *std::prev(end);
        if (end == ends.end()) {
            ends.push_back(i);
        } else {
            *end = i;
        }
    }
    std::vector<bool> stays(numbers.size(), false);
    for (std::size_t i = ends.empty() ? nowhere : ends.back(); i != nowhere; i = before[i]) {
        stays[i] = true;
    }
    return stays;
}

/// What an element stands behind; null for the first.
value standing_behind(std::string_view list, const array& elements, std::size_t place) {
    if (place == 0) return nullptr;
    const value& before = elements[place - 1];
    const auto* const element = before.if_object();
    return {
        {"key", key_of(list, before)},
        {"name", element == nullptr ? "" : text_of(*element, "name")},
        {"number", place},
    };
}

class Comparer {
public:
    void compare(const std::string& pointer, const value& from, const value& to) {
        if (from == to) return;
        if (from.is_object() && to.is_object()) {
            compare_objects(pointer, from.get_object(), to.get_object());
        } else if (from.is_array() && to.is_array()) {
            compare_arrays(pointer, "", from.get_array(), to.get_array());
        } else {
            add(pointer, Difference::Kind::changed, from, to);
        }
    }

    std::vector<Difference> found;

private:
    void add(const std::string& pointer, Difference::Kind kind, value from, value to) {
        if (found.size() >= differences_max) return;
        found.push_back({pointer, kind, std::move(from), std::move(to), item_});
    }

    void compare_objects(const std::string& pointer, const object& from, const object& to) {
        for (const auto& [key, each] : from) {
            compare_members(pointer, key, &each, to.if_contains(key));
        }
        for (const auto& [key, each] : to) {
            if (!from.contains(key)) compare_members(pointer, key, nullptr, &each);
        }
    }

    /// One of the two may not be there; of a named list it is an empty one then.
    void compare_members(
        const std::string& pointer, std::string_view key, const value* from, const value* to
    ) {
        const value none = array();
        const value& present = from == nullptr ? *to : *from;
        if (present.is_array() && is_named(key)) {
            from = from == nullptr ? &none : from;
            to = to == nullptr ? &none : to;
        }
        const std::string where = below(pointer, key);
        if (from == nullptr) {
            add(where, Difference::Kind::added, nullptr, *to);
        } else if (to == nullptr) {
            add(where, Difference::Kind::removed, *from, nullptr);
        } else if (from->is_array() && to->is_array()) {
            compare_arrays(where, key, from->get_array(), to->get_array());
        } else {
            compare(where, *from, *to);
        }
    }

    void compare_arrays(
        const std::string& pointer, std::string_view list, const array& from, const array& to
    ) {
        if (from == to) return;
        const auto before = places_of(list, from);
        const auto after = places_of(list, to);
        if (!before || !after) {
            compare_ends(pointer, from, to);
            return;
        }
        for (std::size_t i = 0; i < from.size(); ++i) {
            if (after->contains(key_of(list, from[i]))) continue;
            enter(pointer, list, i, from[i], [&](const std::string& where) {
                add(where, Difference::Kind::removed, from[i], nullptr);
            });
        }
        std::vector<std::size_t> numbers;
        for (const value& each : to) {
            const auto place = before->find(key_of(list, each));
            numbers.push_back(place == before->end() ? nowhere : place->second);
        }
        const std::vector<bool> stays = staying(numbers);
        for (std::size_t i = 0; i < to.size(); ++i) {
            enter(pointer, list, i, to[i], [&](const std::string& where) {
                if (numbers[i] == nowhere) {
                    add(where, Difference::Kind::added, nullptr, to[i]);
                    return;
                }
                if (!stays[i]) {
                    add(where,
                        Difference::Kind::moved,
                        standing_behind(list, from, numbers[i]),
                        standing_behind(list, to, i));
                }
                compare(where, from[numbers[i]], to[i]);
            });
        }
    }

    /// Runs `inside` at an element, which is the item unless it stands within one.
    void enter(
        const std::string& pointer,
        std::string_view list,
        std::size_t place,
        const value& element,
        const auto& inside
    ) {
        const std::string where = pointer + '/' + std::to_string(place);
        const bool is_item = !item_ && element.is_object();
        if (is_item) {
            item_ = Item{
                .pointer = where,
                .list = std::string(list),
                .key = key_of(list, element),
                .name = text_of(element.get_object(), "name"),
                .number = place + 1,
            };
        }
        inside(where);
        if (is_item) item_.reset();
    }

    void compare_ends(const std::string& pointer, const array& from, const array& to) {
        const std::size_t shorter = std::min(from.size(), to.size());
        std::size_t head = 0;
        while (head < shorter && from[head] == to[head]) ++head;
        std::size_t tail = 0;
        while (tail < shorter - head && from[from.size() - 1 - tail] == to[to.size() - 1 - tail]) {
            ++tail;
        }
        for (std::size_t i = head; i < std::max(from.size(), to.size()) - tail; ++i) {
            const std::string where = pointer + '/' + std::to_string(i);
            if (i >= from.size() - tail) {
                add(where, Difference::Kind::added, nullptr, to[i]);
            } else if (i >= to.size() - tail) {
                add(where, Difference::Kind::removed, from[i], nullptr);
            } else {
                compare(where, from[i], to[i]);
            }
        }
    }

    std::optional<Item> item_;
};

std::string_view word_of(Difference::Kind kind) {
    using enum Difference::Kind;
    switch (kind) {
        case added: return "added";
        case removed: return "removed";
        case moved: return "moved";
        case changed: return "changed";
    }
    return "";
}

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
    object json{
        {"pointer", difference.pointer},
        {"change", word_of(difference.kind)},
        {"from", difference.from},
        {"to", difference.to},
        {"item", nullptr},
    };
    if (const auto& item = difference.item) {
        json["item"] = {
            {"pointer", item->pointer},
            {"list", item->list},
            {"key", item->key},
            {"name", item->name},
            {"number", item->number},
        };
    }
    return json;
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
