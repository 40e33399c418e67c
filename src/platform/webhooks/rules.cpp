#include "platform/webhooks/rules.hpp"

#include "base/one_line.hpp"
#include "platform/happenings/types.hpp"

#include <algorithm>

namespace acme::webhooks {

void add_type_problems(const std::vector<std::string>& types, std::vector<FieldError>& problems) {
    for (std::size_t i = 0; i < types.size(); ++i) {
        if (types[i] == all_types || happenings::find_type(types[i]) != nullptr) continue;
        problems.push_back({
            "/event_types/" + std::to_string(i),
            "webhooks.type_unknown",
            "must be a type of event such as file.ready, or *; see /v1/webhooks/event_types",
        });
    }
    if (types.empty() || types.size() > types_max) {
        problems.push_back(
            {"/event_types", "webhooks.type_unknown", "must name 1 to 32 types of events, or *"}
        );
    }
}

void add_description_problems(std::string_view text, std::vector<FieldError>& problems) {
    if (is_one_line(text) && chars_in(text) <= description_chars_max) return;
    problems.push_back(
        {"/description", "webhooks.description_malformed", "must be one line of 200 characters"}
    );
}

std::string joined(std::vector<std::string> types) {
    if (std::ranges::count(types, all_types) > 0) return std::string(all_types);
    std::ranges::sort(types);
    types.erase(std::ranges::unique(types).begin(), types.end());
    std::string text;
    for (const std::string& type : types) text.append(text.empty() ? "" : " ").append(type);
    return text;
}

std::vector<std::string> apart(std::string_view types) {
    std::vector<std::string> list;
    while (!types.empty()) {
        const auto blank = std::min(types.find(' '), types.size());
        list.emplace_back(types.substr(0, blank));
        types.remove_prefix(std::min(blank + 1, types.size()));
    }
    return list;
}

bool wants(std::string_view types, std::string_view type) {
    return types == all_types || std::ranges::count(apart(types), type) > 0;
}

std::unexpected<Error> invalid(std::vector<FieldError> problems) {
    return std::unexpected(Error{
        .kind = ErrorKind::invalid,
        .code = "webhooks.invalid",
        .message = "The webhook cannot be set up so.",
        .fields = std::move(problems),
    });
}

}  // namespace acme::webhooks
