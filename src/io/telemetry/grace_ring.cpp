#include "io/telemetry/grace_ring.hpp"

#include <prometheus/counter.h>

#include <cstring>

namespace acme::trace {
namespace {

constexpr std::size_t slots_count = std::size_t{1} << 14;
constexpr std::size_t alignment = alignof(std::max_align_t);

/// An attribute as it lies in the ring; a text's bytes follow.
struct StoredAttribute {
    std::string_view key;
    std::int64_t number;  // or the text's length
    std::uint32_t span;
    bool is_text;
};

/// Moves through the ring's memory.
class Cursor {
public:
    explicit Cursor(char* at) : at_(at) {}

    template <class T>
    void put(const T& value) {
        static_assert(std::is_trivially_copyable_v<T>);
        std::memcpy(at_, &value, sizeof(T));
        at_ += sizeof(T);
    }

    void put_bytes(std::string_view text) {
        std::memcpy(at_, text.data(), text.size());
        at_ += text.size();
    }

    void put_text(std::string_view text) {
        put(text.size());
        put_bytes(text);
    }

    template <class T>
    T get() {
        T value;
        std::memcpy(&value, at_, sizeof(T));
        at_ += sizeof(T);
        return value;
    }

    std::string text(std::size_t bytes) {
        std::string value(at_, bytes);
        at_ += bytes;
        return value;
    }

    std::string text() { return text(get<std::size_t>()); }

private:
    char* at_;
};

std::size_t slot_of(TraceId id) { return id.low % slots_count; }

}  // namespace

GraceRing::GraceRing(std::size_t bytes_max, const Clock& clock, Random& random, Metrics& metrics)
    : bytes_max_(bytes_max / alignment * alignment),
      clock_(clock),
      random_(random),
      overruns_(metrics.counter(
          "trace_grace_overruns_total",
          "Traces that left the grace ring before their time, because it was full."
      )),
      bytes_(std::make_unique_for_overwrite<char[]>(bytes_max_)),
      slots_(slots_count) {}

std::size_t GraceRing::bytes_of(const Trace& trace) {
    std::size_t bytes = sizeof(Entry) + trace.spans_.size() * sizeof(SpanRecord);
    for (const std::string* text : {&trace.request_id, &trace.user_id, &trace.parent_state_}) {
        bytes += sizeof(std::size_t) + text->size();
    }
    for (const Attribute& attribute : trace.attributes_) {
        bytes += sizeof(StoredAttribute);
        if (const auto* text = std::get_if<std::string>(&attribute.value)) bytes += text->size();
    }
    return (bytes + alignment - 1) / alignment * alignment;
}

GraceRing::Entry GraceRing::entry_at(std::uint64_t position) const {
    return Cursor(at(position)).get<Entry>();
}

/// Until `end` can be written without reaching the oldest entry.
void GraceRing::evict(std::uint64_t end) {
    const SteadyTime now = clock_.steady();
    while (end - begin_ > bytes_max_) {
        const Entry oldest = entry_at(begin_);
        if (oldest.id.is_valid() && now - oldest.put_at < grace_min) overruns_.Increment();
        begin_ += oldest.bytes;
    }
}

void GraceRing::put(const Trace& trace) {
    const std::size_t bytes = bytes_of(trace);
    if (bytes + sizeof(Entry) > bytes_max_) {
        overruns_.Increment();
        return;
    }
    const std::size_t left = bytes_max_ - end_ % bytes_max_;
    if (left < bytes + sizeof(Entry)) {
        // An entry lies in one piece, so the rest of the memory becomes a gap, which is as large as
        // a head at least: every entry leaves that much behind itself.
        evict(end_ + left);
        Entry gap{};
        gap.bytes = left;
        Cursor(at(end_)).put(gap);
        end_ += left;
    }
    evict(end_ + bytes);
    std::uint64_t& slot = slots_[slot_of(trace.id_)];
    write(
        trace,
        {
            .bytes = bytes,
            .previous = slot,
            .id = trace.id_,
            .began_at = trace.began_at_,
            .put_at = clock_.steady(),
            .is_random = trace.is_random_,
            .spans = static_cast<std::uint32_t>(trace.spans_.size()),
            .attributes = static_cast<std::uint32_t>(trace.attributes_.size()),
        }
    );
    slot = end_ + 1;
    end_ += bytes;
}

void GraceRing::write(const Trace& trace, Entry entry) {
    Cursor cursor(at(end_));
    cursor.put(entry);
    for (const SpanRecord& span : trace.spans_) cursor.put(span);
    cursor.put_text(trace.request_id);
    cursor.put_text(trace.user_id);
    cursor.put_text(trace.parent_state_);
    for (const Attribute& attribute : trace.attributes_) {
        const auto* const text = std::get_if<std::string>(&attribute.value);
        const auto number = text != nullptr ? static_cast<std::int64_t>(text->size())
                                            : std::get<std::int64_t>(attribute.value);
        cursor.put(StoredAttribute{attribute.key, number, attribute.span, text != nullptr});
        if (text != nullptr) cursor.put_bytes(*text);
    }
}

Trace GraceRing::read(std::uint64_t position, const Entry& entry) const {
    Cursor cursor(at(position) + sizeof(Entry));
    Trace trace(clock_, random_);
    trace.id_ = entry.id;
    trace.is_random_ = entry.is_random;
    trace.began_at_ = entry.began_at;
    for (std::uint32_t i = 0; i < entry.spans; ++i)
        trace.spans_.push_back(cursor.get<SpanRecord>());
    trace.request_id = cursor.text();
    trace.user_id = cursor.text();
    trace.parent_state_ = cursor.text();
    for (std::uint32_t i = 0; i < entry.attributes; ++i) {
        const auto stored = cursor.get<StoredAttribute>();
        Attribute attribute{stored.key, stored.number, stored.span};
        if (stored.is_text) attribute.value = cursor.text(static_cast<std::size_t>(stored.number));
        trace.attributes_.push_back(std::move(attribute));
    }
    return trace;
}

std::vector<Trace> GraceRing::keep(TraceId id) {
    std::vector<Trace> kept;
    for (std::uint64_t next = slots_[slot_of(id)]; next > begin_;) {
        const std::uint64_t position = next - 1;
        Entry entry = entry_at(position);
        next = entry.previous;
        if (entry.id != id) continue;
        kept.push_back(read(position, entry));
        kept.back().keep_for("error elsewhere");
        entry.id = {};
        Cursor(at(position)).put(entry);
    }
    return kept;
}

}  // namespace acme::trace
