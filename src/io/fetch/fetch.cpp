#include "io/fetch/fetch.hpp"

#include "io/fetch/multi.hpp"

namespace acme::fetch {
namespace {

/// "https://host:443" of a URL: what a span may show. A path may carry a name, a query a secret.
std::string_view origin_of(std::string_view url) {
    const auto scheme = url.find("://");
    if (scheme == url.npos) return "";
    return url.substr(0, std::min(url.find_first_of("/?#", scheme + 3), url.size()));
}

}  // namespace

Response::Response(std::shared_ptr<Transfer> transfer) : transfer_(std::move(transfer)) {}
Response::~Response() = default;

int Response::status() const { return transfer_->status(); }

std::string_view Response::header(std::string_view name) const { return transfer_->header(name); }

Task<std::string_view> Response::read() { return transfer_->read(); }

Task<std::string> Response::read_all(std::size_t bytes_max) {
    std::string all;
    while (true) {
        const std::string_view piece = co_await read();
        if (piece.empty()) co_return all;
        if (piece.size() > bytes_max - all.size()) {
            const std::string text = std::string(transfer_->name()) + ": the answer is too long";
            throw Fault(Reason::too_large, text);
        }
        all += piece;
    }
}

Client::Client(Telemetry& telemetry, Options options)
    : telemetry_(telemetry), options_(std::move(options)) {}

Client::~Client() { close(); }

Task<Response> Client::send(trace::Context context, Request request) {
    const auto executor = co_await asio::this_coro::executor;
    if (is_closed_) throw Fault(Reason::closed, std::string(request.name) + ": closed");
    if (!multi_) multi_ = std::make_shared<Multi>(executor, options_);
    if (multi_->size() >= options_.transfers_max) {
        throw Fault(Reason::busy, std::string(request.name) + ": too much is under way");
    }
    trace::Span span(context, request.name, trace::SpanKind::client);
    span.set("http.request.method", request.method);
    span.set("url.origin", origin_of(request.url));
    if (request.sends_trace) {
        request.headers.emplace_back("traceparent", span.context().traceparent());
        const std::string state = span.context().tracestate();
        if (!state.empty()) request.headers.emplace_back("tracestate", state);
        const std::string& id = context.trace->request_id;
        if (!id.empty()) request.headers.emplace_back("X-Request-Id", id);
    }
    try {
        const auto transfer = std::make_shared<Transfer>(executor, std::move(request), options_);
        transfer->start(multi_);
        co_await transfer->wait_for_head();
        span.set("http.response.status_code", transfer->status());
        co_return Response(transfer);
    } catch (...) {
        span.fail();
        throw;
    }
}

void Client::close() {
    is_closed_ = true;
    if (multi_) multi_->close();
    multi_.reset();
}

}  // namespace acme::fetch
