#pragma once

/// What ended well and was not sampled, for some seconds more: another process may yet find that
/// the request failed, and then this part of its trace is wanted too (TRC-3).

#include "io/telemetry/metrics.hpp"
#include "io/telemetry/trace.hpp"

#include <memory>
#include <vector>

namespace acme::trace {

/// What all rings of a process hold together; each thread has its share.
inline constexpr std::size_t grace_bytes_max = std::size_t{64} << 20;

/// So long a trace should stay. One that has to leave sooner counts as trace_grace_overruns_total.
inline constexpr std::chrono::seconds grace_min{5};

/// Belongs to one thread. Memory is touched as it fills.
class GraceRing {
public:
    GraceRing(std::size_t bytes_max, const Clock& clock, Random& random, Metrics& metrics);

    /// Copies what the trace holds and leaves it as it is; the oldest ones make room.
    void put(const Trace& trace);

    /// Takes out all parts of the trace that are still here. They are worth keeping.
    std::vector<Trace> keep(TraceId id);

private:
    struct Entry {
        std::uint64_t bytes;     // with this head; of a gap at the end of the memory too
        std::uint64_t previous;  // position + 1 of the one before it in its slot; 0 for none
        TraceId id;              // zero for a gap, and for what was taken out
        WallTime began_at;
        SteadyTime put_at;
        bool is_random;
        std::uint32_t spans;
        std::uint32_t attributes;
    };

    static std::size_t bytes_of(const Trace& trace);
    char* at(std::uint64_t position) const { return bytes_.get() + position % bytes_max_; }
    Entry entry_at(std::uint64_t position) const;
    void evict(std::uint64_t end);
    void write(const Trace& trace, Entry entry);
    Trace read(std::uint64_t position, const Entry& entry) const;

    std::size_t bytes_max_;
    const Clock& clock_;
    Random& random_;
    prometheus::Counter& overruns_;
    std::unique_ptr<char[]> bytes_;
    std::uint64_t begin_ = 0;  // positions only grow; the memory is used in turns
    std::uint64_t end_ = 0;
    std::vector<std::uint64_t> slots_;  // by trace id: position + 1 of the last one
};

}  // namespace acme::trace
