#pragma once

/// What an Unleash server says, read as its SDKs read it: a field that is absent, null or of
/// another type is an empty one. For .cpp files, as Boost.JSON is.

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace acme::unleash {

/// "" when there is none; numbers and booleans as text.
std::string text_in(const boost::json::object& object, std::string_view key);

/// Empty when there is none.
const boost::json::array& array_in(const boost::json::object& object, std::string_view key);
const boost::json::object& object_in(const boost::json::object& object, std::string_view key);

bool is_true(const boost::json::object& object, std::string_view key);
bool is_false(const boost::json::object& object, std::string_view key);

/// The whole of `text`, blanks around it apart, as JavaScript's Number() has it for decimals.
std::optional<double> decimal_in(std::string_view text);

/// A number as short as it can be written: "1.2", "25".
std::string decimal_text(double number);

/// Without blanks at both ends.
std::string_view trimmed(std::string_view text);

/// The parts of "a, b,c", trimmed; none that is empty.
std::vector<std::string> listed(std::string_view text);

}  // namespace acme::unleash
