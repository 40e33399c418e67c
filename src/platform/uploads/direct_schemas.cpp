#include "platform/uploads/direct_schemas.hpp"

#include "io/http/time.hpp"

namespace acme::uploads {
namespace {

constexpr http::Schema new_schema{"NewDirectUpload", R"({
  "type": "object",
  "required": ["name", "size"],
  "additionalProperties": false,
  "properties": {
    "name": {"type": "string", "minLength": 1, "maxLength": 255},
    "size": {"type": "integer", "minimum": 0, "description": "In bytes."},
    "type": {"type": ["string", "null"], "maxLength": 255},
    "sha256": {
      "type": ["string", "null"],
      "pattern": "^[0-9a-f]{64}$",
      "description": "What it has to be; what is something else never becomes a file."
    }
  }
})"};

constexpr http::Schema upload_schema{"DirectUpload", R"({
  "type": "object",
  "required": [
    "upload_id", "file_id", "state", "reason", "name", "size", "part_size", "part_count",
    "expires_at"
  ],
  "additionalProperties": false,
  "properties": {
    "upload_id": {"type": "string", "pattern": "^upl_[0-9a-z]{26}$"},
    "file_id": {
      "type": "string",
      "pattern": "^fil_[0-9a-z]{26}$",
      "description": "The file that it becomes, there from `ready` on."
    },
    "state": {"type": "string", "enum": ["open", "checking", "ready", "failed"]},
    "reason": {
      "type": ["string", "null"],
      "description": "Why it failed: uploads.checksum_mismatch, uploads.size_mismatch, uploads.removed or uploads.expired."
    },
    "name": {"type": "string"},
    "size": {"type": "integer", "minimum": 0},
    "part_size": {"type": "integer", "minimum": 1, "description": "Of each part but the last."},
    "part_count": {"type": "integer", "minimum": 0},
    "expires_at": {
      "type": "string",
      "format": "date-time",
      "description": "Later with each page of addresses."
    },
    "parts": {"type": "array", "items": {"$ref": "#/components/schemas/DirectPart"}}
  }
})"};

constexpr http::Schema part_schema{"DirectPart", R"({
  "type": "object",
  "required": ["n", "size", "url", "headers"],
  "additionalProperties": false,
  "properties": {
    "n": {"type": "integer", "minimum": 1},
    "size": {"type": "integer", "minimum": 1, "description": "The length is signed."},
    "url": {
      "type": "string",
      "format": "uri",
      "description": "Where the part goes by PUT, for a quarter of an hour; the answer's ETag may be told when the upload is completed."
    },
    "headers": {
      "type": "object",
      "additionalProperties": {"type": "string"},
      "description": "To be sent as they are: they are signed."
    }
  }
})"};

constexpr http::Schema parts_schema{"DirectParts", R"({
  "type": "object",
  "required": ["data", "next_from"],
  "additionalProperties": false,
  "properties": {
    "data": {"type": "array", "items": {"$ref": "#/components/schemas/DirectPart"}},
    "next_from": {"type": ["integer", "null"]}
  }
})"};

constexpr http::Schema completion_schema{"DirectCompletion", R"({
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "parts": {
      "type": ["array", "null"],
      "description": "All of them, with the ETags that say which bytes are meant. Without it the parts are taken as the store has them: it is asked for their lengths, and `sha256` says what they have to be.",
      "maxItems": 10240,
      "items": {
        "type": "object",
        "required": ["n", "etag"],
        "additionalProperties": false,
        "properties": {
          "n": {"type": "integer", "minimum": 1},
          "etag": {"type": "string", "minLength": 1, "maxLength": 128}
        }
      }
    }
  }
})"};

std::string_view name_of(Stage stage) {
    switch (stage) {
        case Stage::open: return "open";
        case Stage::checking: return "checking";
        case Stage::ready: return "ready";
        case Stage::failed: break;
    }
    return "failed";
}

}  // namespace

boost::json::object to_json(const Direct& direct) {
    boost::json::value reason;
    if (!direct.reason.empty()) reason = direct.reason;
    return {
        {"upload_id", direct.id.str()},
        {"file_id", direct.file.str()},
        {"state", name_of(direct.stage)},
        {"reason", std::move(reason)},
        {"name", direct.name},
        {"size", direct.bytes},
        {"part_size", direct.part_bytes},
        {"part_count", direct.parts()},
        {"expires_at", http::to_json(direct.expires_at)},
    };
}

boost::json::array to_json(const std::vector<PartAddress>& addresses) {
    boost::json::array all;
    for (const PartAddress& one : addresses) {
        all.push_back(boost::json::object{
            {"n", one.number},
            {"size", one.bytes},
            {"url", one.url},
            {"headers", {{"Content-Type", objects::part_type}}},
        });
    }
    return all;
}

void add_direct_schemas(http::Router& router) {
    for (const auto& schema :
         {new_schema, upload_schema, part_schema, parts_schema, completion_schema}) {
        router.add_schema(schema);
    }
}

}  // namespace acme::uploads
