#pragma once

/// What can be told, and what each payload looks like.

#include <span>
#include <string_view>

namespace acme::happenings {

/// All are literals. `schema` is JSON Schema 2020-12 of what stands under "data", `example` one of
/// them.
struct Type {
    std::string_view name;  // "file.ready", on the wire
    std::string_view about;
    std::string_view schema;
    std::string_view example;
};

/// In the order in which people are shown them.
std::span<const Type> types();

/// nullptr for what is none.
const Type* find_type(std::string_view name);

/// Is sent when somebody asks for a test, and cannot be subscribed to.
inline constexpr std::string_view test_type = "webhook.test";

}  // namespace acme::happenings
