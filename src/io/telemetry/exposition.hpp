#pragma once

/// How metrics are written: the text format of Prometheus 0.0.4, and OpenMetrics 1.0.0.
///
/// Edges read "1.0" in both, as OpenMetrics asks, so that a series keeps its name whichever format
/// is scraped.

#include "base/clock.hpp"
#include "io/telemetry/propagation.hpp"

#include <prometheus/metric_family.h>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace acme::exposition {

enum class Format : std::uint8_t { text, open_metrics };

std::string_view content_type(Format format);

/// The format with the higher q of those that the header takes; text where they are equal or
/// neither is named. Source: RFC 9110, 12.5.1.
Format choose(std::string_view accept);

bool takes_gzip(std::string_view accept_encoding);

/// A trace that fell into a bucket.
struct Example {
    double value;
    trace::TraceId trace;
    WallTime at;
};

/// The example of a histogram's bucket, or null.
using FindExample = std::function<const Example*(
    const std::string& family, const prometheus::ClientMetric& metric, std::size_t bucket
)>;

std::string write(
    const std::vector<prometheus::MetricFamily>& families, Format format, const FindExample& find
);

/// The lines of `text`, as write() made it, of the families in `names`: "a,b,c".
std::string keep(std::string_view text, std::string_view names);

}  // namespace acme::exposition
