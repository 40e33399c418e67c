#include "io/telemetry/trace.hpp"

#include "base/text.hpp"

#include <algorithm>

namespace acme::trace {
namespace {

/// Lower case only: the standard calls "0AF7..." invalid.
std::optional<std::uint64_t> parse_hex(std::string_view text) {
    const bool is_lower = std::ranges::all_of(text, [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
    });
    return is_lower ? parse_number<std::uint64_t>(text, 16) : std::nullopt;
}

/// The last 56 bits of the id, which every process sees alike, against the share to keep.
bool is_in_share(TraceId id, double share) {
    constexpr std::uint64_t range = std::uint64_t{1} << 56;
    const auto threshold = static_cast<std::uint64_t>((1.0 - share) * static_cast<double>(range));
    return (id.low & (range - 1)) >= threshold;
}

}  // namespace

void TraceId::append_to(std::string& out) const {
    append_hex(out, high);
    append_hex(out, low);
}

std::optional<Parent> parse_traceparent(std::string_view header) {
    // "00-<32 hex>-<16 hex>-<2 hex>"; later versions may add "-..." at the end.
    constexpr std::size_t length = 55;
    if (header.size() < length) return std::nullopt;
    if (header[2] != '-' || header[35] != '-' || header[52] != '-') return std::nullopt;
    const auto version = parse_hex(header.substr(0, 2));
    if (!version || *version == 0xff) return std::nullopt;
    if (header.size() > length && (*version == 0 || header[length] != '-')) return std::nullopt;

    const auto high = parse_hex(header.substr(3, 16));
    const auto low = parse_hex(header.substr(19, 16));
    const auto span = parse_hex(header.substr(36, 16));
    const auto flags = parse_hex(header.substr(53, 2));
    if (!high || !low || !span || !flags) return std::nullopt;
    const TraceId id{*high, *low};
    if (!id.is_valid() || *span == 0) return std::nullopt;
    return Parent{.trace = id, .span = SpanId{*span}, .is_sampled = (*flags & 1) != 0};
}

std::string Context::traceparent() const {
    std::string header = "00-";
    trace->id().append_to(header);
    header += '-';
    append_hex(header, static_cast<std::uint64_t>(span));
    // A decision made late, for an error, is not announced: whoever we called has answered by then.
    header += trace->is_sampled() ? "-01" : "-00";
    return header;
}

Context Trace::begin(const std::optional<Parent>& parent, double keep_share) {
    spans_.clear();
    attributes_.clear();
    has_failed_ = false;
    request_id.clear();
    user_id.clear();
    began_at_ = clock_->now();
    began_ = clock_->steady();
    id_ = parent ? parent->trace : TraceId{random_->number(), random_->number() | 1};
    is_sampled_ = parent ? parent->is_sampled : is_in_share(id_, keep_share);
    return {this, parent ? parent->span : SpanId::none};
}

Span::Span(Context context, std::string_view name, SpanKind kind)
    : trace_(context.trace),
      index_(trace_->spans_.size()),
      id_(SpanId{trace_->random_->number() | 1}) {
    if (!is_recorded()) return;
    trace_->spans_.push_back({
        .name = name,
        .kind = kind,
        .id = id_,
        .parent = context.span,
        .start = trace_->clock_->steady() - trace_->began_,
        .duration = {},
        .has_failed = false,
    });
}

Span::~Span() {
    if (!is_recorded()) return;
    SpanRecord& record = trace_->spans_[index_];
    record.duration = trace_->clock_->steady() - trace_->began_ - record.start;
}

void Span::rename(std::string_view name) {
    if (is_recorded()) trace_->spans_[index_].name = name;
}

void Span::set(std::string_view key, std::int64_t value) {
    if (is_recorded()) {
        trace_->attributes_.push_back({key, value, static_cast<std::uint32_t>(index_)});
    }
}

void Span::set(std::string_view key, std::string_view value) {
    if (is_recorded()) {
        const auto span = static_cast<std::uint32_t>(index_);
        trace_->attributes_.push_back({key, std::string(value), span});
    }
}

void Span::fail() {
    trace_->has_failed_ = true;
    if (is_recorded()) trace_->spans_[index_].has_failed = true;
}

}  // namespace acme::trace
