#pragma once

/// Traces: what one request did, and how long each part took.
///
/// Every request writes its spans into a Trace of its own, sampled or not, because whether it will
/// be kept is known only when the answer is: normal requests are kept by a share of their ids (the
/// same share in every process), failed ones always. A Context is the place in that trace at which
/// the work at hand stands; it is the first parameter of everything that may wait.
///
/// Source: W3C Trace Context level 2; OpenTelemetry, "TraceState: Probability Sampling".

#include "base/clock.hpp"
#include "base/random.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace acme::trace {

struct TraceId {
    std::uint64_t high = 0;
    std::uint64_t low = 0;

    bool is_valid() const { return (high | low) != 0; }
    void append_to(std::string& out) const;  // 32 hex digits
    friend bool operator==(TraceId, TraceId) = default;
};

enum class SpanId : std::uint64_t { none = 0 };

/// What another process said about the work it asks for.
struct Parent {
    TraceId trace;
    SpanId span = SpanId::none;
    bool is_sampled = false;
};

/// nullopt for a header that the standard calls invalid; the trace then starts here.
std::optional<Parent> parse_traceparent(std::string_view header);

enum class SpanKind : std::uint8_t {
    internal = 1,
    server = 2,
    client = 3
};  // as OTLP numbers them

struct Attribute {
    std::string_view key;  // a literal
    std::variant<std::int64_t, std::string> value;
    std::uint32_t span;  // index in Trace::spans()
};

struct SpanRecord {
    std::string_view name;  // a literal, or the name of a route: it outlives every export
    SpanKind kind;
    SpanId id;
    SpanId parent;
    std::chrono::nanoseconds start;  // since the trace began
    std::chrono::nanoseconds duration;
    bool has_failed;
};

class Trace;

/// Copied freely; valid while the Trace is.
struct Context {
    Trace* trace = nullptr;
    SpanId span = SpanId::none;

    std::string traceparent() const;  // for a request to another process
};

class Trace {
public:
    Trace(const Clock& clock, Random& random) : clock_(&clock), random_(&random) {}

    /// Starts over and keeps the memory. `keep_share` is 0 to 1, of traces that begin here.
    Context begin(const std::optional<Parent>& parent, double keep_share);

    TraceId id() const { return id_; }

    /// What every log line of this work carries beside the trace's id; "" for none. begin() clears
    /// them.
    std::string request_id;
    std::string user_id;

    bool is_sampled() const { return is_sampled_; }
    bool is_worth_keeping() const { return is_sampled_ || has_failed_; }
    WallTime began_at() const { return began_at_; }
    const std::vector<SpanRecord>& spans() const { return spans_; }
    const std::vector<Attribute>& attributes() const { return attributes_; }

private:
    friend class Span;

    const Clock* clock_;  // pointers, so that a trace can be moved out of its connection
    Random* random_;
    TraceId id_;
    bool is_sampled_ = false;
    bool has_failed_ = false;
    WallTime began_at_;
    SteadyTime began_;
    std::vector<SpanRecord> spans_;
    std::vector<Attribute> attributes_;
};

/// A request that loops must not fill the memory with spans; later ones are not recorded.
inline constexpr std::size_t spans_per_trace_max = 128;

/// One part of the work: begins when made, ends when destroyed.
class Span {
public:
    Span(Context context, std::string_view name, SpanKind kind);
    ~Span();
    Span(const Span&) = delete;
    Span& operator=(const Span&) = delete;

    Context context() const { return {trace_, id_}; }
    void rename(std::string_view name);
    void set(std::string_view key, std::int64_t value);
    void set(std::string_view key, std::string_view value);
    void fail();  // the trace is then kept, whatever was sampled

private:
    bool is_recorded() const { return index_ < spans_per_trace_max; }

    Trace* trace_;
    std::size_t index_;
    SpanId id_;
};

}  // namespace acme::trace
