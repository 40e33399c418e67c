// Source: prometheus.io, "Exposition formats"; OpenMetrics 1.0.0.
#include "io/telemetry/exposition.hpp"

#include "base/text.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <set>

namespace acme::exposition {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

constexpr std::string_view total = "_total";
constexpr std::string_view help = "# HELP ";

void append_value(std::string& out, double value) {
    if (std::isnan(value)) {
        out += "NaN";
    } else if (std::isinf(value)) {
        out += value > 0 ? "+Inf" : "-Inf";
    } else {
        std::array<char, 32> digits{};
        const auto written = std::to_chars(digits.data(), digits.data() + digits.size(), value);
        out.append(digits.data(), written.ptr);
    }
}

/// "1.0", "0.005", "+Inf": an edge is a label, so its spelling is part of the series.
void append_edge(std::string& out, double edge) {
    const std::size_t begin = out.size();
    append_value(out, edge);
    if (out.find_first_not_of("0123456789", begin) == out.npos) out += ".0";
}

void append_escaped(std::string& out, std::string_view text, bool escapes_quotes) {
    for (char c : text) {
        if (c == '\\')
            out += "\\\\";
        else if (c == '\n')
            out += "\\n";
        else if (c == '"' && escapes_quotes)
            out += "\\\"";
        else
            out += c;
    }
}

class Writer {
public:
    Writer(Format format, const FindExample& find)
        : is_open_(format == Format::open_metrics), find_(find) {}

    void family(const MetricFamily& family) {
        if (family.metric.empty()) return;
        head(family);
        for (const ClientMetric& metric : family.metric) {
            if (family.type == MetricType::Histogram) {
                histogram(family, metric);
            } else {
                const bool is_counter = family.type == MetricType::Counter;
                sample(family.name, is_counter && lacks_total(family) ? total : "", metric, "");
                append_value(out_, is_counter ? metric.counter.value : metric.gauge.value);
                out_ += '\n';
            }
        }
    }

    std::string finish() {
        if (is_open_) out_ += "# EOF\n";
        return std::move(out_);
    }

private:
    static bool lacks_total(const MetricFamily& family) { return !family.name.ends_with(total); }

    /// OpenMetrics names a counter without the "_total" that its samples end in.
    void head(const MetricFamily& family) {
        std::string_view name = family.name;
        std::string_view type = "gauge";
        if (family.type == MetricType::Histogram) type = "histogram";
        if (family.type == MetricType::Counter) {
            type = "counter";
            if (is_open_ && name.ends_with(total)) name.remove_suffix(total.size());
        }
        out_.append(help).append(name).append(" ");
        append_escaped(out_, family.help, is_open_);
        out_.append("\n# TYPE ").append(name).append(" ").append(type).append("\n");
    }

    /// The name and the labels, and the blank before the value.
    void sample(
        const std::string& name,
        std::string_view suffix,
        const ClientMetric& metric,
        std::string_view edge
    ) {
        out_.append(name).append(suffix);
        if (!metric.label.empty() || !edge.empty()) {
            char separator = '{';
            for (const auto& label : metric.label) {
                out_ += separator;
                out_.append(label.name).append("=\"");
                append_escaped(out_, label.value, true);
                out_ += '"';
                separator = ',';
            }
            if (!edge.empty()) {
                out_ += separator;
                out_.append("le=\"").append(edge).append("\"");
            }
            out_ += '}';
        }
        out_ += ' ';
    }

    void histogram(const MetricFamily& family, const ClientMetric& metric) {
        std::string edge;
        const auto& buckets = metric.histogram.bucket;
        for (std::size_t i = 0; i < buckets.size(); ++i) {
            edge.clear();
            append_edge(edge, buckets[i].upper_bound);
            sample(family.name, "_bucket", metric, edge);
            append_value(out_, static_cast<double>(buckets[i].cumulative_count));
            if (is_open_) example(find_(family.name, metric, i));
            out_ += '\n';
        }
        sample(family.name, "_sum", metric, "");
        append_value(out_, metric.histogram.sample_sum);
        out_ += '\n';
        sample(family.name, "_count", metric, "");
        append_value(out_, static_cast<double>(metric.histogram.sample_count));
        out_ += '\n';
    }

