#pragma once

/// The fields of a JSON object, taken out one by one; all that is wrong is told at once, each with
/// its pointer. For .cpp files, like json.hpp.

#include "base/result.hpp"

#include <boost/json/object.hpp>

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace acme::http {

/// In characters (code points), both ends included.
struct Length {
    std::size_t least = 0;
    std::size_t most = 0;
};

struct Between {
    std::int64_t least = 0;
    std::int64_t most = 0;
};

/// ```
/// Fields fields(ACME_TRY(co_await http::json_object(call.request)));
/// const auto email = fields.text("email", {3, 254});
/// const auto role = fields.optional_choice("role", {"member", "admin"});
/// ACME_TRY(fields.finish());
/// ```
/// What a reader returns means something only when finish() is good. A field that an optional_
/// reader takes may be absent or null.
class Fields {
public:
    using Words = std::initializer_list<std::string_view>;

    /// `pointer` is where the object stands in the body: "" for the whole, "/items/0".
    explicit Fields(boost::json::object object, std::string pointer = "");

    /// Without the character U+0000, which PostgreSQL cannot keep.
    std::string text(std::string_view key, Length length);
    std::optional<std::string> optional_text(std::string_view key, Length length);

    std::int64_t integer(std::string_view key, Between range);
    std::optional<std::int64_t> optional_integer(std::string_view key, Between range);

    bool boolean(std::string_view key);
    std::optional<bool> optional_boolean(std::string_view key);

    /// One of `words`.
    std::string choice(std::string_view key, Words words);
    std::optional<std::string> optional_choice(std::string_view key, Words words);

    /// Any JSON; nullptr when it is absent.
    const boost::json::value* any(std::string_view key);

    bool has(std::string_view key) const { return object_.contains(key); }

    /// A rule that no reader knows: `code` is "room.reason", `detail` says what was expected.
    void complain(std::string_view key, std::string_view code, std::string detail);

    /// Errors: http.fields_invalid (invalid) with all complaints, also about fields that nobody
    /// took (http.field_unknown).
    Result<> finish();

private:
    static constexpr std::size_t complaints_max = 64;

    const boost::json::value* take(std::string_view key);
    const boost::json::value* take_required(std::string_view key);
    std::string text_in(std::string_view key, const boost::json::value& value, Length length);
    std::int64_t integer_in(std::string_view key, const boost::json::value& value, Between range);
    bool boolean_in(std::string_view key, const boost::json::value& value);
    std::string choice_in(std::string_view key, const boost::json::value& value, Words words);

    boost::json::object object_;
    std::string pointer_;
    std::set<std::string_view> taken_;  // literals of the caller
    std::vector<FieldError> complaints_;
};

}  // namespace acme::http
