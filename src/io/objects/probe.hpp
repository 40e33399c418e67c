#pragma once

/// What both drivers do alike. Private to io/objects.

#include "io/objects/store.hpp"

namespace prometheus {
class Histogram;
}

namespace acme {
struct Telemetry;
}

namespace acme::objects {

/// Throws std::invalid_argument for what is no key.
void expect_key(std::string_view key);

std::unexpected<Error> not_found();
std::unexpected<Error> parts_mismatch();

/// The store under test is its own judge: what was put is read, listed and removed.
Task<Result<>> probe_store(Store& store, trace::Context context, std::string key);

/// MET-8: s3_upload_duration_seconds{operation}.
prometheus::Histogram& upload_seconds(Telemetry& telemetry, std::string operation);

}  // namespace acme::objects
