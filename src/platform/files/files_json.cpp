#include "platform/files/files_json.hpp"

#include "io/http/time.hpp"

namespace acme::files {

const char* const file_schema = R"json({
    "type": "object",
    "required": ["id", "name", "size", "content_type", "sha256", "created_at"],
    "additionalProperties": false,
    "properties": {
        "id": {"type": "string", "pattern": "^fil_[0-9a-z]{26}$"},
        "name": {"type": "string", "minLength": 1, "maxLength": 255},
        "size": {"type": "integer", "minimum": 0, "description": "In bytes."},
        "content_type": {
            "type": "string",
            "description": "What the first bytes say, where they say something."
        },
        "sha256": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
        "created_at": {"type": "string", "format": "date-time"}
    }
})json";

boost::json::object to_json(const File& file) {
    return {
        {"id", file.id.str()},
        {"name", file.name},
        {"size", file.bytes},
        {"content_type", file.content_type},
        {"sha256", file.sha256},
        {"created_at", http::to_json(file.created_at)},
    };
}

}  // namespace acme::files
