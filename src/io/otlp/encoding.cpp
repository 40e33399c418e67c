#include "io/otlp/encoding.hpp"

#include "io/otlp/protobuf.hpp"
#include "io/telemetry/messaging.hpp"
#include "io/telemetry/redact.hpp"

namespace acme::otlp {
namespace {

using namespace protobuf;
using std::chrono::nanoseconds;

/// More of a text tells no more.
constexpr std::size_t text_bytes_max = 4096;

// Numbers of fields, by message.
struct KeyValue {
    static constexpr int key = 1;
    static constexpr int value = 2;
};
struct AnyValue {
    static constexpr int text = 1;
    static constexpr int number = 3;
};
struct SpanField {
    static constexpr int trace_id = 1;
    static constexpr int span_id = 2;
    static constexpr int trace_state = 3;
    static constexpr int parent_span_id = 4;
    static constexpr int name = 5;
    static constexpr int kind = 6;
    static constexpr int start = 7;
    static constexpr int end = 8;
    static constexpr int attributes = 9;
    static constexpr int links = 13;
    static constexpr int status = 15;
    static constexpr int flags = 16;
};
struct LinkField {
    static constexpr int trace_id = 1;
    static constexpr int span_id = 2;
    static constexpr int flags = 6;
};
constexpr int status_code = 3;
constexpr std::uint64_t status_error = 2;
constexpr int attributes_of_resource = 1;
constexpr int resource_of_spans = 1;
constexpr int scope_spans = 2;
constexpr int scope_of_spans = 1;
constexpr int name_of_scope = 1;
constexpr int spans_of_scope = 2;
constexpr int resource_spans = 1;

/// Ids travel with their highest byte first.
std::string big_endian(std::uint64_t number) {
    std::string bytes;
    for (int shift = 56; shift >= 0; shift -= 8)
        bytes += static_cast<char>((number >> shift) & 0xff);
    return bytes;
}

void put_attribute(std::string& out, int field, std::string_view key, std::string_view any_value) {
    std::string attribute;
    put_string(attribute, KeyValue::key, key);
    put_bytes(attribute, KeyValue::value, any_value);
    put_bytes(out, field, attribute);
}

void put_text(std::string& out, int field, std::string_view key, std::string_view text) {
    if (text.empty()) return;
    std::string value;
    put_string(
        value, AnyValue::text, std::string_view(redacted(key, text)).substr(0, text_bytes_max)
    );
    put_attribute(out, field, key, value);
}

void put(std::string& out, const trace::Attribute& attribute) {
    if (const auto* text = std::get_if<std::string>(&attribute.value)) {
        put_text(out, SpanField::attributes, attribute.key, *text);
        return;
    }
    std::string value;
    put_varint(
        value, AnyValue::number, static_cast<std::uint64_t>(std::get<std::int64_t>(attribute.value))
    );
    put_attribute(out, SpanField::attributes, attribute.key, value);
}

/// What every span of its kind says.
void put_messaging(std::string& span, const trace::SpanRecord& record) {
    if (record.kind != trace::producer && record.kind != trace::consumer) return;
    const bool is_send = record.kind == trace::producer;
    const auto put = [&](std::string_view key, std::string_view text) {
        put_text(span, SpanField::attributes, key, text);
    };
    put("messaging.system", "acme");
    put("messaging.operation.name", is_send ? "enqueue" : "process");
    put("messaging.operation.type", is_send ? "send" : "process");
}

/// A message has what made it for its parent, which readers of messages look for among the links.
void put_link(std::string& span, const trace::Trace& trace, const trace::SpanRecord& record) {
    if (record.kind != trace::consumer || record.parent == trace::SpanId::none) return;
    std::string link;
    const auto parent = static_cast<std::uint64_t>(record.parent);
    put_bytes(link, LinkField::trace_id, big_endian(trace.id().high) + big_endian(trace.id().low));
    put_bytes(link, LinkField::span_id, big_endian(parent));
    put_fixed32(link, LinkField::flags, trace.is_sampled() ? 1 : 0);
    put_bytes(span, SpanField::links, link);
}

std::string encode_span(const trace::Trace& trace, std::size_t index, std::string_view tracestate) {
    const trace::SpanRecord& record = trace.spans()[index];
    const nanoseconds start = trace.began_at().time_since_epoch() + record.start;
    const auto time = [](nanoseconds at) { return static_cast<std::uint64_t>(at.count()); };
    std::string span;
    put_bytes(span, SpanField::trace_id, big_endian(trace.id().high) + big_endian(trace.id().low));
    put_bytes(span, SpanField::span_id, big_endian(static_cast<std::uint64_t>(record.id)));
    if (!tracestate.empty()) put_bytes(span, SpanField::trace_state, tracestate);
    if (record.parent != trace::SpanId::none) {
        const auto parent = static_cast<std::uint64_t>(record.parent);
        put_bytes(span, SpanField::parent_span_id, big_endian(parent));
    }
    put_string(span, SpanField::name, record.name);
    put_varint(span, SpanField::kind, static_cast<std::uint64_t>(record.kind));
    put_fixed64(span, SpanField::start, time(start));
    put_fixed64(span, SpanField::end, time(start + record.duration));
    for (const trace::Attribute& attribute : trace.attributes()) {
        if (attribute.span == index) put(span, attribute);
    }
    put_messaging(span, record);
    if (index == 0) {
        put_text(span, SpanField::attributes, "acme.request_id", trace.request_id);
        put_text(span, SpanField::attributes, "user.id", trace.user_id);
        if (!trace.is_sampled())
            put_text(span, SpanField::attributes, "sampling.reason", trace.reason());
    }
    put_link(span, trace, record);
    if (record.has_failed) {
        std::string status;
        put_varint(status, status_code, status_error);
        put_bytes(span, SpanField::status, status);
    }
    put_fixed32(span, SpanField::flags, trace.is_sampled() ? 1 : 0);
    return span;
}

}  // namespace

std::string encode_spans(const trace::Trace& trace) {
    const std::string tracestate = trace.exported_tracestate();
    std::string spans;
    for (std::size_t i = 0; i < trace.spans().size(); ++i) {
        put_bytes(spans, spans_of_scope, encode_span(trace, i, tracestate));
    }
    return spans;
}

std::string encode_request(const Resource& resource, std::string_view spans) {
    std::string attributes;
    const auto put = [&](std::string_view key, std::string_view text) {
        put_text(attributes, attributes_of_resource, key, text);
    };
    put("service.name", resource.service);
    put("service.version", resource.release);
    put("service.instance.id", resource.node);
    put("deployment.environment.name", resource.environment);
    for (const auto& [key, text] : resource.attributes) put(key, text);
    put("telemetry.sdk.language", "cpp");
    put("telemetry.sdk.name", "acme");
    std::string scope;
    put_string(scope, name_of_scope, "acme");
    std::string scoped;
    put_bytes(scoped, scope_of_spans, scope);
    scoped += spans;
    std::string of_resource;
    put_bytes(of_resource, resource_of_spans, attributes);
    put_bytes(of_resource, scope_spans, scoped);
    std::string request;
    put_bytes(request, resource_spans, of_resource);
    return request;
}

std::uint64_t rejected_spans(std::string_view answer) {
    constexpr int partial_success = 1;
    constexpr int rejected = 1;
    std::uint64_t count = 0;
    while (const auto field = take_field(answer)) {
        if (field->number != partial_success) continue;
        std::string_view partial = field->bytes;
        while (const auto inner = take_field(partial)) {
            if (inner->number == rejected) count = inner->value;
        }
    }
    return count;
}

}  // namespace acme::otlp
