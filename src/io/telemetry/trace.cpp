#include "io/telemetry/trace.hpp"

#include "base/text.hpp"

namespace acme::trace {

std::string Context::traceparent() const {
    std::string header = "00-";
    trace->id().append_to(header);
    header += '-';
    append_hex(header, static_cast<std::uint64_t>(span));
    // A decision made late, for an error, is not announced: whoever we called has answered by then.
    const bool is_sampled = trace->is_sampled();
    if (trace->is_random_)
        header += is_sampled ? "-03" : "-02";
    else
        header += is_sampled ? "-01" : "-00";
    return header;
}

std::string Context::tracestate() const {
    if (!trace->has_decided_) return trace->parent_state_;
    return with_threshold(
        trace->parent_state_, trace->is_sampled_ ? trace->threshold_.text() : std::string_view()
    );
}

Context Trace::begin(const std::optional<Parent>& parent, double keep_share, Peer peer) {
    spans_.clear();
    attributes_.clear();
    has_failed_ = false;
    reason_ = "";
    request_id.clear();
    user_id.clear();
    route = "";
    parent_state_.clear();
    began_at_ = clock_->now();
    began_ = clock_->steady();
    if (share_ != keep_share) threshold_ = Threshold(keep_share);
    share_ = keep_share;

    has_decided_ = !parent || peer == Peer::foreign;
    is_random_ = !parent || parent->is_random;
    if (parent) {
        id_ = parent->trace;
        parent_state_ = parent->tracestate;
    } else {
        do id_ = {random_->number(), random_->number()};
        while (!id_.is_valid());
    }
    is_sampled_ =
        has_decided_ ? threshold_.takes(randomness_of(id_, parent_state_)) : parent->is_sampled;
    return {this, parent ? parent->span : SpanId::none};
}

void Trace::keep_for(std::string_view reason) {
    if (reason_.empty() || reason == "error") reason_ = reason;
}

std::string Trace::exported_tracestate() const {
    if (!is_sampled_) return with_threshold(parent_state_, "0");
    return has_decided_ ? with_threshold(parent_state_, threshold_.text()) : parent_state_;
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
    if (index_ == 0 && record.duration > slow_min) trace_->keep_for("slow");
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
    trace_->keep_for("error");
    if (is_recorded()) trace_->spans_[index_].has_failed = true;
}

}  // namespace acme::trace
