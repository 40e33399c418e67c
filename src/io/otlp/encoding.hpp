#pragma once

/// Traces as OTLP's messages. Source: opentelemetry-proto 1.x, trace/v1/trace.proto and
/// collector/trace/v1/trace_service.proto.

#include "io/otlp/pairs.hpp"
#include "io/telemetry/trace.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace acme::otlp {

/// Who sends, by OpenTelemetry's semantic conventions; "" leaves an attribute out.
struct Resource {
    std::string service = "acme";  // OTEL_SERVICE_NAME
    std::string release = "";
    std::string node = "";
    std::string environment = "";
    std::vector<Pair> attributes = {};  // OTEL_RESOURCE_ATTRIBUTES
};

/// The spans of one trace, as fields of a ScopeSpans; attributes have passed the filter for
/// secrets. Such texts put together are those of several traces.
std::string encode_spans(const trace::Trace& trace);

/// The body of POST /v1/traces.
std::string encode_request(const Resource& resource, std::string_view spans);

/// How many spans the collector says it refused, in the body of an answer with status 200.
std::uint64_t rejected_spans(std::string_view answer);

}  // namespace acme::otlp
