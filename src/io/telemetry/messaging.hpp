#pragma once

/// Spans of messages: what is handed over by one process and done by another, later. Of a consumer
/// the parent is the span that made its message; it is exported as a link too, and so is what
/// follows from the kind (messaging.system, messaging.operation.*).
///
/// Names: "job.enqueue" of a producer, the kind of the job of a consumer.
///
/// Source: OpenTelemetry, "Semantic conventions for messaging spans".

#include "io/telemetry/trace.hpp"

namespace acme::trace {

inline constexpr SpanKind producer{4};  // as OTLP numbers them
inline constexpr SpanKind consumer{5};

// Keys of attributes.
inline constexpr std::string_view message_destination = "messaging.destination.name";
inline constexpr std::string_view message_id = "messaging.message.id";
inline constexpr std::string_view message_count = "messaging.batch.message_count";

}  // namespace acme::trace
