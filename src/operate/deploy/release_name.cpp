#include "operate/deploy/release_name.hpp"

#include <algorithm>

namespace acme::deploy {
namespace {

constexpr std::size_t shown_max = 10;

std::vector<FieldError> listed(const std::vector<Stored>& stored, ErrorCode code) {
    std::vector<FieldError> fields;
    for (const Stored& one : stored) {
        if (fields.size() == shown_max) break;
        const std::string detail =
            to_rfc3339(one.added_at).substr(0, 19) + "Z" + (one.is_good ? ", good" : "");
        fields.push_back({one.id, std::string(code.text()), detail});
    }
    return fields;
}

}  // namespace

std::unexpected<Error> refuse_with(
    ErrorKind kind, ErrorCode code, std::string message, const std::vector<Stored>& stored
) {
    return std::unexpected(Error{
        .kind = kind, .code = code, .message = std::move(message), .fields = listed(stored, code)
    });
}

Result<std::string> release_named(const std::vector<Stored>& stored, std::string_view name) {
    std::vector<Stored> found;
    for (const Stored& one : stored) {
        if (one.id == name) return one.id;
        if (one.id.starts_with(name)) found.push_back(one);
    }
    if (name.size() < prefix_bytes_min) {
        return refuse(
            ErrorKind::invalid,
            "deploy.short_release",
            "A release is named by 7 characters or more."
        );
    }
    if (found.size() == 1) return found.front().id;
    if (found.empty()) {
        return refuse_with(
            ErrorKind::not_found,
            "deploy.unknown_release",
            "The machines have no such release. These are there:",
            stored
        );
    }
    return refuse_with(
        ErrorKind::conflict, "deploy.ambiguous_release", "More than one begins so:", found
    );
}

Result<std::string> return_named(
    const std::vector<Stored>& stored, std::string_view name, bool is_forced
) {
    std::vector<Stored> good;
    std::ranges::copy_if(stored, std::back_inserter(good), &Stored::is_good);
    const auto found = release_named(stored, name);
    if (!found && found.error().code == ErrorCode("deploy.unknown_release")) {
        return refuse_with(
            ErrorKind::not_found,
            "deploy.unknown_release",
            "The machines have no such release. One can return to:",
            good
        );
    }
    if (!found || is_forced) return found;
    if (std::ranges::find(good, *found, &Stored::id) != good.end()) return found;
    return refuse_with(
        ErrorKind::conflict,
        "rollback.not_good",
        "That release never was good here; --force with --reason takes it all the same. Good were:",
        good
    );
}

}  // namespace acme::deploy
