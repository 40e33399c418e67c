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

const char* const usage_schema = R"json({
    "type": "object",
    "required": ["bytes_used", "bytes_reserved", "bytes_max", "files"],
    "additionalProperties": false,
    "properties": {
        "bytes_used": {"type": "integer", "minimum": 0, "description": "By files."},
        "bytes_reserved": {
            "type": "integer",
            "minimum": 0,
            "description": "By uploads that go on: what they may still take."
        },
        "bytes_max": {
            "type": ["integer", "null"],
            "description": "Of both together; null: there is no limit."
        },
        "files": {"type": "integer", "minimum": 0}
    }
})json";

boost::json::object to_json(const Usage& usage) {
    boost::json::object json{
        {"bytes_used", usage.bytes_used},
        {"bytes_reserved", usage.bytes_reserved},
        {"bytes_max", nullptr},
        {"files", usage.files},
    };
    if (usage.bytes_max) json["bytes_max"] = *usage.bytes_max;
    return json;
}

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
