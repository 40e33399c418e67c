#pragma once

/// A document of flags, taken apart. Private to platform/flag_settings.

#include "platform/flag_settings/exchange.hpp"
#include "platform/flag_settings/segment_rows.hpp"

namespace acme::flag_settings {

/// Facts and targeting of one flag; `has_salt` when the document names one.
struct FlagRead {
    Flag flag;
    bool has_salt = false;
};

struct SegmentRead {
    Segment segment;
    std::optional<std::vector<Member>> members;  // none: they are not in the document
};

struct DocumentRead {
    std::vector<FlagRead> flags;
    std::vector<SegmentRead> segments;
    std::vector<std::string> warnings;
};

/// Errors: flags.invalid (invalid) with all that is wrong, each with its pointer.
Result<DocumentRead> read_document(boost::json::object document);

}  // namespace acme::flag_settings
