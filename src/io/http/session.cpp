// Reading and the course of a connection; what is sent is in session_send.cpp.
#include "io/http/session.hpp"

#include "io/http/problem.hpp"

#include <boost/beast/http/error.hpp>

#include <cstring>

namespace acme::http {
namespace {

namespace beast = boost::beast;
using beast::http::error;

/// However long the head is, so much of the buffer is left for the body.
constexpr std::size_t piece_bytes_min = 16 * 1024;

/// Answers to pipelined requests wait for each other up to this.
constexpr std::size_t held_bytes_max = 64 * 1024;

std::string peer_of(Socket& socket) {
    beast::error_code error;
    const auto endpoint = socket.remote_endpoint(error);
    return error ? "" : endpoint.address().to_string();
}

}  // namespace

Session::Session(
    Socket socket,
    std::shared_ptr<tls::Context> tls,
    Service& service,
    const Limits& limits,
    Date& date
)
    : stream_(std::move(socket), std::move(tls)),
      service_(service),
      clock_(service.telemetry().clock),
      limits_(limits),
      date_(date),
      peer_(peer_of(stream_.socket())),
      trace_(clock_, service.telemetry().random),
      in_bytes_(limits.head_bytes_max + piece_bytes_min),
      in_(std::make_unique_for_overwrite<char[]>(in_bytes_)) {}

Task<> Session::run() {
    head_since_ = clock_.steady();
    const bool is_greeted = co_await stream_.greet();
    head_since_.reset();
    if (!is_greeted) co_return;
    for (bool keeps_alive = true; keeps_alive;) {
        const Reading reading = co_await read_head();
        if (reading == Reading::gone) break;
        keeps_alive = co_await answer(reading);
    }
    co_await flush();
    if (is_ended_) co_return;
    waits_since_ = clock_.steady();
    co_await stream_.end_sending();
    if (parser_ && !parser_->is_done()) co_await linger();
}

/// On return the parser's views of the head hold until the next call.
Task<Session::Reading> Session::read_head() {
    while (parser_ && !parser_->is_done()) {
        if (!co_await read()) co_return Reading::gone;  // skips what the last handler did not read
    }
    head_end_ = 0;
    body_wait_ = {};
    body_bytes_ = 0;
    move_to_front();
    parser_.emplace(headers_);
    parser_->header_limit(static_cast<std::uint32_t>(limits_.head_bytes_max));
    parser_->body_limit(boost::none);  // the route knows it: limit()

    for (;;) {
        beast::error_code code = error::need_more;
        if (have_ > used_) {
            used_ += parser_->put(asio::const_buffer(in_.get() + used_, have_ - used_), code);
        }
        if (used_ > limits_.head_bytes_max || code == error::header_limit) {
            co_return Reading::too_large;
        }
        if (parser_->is_header_done()) break;
        if (code && code != error::need_more) co_return Reading::malformed;
        if (have_ == in_bytes_) co_return Reading::too_large;
        const bool has_begun = have_ > 0;
        if (has_begun && !head_since_) head_since_ = clock_.steady();
        if (!co_await receive()) co_return Reading::gone;
    }
    head_since_.reset();
    head_end_ = used_;
    has_to_ask_ = !parser_->is_done() && parser_->awaits_continue();
    co_return Reading::head;
}

/// What is no request.
Error Session::error_of(Reading reading) {
    if (reading == Reading::malformed) {
        return {ErrorKind::invalid, "http.malformed", "This is not HTTP/1.1."};
    }
    return {ErrorKind::too_large, "http.head_too_large", "The head is too long."};
}

/// One request, from the handler to the last byte sent. Whether another may follow.
Task<bool> Session::answer(Reading reading) {
    Request request = parser_->request(*this);
    request.peer = peer_;
    is_answering_ = true;
    const Response response = reading == Reading::head
                                  ? co_await service_.answer(request, exchange_)
                                  : service_.refuse(error_of(reading), exchange_);
    is_answering_ = false;
    head_since_.reset();
    if (exchange_.cut != Cut::none) co_await asio::this_coro::reset_cancellation_state();

    const bool ends_with_it = response.source && !response.length && !parser_->takes_chunks();
    const bool keeps_alive = reading == Reading::head && exchange_.cut == Cut::none &&
                             parser_->keep_alive() && !is_ending_ && !ends_with_it &&
                             can_skip_rest();
    append_head(response, keeps_alive);
    const bool has_body = request.method != Method::head && response.status != 204 &&
                          response.status != 304 && exchange_.cut != Cut::gone;
    bool is_sent = !is_ended_;
    if (has_body && response.source) {
        is_sent = co_await send_source(response);
    } else {
        const std::string_view body = has_body ? std::string_view(response.body) : "";
        const bool may_wait =
            have_ > used_ && keeps_alive && out_.size() + body.size() < held_bytes_max;
        if (may_wait)
            out_.append(body);
        else
            is_sent = co_await flush(body);
    }
    const bool is_told = is_sent || exchange_.cut == Cut::timeout;
    service_.finish(exchange_, is_told ? response.status : Service::status_gone);
    co_return keeps_alive&& is_sent;
}

Result<> Session::limit(std::size_t bytes_max) {
    if (parser_->content_length().value_or(0) > bytes_max) return body_too_large();
    parser_->body_limit(bytes_max);  // what comes in chunks is counted
    return {};
}

Task<Result<std::string_view>> Session::read() {
    while (!parser_->is_done()) {
        beast::error_code code = error::need_more;
        if (have_ > used_) {
            used_ += parser_->put(asio::const_buffer(in_.get() + used_, have_ - used_), code);
        }
        if (parser_->is_done()) exchange_.read_at = clock_.steady();
        if (const auto piece = parser_->take_piece(); !piece.empty()) {
            body_bytes_ += piece.size();
            co_return piece;
        }
        if (!code) continue;  // that was the line before a chunk
        if (code == error::body_limit) co_return body_too_large();
        move_to_front();
        if (code != error::need_more || have_ == in_bytes_) {
            co_return refuse(ErrorKind::invalid, "http.body_malformed", "The chunks are broken.");
        }
        if (std::exchange(has_to_ask_, false)) out_ += "HTTP/1.1 100 Continue\r\n\r\n";
        const SteadyTime began = clock_.steady();
        reads_body_ = true;
        const bool has_more = co_await receive();
        reads_body_ = false;
        body_wait_ += clock_.steady() - began;
        if (!has_more) {
            co_return refuse(ErrorKind::invalid, "http.body_cut_off", "The body broke off.");
        }
    }
    co_return "";
}

/// Whether the next request can be found behind a body that the handler did not read. How long one
/// in chunks is, nobody knows; and who was not asked for the body may send it or not.
bool Session::can_skip_rest() const {
    if (parser_->is_done()) return true;
    const auto left = parser_->content_length_remaining();
    return left && *left <= limits_.rest_bytes_max && !has_to_ask_;
}

/// What is not parsed yet moves down to the end of the head.
void Session::move_to_front() {
    std::memmove(in_.get() + head_end_, in_.get() + used_, have_ - used_);
    have_ -= used_ - head_end_;
    used_ = head_end_;
}

/// Waits for the peer: to take what was answered, and then to send more.
Task<bool> Session::receive() {
    if (!out_.empty() && !co_await flush()) co_return false;
    is_idle_ = have_ == 0;
    if (is_ended_ || (is_idle_ && is_ending_)) co_return false;
    waits_since_ = clock_.steady();
    const auto [code, bytes] =
        co_await stream_.read_some(asio::buffer(in_.get() + have_, in_bytes_ - have_));
    waits_since_.reset();
    have_ += bytes;
    is_idle_ = false;
    co_return !code;
}

/// To close with bytes unread resets the connection, and the peer may never see the last answer.
Task<> Session::linger() {
    is_idle_ = true;
    for (bool is_open = !is_ending_; is_open;) {
        const auto [code, bytes] = co_await stream_.read_some(asio::buffer(in_.get(), in_bytes_));
        is_open = !code && !is_ended_;
    }
}

void Session::end_soon() {
    is_ending_ = true;
    if (source_ != nullptr) source_->end_soon();
    if (is_idle_) end_now();
}

void Session::end_now(Cut why) {
    is_ending_ = is_ended_ = true;
    stream_.cancel();
    if (source_ != nullptr) source_->end_soon();  // it may wait for what cannot be cancelled
    if (is_answering_) cut(why);
}

/// Whatever the handler waits for ends with operation_aborted, and it unwinds. The stream does not
/// hear the signal.
void Session::cut(Cut why) {
    if (exchange_.cut != Cut::none) return;
    exchange_.cut = why;
    signal_.emit(asio::cancellation_type::terminal);
    if (reads_body_) stream_.cancel();
}

bool Session::is_body_too_slow(SteadyTime now) const {
    if (!reads_body_ || !waits_since_) return false;
    const auto wait = body_wait_ + (now - *waits_since_);
    if (wait < limits_.body_grace) return false;
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(wait).count();
    return body_bytes_ < limits_.body_rate_min * static_cast<std::size_t>(seconds);
}

void Session::check_time(SteadyTime now) {
    const bool is_silent = waits_since_ && now - *waits_since_ > limits_.silence_max;
    const bool is_head_slow = head_since_ && now - *head_since_ > limits_.head_time_max;
    if (is_silent || is_head_slow || is_body_too_slow(now)) return end_now();
    if (!is_answering_) return;
    if (now >= exchange_.deadline) {
        cut(Cut::timeout);
    } else if (stream_.has_vanished(exchange_.route != nullptr && exchange_.route->is_stream)) {
        end_now();
    }
}

}  // namespace acme::http
