#pragma once

/// Traces: what one request did, and how long each part took.
///
/// Every request writes its spans into a Trace of its own, sampled or not, because whether it will
/// be kept is known only when the answer is: normal requests are kept by a share of their ids (the
/// same share in every process), those that failed or took longer than slow_min always. A Context
/// is the place in that trace at which the work at hand stands; it is the first parameter of
/// everything that may wait.
///
/// Source: W3C Trace Context level 2; OpenTelemetry, "TraceState: Probability Sampling".

#include "base/clock.hpp"
#include "base/random.hpp"
#include "io/telemetry/propagation.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace acme::trace {

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
    std::string tracestate() const;   // goes along with it; "" for none
};

/// Whether the peer's word on sampling counts (TRC-2). Our own processes are trusted, and so is
/// what we stored ourselves; of a foreign peer only the ids are taken over.
enum class Peer : std::uint8_t { foreign, trusted };

/// A request that took longer is kept whole.
inline constexpr std::chrono::seconds slow_min{2};

class Trace {
public:
    Trace(const Clock& clock, Random& random) : clock_(&clock), random_(&random) {}

    /// Starts over and keeps the memory. `keep_share` is 0 to 1; it decides unless a trusted parent
    /// has.
    Context begin(
        const std::optional<Parent>& parent, double keep_share, Peer peer = Peer::foreign
    );

    TraceId id() const { return id_; }

    /// What every log line of this work carries beside the trace's id; "" for none. begin() clears
    /// them. The route is a name that outlives the trace: "GET /v1/files/{id}".
    std::string request_id;
    std::string user_id;
    std::string_view route;

    /// Kept whatever was sampled. `reason` is a literal: "error" is exported before all else.
    void keep_for(std::string_view reason);

    bool is_sampled() const { return is_sampled_; }
    bool has_failed() const { return has_failed_; }
    bool is_worth_keeping() const { return is_sampled_ || !reason_.empty(); }
    std::string_view reason() const { return reason_; }  // why it is kept though not sampled
    WallTime began_at() const { return began_at_; }
    SteadyTime began() const { return began_; }
    const std::vector<SpanRecord>& spans() const { return spans_; }
    const std::vector<Attribute>& attributes() const { return attributes_; }

    /// What a collector is told of the share: that of the head decision, or "all of them".
    std::string exported_tracestate() const;

private:
    friend class Span;
    friend class GraceRing;
    friend struct Context;

    const Clock* clock_;  // pointers, so that a trace can be moved out of its connection
    Random* random_;
    TraceId id_;
    bool is_sampled_ = false;
    bool is_random_ = true;
    bool has_decided_ = true;  // here, not in a trusted parent
    bool has_failed_ = false;
    std::string_view reason_;
    std::string parent_state_;
    double share_ = 0;
    Threshold threshold_{0};
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
