#include "platform/happenings/types.hpp"

#include <algorithm>
#include <array>

namespace acme::happenings {
namespace {

constexpr std::string_view file_schema = R"json({
  "type": "object",
  "required": ["id", "name", "size", "content_type", "sha256", "created_at"],
  "properties": {
    "id": {"type": "string"},
    "name": {"type": "string"},
    "size": {"type": "integer", "minimum": 0, "description": "In bytes."},
    "content_type": {"type": "string"},
    "sha256": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
    "created_at": {"type": "string", "format": "date-time"}
  }
})json";

constexpr std::string_view file_example = R"json({
  "id": "fil_01jd7m3kt5f9a8q2w4e6r8t0y1",
  "name": "report.pdf",
  "size": 48211,
  "content_type": "application/pdf",
  "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
  "created_at": "2026-11-23T10:00:00.123Z"
})json";

constexpr std::string_view member_schema = R"json({
  "type": "object",
  "required": ["user", "role"],
  "properties": {
    "user": {"type": "string"},
    "role": {"type": "string", "enum": ["member", "admin", "owner"]}
  }
})json";

constexpr std::string_view member_example = R"json({
  "user": "usr_01jd7m3kt5f9a8q2w4e6r8t0y1",
  "role": "member"
})json";

constexpr std::string_view role_schema = R"json({
  "type": "object",
  "required": ["user", "role", "role_before"],
  "properties": {
    "user": {"type": "string"},
    "role": {"type": "string", "enum": ["member", "admin", "owner"]},
    "role_before": {"type": "string", "enum": ["member", "admin", "owner"]}
  }
})json";

constexpr std::string_view role_example = R"json({
  "user": "usr_01jd7m3kt5f9a8q2w4e6r8t0y1",
  "role": "admin",
  "role_before": "member"
})json";

constexpr std::string_view invitation_schema = R"json({
  "type": "object",
  "required": ["id", "email", "role"],
  "properties": {
    "id": {"type": "string"},
    "email": {"type": "string"},
    "role": {"type": "string", "enum": ["member", "admin", "owner"]}
  }
})json";

constexpr std::string_view invitation_example = R"json({
  "id": "inv_01jd7m3kt5f9a8q2w4e6r8t0y1",
  "email": "ada@example.com",
  "role": "member"
})json";

constexpr std::array all_types{
    Type{
        "file.ready",
        "A file was uploaded and can be downloaded.",
        file_schema,
        file_example,
    },
    Type{
        "file.deleted",
        "A file was deleted.",
        file_schema,
        file_example,
    },
    Type{
        "member.joined",
        "Somebody became a member of the organization.",
        member_schema,
        member_example,
    },
    Type{
        "member.role_changed",
        "A member has another role.",
        role_schema,
        role_example,
    },
    Type{
        "member.removed",
        "A member was removed, or left.",
        member_schema,
        member_example,
    },
    Type{
        "invitation.created",
        "Somebody was invited.",
        invitation_schema,
        invitation_example,
    },
    Type{
        "invitation.withdrawn",
        "An invitation was withdrawn.",
        invitation_schema,
        invitation_example,
    },
};

}  // namespace

std::span<const Type> types() { return all_types; }

const Type* find_type(std::string_view name) {
    const auto found = std::ranges::find(all_types, name, &Type::name);
    return found == all_types.end() ? nullptr : &*found;
}

}  // namespace acme::happenings
