#pragma once

/// An evaluation as Unleash's SDKs answer it. For .cpp files.

#include "platform/flags/evaluate.hpp"

#include <boost/json/object.hpp>

#include <memory>
#include <string_view>

namespace acme::unleash {

/// Sets what an Unleash context has: userId, sessionId, currentTime and the others, and all of
/// `properties`. What is neither text, number nor boolean is left out.
void set_context(flags::Subject& subject, const boost::json::object& context);

/// Whether the feature is on: it serves something, and that is not "off".
bool is_feature_on(
    const flags::Snapshot& snapshot, std::uint32_t flag, flags::Evaluation evaluation
);

/// {"name", "payload"?, "enabled", "feature_enabled"}, as getVariant() has it.
boost::json::object to_variant(
    const flags::Snapshot& snapshot, std::uint32_t flag, flags::Evaluation evaluation
);

}  // namespace acme::unleash