    void example(const Example* example) {
        if (example == nullptr) return;
        out_ += R"( # {trace_id=")";
        example->trace.append_to(out_);
        out_ += "\"} ";
        append_value(out_, example->value);
        const auto at = example->at.time_since_epoch();
        const auto millis = std::chrono::floor<std::chrono::milliseconds>(at).count() % 1000;
        out_ += ' ';
        append_number(out_, std::chrono::floor<std::chrono::seconds>(at).count());
        out_ += '.';
        out_.append(std::to_string(1000 + millis), 1);
    }

    bool is_open_;
    const FindExample& find_;
    std::string out_;
};

std::string_view trim(std::string_view text) {
    const auto first = text.find_first_not_of(" \t");
    if (first == text.npos) return "";
    return text.substr(first, text.find_last_not_of(" \t") + 1 - first);
}

std::string_view next_part(std::string_view& rest, char separator) {
    const auto end = std::min(rest.find(separator), rest.size());
    const auto part = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return trim(part);
}

/// The q of a choice such as "text/plain;version=0.0.4;q=0.5"; 1 when it has none. The rest of the
/// parameters lands in `version`.
double quality_of(std::string_view choice, std::string_view& name, std::string_view& version) {
    name = next_part(choice, ';');
    version = "";
    double quality = 1;
    while (!choice.empty()) {
        const std::string_view parameter = next_part(choice, ';');
        if (parameter.starts_with("version=")) version = parameter.substr(8);
        if (!parameter.starts_with("q=")) continue;
        const auto digits = parameter.substr(2);
        const auto end = digits.data() + digits.size();
        if (std::from_chars(digits.data(), end, quality).ec != std::errc{}) quality = 0;
    }
    return quality;
}

}  // namespace

std::string_view content_type(Format format) {
    return format == Format::text ? "text/plain; version=0.0.4; charset=utf-8"
                                  : "application/openmetrics-text; version=1.0.0; charset=utf-8";
}

Format choose(std::string_view accept) {
    double text = 0;
    double open = 0;
    while (!accept.empty()) {
        std::string_view name;
        std::string_view version;
        const double quality = quality_of(next_part(accept, ','), name, version);
        if (name == "application/openmetrics-text" && (version.empty() || version == "1.0.0")) {
            open = std::max(open, quality);
        }
        if (name == "text/plain" || name == "text/*" || name == "*/*") {
            text = std::max(text, quality);
        }
    }
    return open > text ? Format::open_metrics : Format::text;
}

bool takes_gzip(std::string_view accept_encoding) {
    std::optional<double> gzip;
    std::optional<double> any;
    while (!accept_encoding.empty()) {
        std::string_view name;
        std::string_view version;
        const double quality = quality_of(next_part(accept_encoding, ','), name, version);
        if (name == "gzip" || name == "x-gzip") gzip = quality;
        if (name == "*") any = quality;
    }
    return gzip.value_or(any.value_or(0)) > 0;
}

std::string write(
    const std::vector<MetricFamily>& families, Format format, const FindExample& find
) {
    Writer writer(format, find);
    for (const MetricFamily& family : families) writer.family(family);
    return writer.finish();
}

std::string keep(std::string_view text, std::string_view names) {
    std::set<std::string_view> wanted;
    while (!names.empty()) wanted.insert(next_part(names, ','));
    std::string kept;
    bool keeps = false;
    while (!text.empty()) {
        const std::string_view line =
            text.substr(0, std::min(text.find('\n'), text.size() - 1) + 1);
        text.remove_prefix(line.size());
        if (line.starts_with(help)) {
            const std::string_view rest = line.substr(help.size());
            keeps = wanted.contains(rest.substr(0, rest.find(' ')));
        }
        if (keeps) kept += line;
    }
    return kept;
}

}  // namespace acme::exposition
