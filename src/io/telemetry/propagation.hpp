#pragma once

/// How a trace passes from process to process: the headers traceparent and tracestate.
///
/// Source: W3C Trace Context level 2; OpenTelemetry, "TraceState: Probability Sampling" (ot=th:).

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace acme::trace {

struct TraceId {
    std::uint64_t high = 0;
    std::uint64_t low = 0;

    bool is_valid() const { return (high | low) != 0; }
    void append_to(std::string& out) const;  // 32 hex digits
    friend bool operator==(TraceId, TraceId) = default;
};

/// nullopt for anything but 32 lower-case hex digits, and for zero.
std::optional<TraceId> parse_trace_id(std::string_view text);

enum class SpanId : std::uint64_t { none = 0 };

/// What another process said about the work it asks for.
struct Parent {
    TraceId trace;
    SpanId span = SpanId::none;
    bool is_sampled = false;
    bool is_random = false;       // the last 56 bits of the trace's id are
    std::string tracestate = {};  // valid, at most 32 members; "" for none
};

/// Nullopt for a header that the standard calls invalid; the trace then starts here.
std::optional<Parent> parse_traceparent(std::string_view header);

/// The members of a tracestate header in one spelling; "" for one that breaks the standard, which
/// says to drop it as a whole. Several headers are joined with commas first.
std::string clean_tracestate(std::string_view header);

/// `tracestate` with `ot=…;th:<threshold>` as its first member, and at most 32 members; without any
/// "th" for "". What others wrote into "ot" stays.
std::string with_threshold(std::string_view tracestate, std::string_view threshold);

/// The 56 bits that decide: "rv" of the tracestate when a peer gave it, else the id's last ones.
std::uint64_t randomness_of(TraceId id, std::string_view tracestate);

/// A share of traces to keep, as the least randomness of those that are. Four digits of precision,
/// which is what is written into the tracestate: "e666" for a tenth.
class Threshold {
public:
    explicit Threshold(double share);

    bool takes(std::uint64_t randomness) const { return least_ && randomness >= *least_; }
    const std::string& text() const { return text_; }  // hex without its last zeros; "0" for all

private:
    std::optional<std::uint64_t> least_;  // none: nothing is kept
    std::string text_;
};

bool is_header(std::string_view name, std::string_view lower_case_name);

/// The parent that the headers of a request name. Two traceparent headers are none: the trace then
/// starts here. `headers` are a list of what has `name` and `value`.
template <class Headers>
std::optional<Parent> read_parent(const Headers& headers) {
    std::string_view traceparent;
    std::string tracestate;
    int count = 0;
    for (const auto& header : headers) {
        if (is_header(header.name, "traceparent")) {
            traceparent = header.value;
            ++count;
        } else if (is_header(header.name, "tracestate")) {
            if (!tracestate.empty()) tracestate += ',';
            tracestate += header.value;
        }
    }
    if (count != 1) return std::nullopt;
    auto parent = parse_traceparent(traceparent);
    if (parent && !tracestate.empty()) parent->tracestate = clean_tracestate(tracestate);
    return parent;
}

}  // namespace acme::trace
