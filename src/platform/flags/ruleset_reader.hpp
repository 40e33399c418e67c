#pragma once

/// JSON objects, read member by member, and what is wrong with their shape. For ruleset_parse.cpp.

#include "base/json_pointer.hpp"
#include "platform/flags/ruleset.hpp"

#include <boost/json/array.hpp>

#include <algorithm>
#include <set>

namespace acme::flags {

class Problems {
public:
    void add(std::string pointer, std::string code, std::string detail) {
        if (list_.size() >= problems_max) return;
        list_.push_back({std::move(pointer), std::move(code), std::move(detail)});
    }

    /// What the checks say of a value that had not even its shape says nothing new.
    std::vector<FieldError> with(std::vector<FieldError> checks) && {
        const std::size_t shapes = list_.size();
        for (FieldError& check : checks) {
            const auto covers = [&](const FieldError& shape) {
                const bool is_inside = check.pointer.starts_with(shape.pointer + "/");
                return check.pointer == shape.pointer || is_inside;
            };
            const auto end = list_.begin() + static_cast<std::ptrdiff_t>(shapes);
            if (std::none_of(list_.begin(), end, covers)) list_.push_back(std::move(check));
        }
        return std::move(list_);
    }

private:
    static constexpr std::size_t problems_max = 1'000;

    std::vector<FieldError> list_;
};

/// An object that is read member by member; those that nobody asked for are problems.
class Reader {
public:
    Reader(const boost::json::object& object, std::string pointer, Problems& problems)
        : object_(object), pointer_(std::move(pointer)), problems_(problems) {}

    ~Reader() {
        for (const auto& member : object_) {
            if (!asked_.contains(std::string_view(member.key()))) {
                problems_.add(at(member.key()), "flags.member", "This member is not known here.");
            }
        }
    }
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;

    std::string at(std::string_view name) const { return pointer_ + "/" + reference_token(name); }
    Problems& problems() { return problems_; }

    /// Null is as if absent.
    const boost::json::value* find(std::string_view name) {
        asked_.insert(name);
        const boost::json::value* const value = object_.if_contains(name);
        return value == nullptr || value->is_null() ? nullptr : value;
    }

    const boost::json::value* find_any(std::string_view name) {
        asked_.insert(name);
        return object_.if_contains(name);
    }

    void text(std::string_view name, std::string& out) {
        const boost::json::value* const value = find(name);
        if (value == nullptr) return;
        if (!value->is_string()) return wrong(at(name), "a text");
        out = value->get_string();
    }

    void boolean(std::string_view name, bool& out) {
        const boost::json::value* const value = find(name);
        if (value == nullptr) return;
        if (!value->is_bool()) return wrong(at(name), "true or false");
        out = value->get_bool();
    }

    template <class Number>
    void number(std::string_view name, Number& out) {
        if (const boost::json::value* const value = find(name)) whole_number(*value, at(name), out);
    }

    template <class Number>
    void number(std::string_view name, std::optional<Number>& out) {
        if (find(name) == nullptr) return;
        number(name, out.emplace());
    }

    void texts(std::string_view name, std::vector<std::string>& out) {
        each(name, [&](const boost::json::value& value, const std::string& pointer) {
            if (value.is_string())
                out.emplace_back(value.get_string());
            else
                wrong(pointer, "a text");
        });
    }

    /// Calls `read(value, pointer)` for each of a list.
    template <class Read>
    void each(std::string_view name, Read read) {
        const boost::json::value* const value = find(name);
        if (value == nullptr) return;
        if (!value->is_array()) return wrong(at(name), "a list");
        std::size_t index = 0;
        for (const boost::json::value& one : value->get_array()) {
            read(one, at(name) + "/" + std::to_string(index++));
        }
    }

    /// A list of objects, each as `parse(Reader&)` makes it.
    template <class T>
    void objects(std::string_view name, std::vector<T>& out, T (*parse)(Reader&)) {
        out.clear();
        each(name, [&](const boost::json::value& value, const std::string& pointer) {
            out.emplace_back();
            if (!value.is_object()) return wrong(pointer, "an object");
            Reader inner(value.get_object(), pointer, problems_);
            out.back() = parse(inner);
        });
    }

    void wrong(std::string pointer, std::string_view wanted) {
        problems_.add(
            std::move(pointer), "flags.type", "This must be " + std::string(wanted) + "."
        );
    }

private:
    template <class Number>
    void whole_number(const boost::json::value& value, const std::string& pointer, Number& out) {
        boost::system::error_code error;
        const auto number = value.to_number<Number>(error);
        if (error) return wrong(pointer, "a whole number from 0");
        out = number;
    }

    const boost::json::object& object_;
    std::string pointer_;
    Problems& problems_;
    std::set<std::string_view> asked_;
};

}  // namespace acme::flags
