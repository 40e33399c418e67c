#include "io/http/session.hpp"

#include "io/http/problem.hpp"

#include <boost/asio/write.hpp>
#include <boost/beast/http/error.hpp>

#include <cstring>

namespace acme::http {
namespace {

namespace beast = boost::beast;
using beast::http::error;

/// However long the head is, so much of the buffer is left for the body.
constexpr std::size_t piece_bytes_min = 4096;

/// Of what never became a request. These two statuses belong to no ErrorKind.
Response refusal(int status) {
    const Error malformed{ErrorKind::invalid, "http.malformed", "This is not HTTP/1.1."};
    const Error too_large{ErrorKind::too_large, "http.head_too_large", "The head is too long."};
    Response response = problem(status == 400 ? malformed : too_large, {});
    response.status = status;
    return response;
}

}  // namespace

Session::Session(
    Socket socket, Service& service, Telemetry& telemetry, const Limits& limits, Date& date
)
    : socket_(std::move(socket)),
      service_(service),
      clock_(telemetry.clock),
      limits_(limits),
      date_(date),
      trace_(telemetry.clock, telemetry.random),
      in_(limits.head_bytes_max + piece_bytes_min) {
    beast::error_code ignored;  // the peer may have left already
    socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
}

Task<> Session::run() {
    for (bool keeps_alive = true; keeps_alive;) {
        const Reading reading = co_await read_head();
        if (reading == Reading::gone) break;

        const Request request = parser_->request(*this);
        Response response;
        if (reading == Reading::head) {
            response = co_await service_.answer(request, trace_);
            keeps_alive = parser_->keep_alive() && !is_ending_ && can_skip_rest();
        } else {
            response = refusal(reading == Reading::malformed ? 400 : 431);
            keeps_alive = false;
        }
        append_answer(response, keeps_alive, request.method != Method::head);
    }
    waits_since_ = clock_.steady();
    co_await flush();
    beast::error_code ignored;
    socket_.shutdown(Socket::shutdown_send, ignored);
    if (!parser_->is_done()) co_await linger();
}

/// On return the parser's views of the head hold until the next call.
Task<Session::Reading> Session::read_head() {
    while (parser_ && !parser_->is_done()) {
        if (!co_await read()) co_return Reading::gone;  // skips what the last handler did not read
    }
    head_end_ = 0;
    move_to_front();
    parser_.emplace();
    parser_->header_limit(static_cast<std::uint32_t>(limits_.head_bytes_max));
    parser_->body_limit(boost::none);  // the route knows it: limit()

    for (;;) {
        beast::error_code code = error::need_more;
        if (have_ > used_) {
            used_ += parser_->put(asio::const_buffer(in_.data() + used_, have_ - used_), code);
        }
        if (used_ > limits_.head_bytes_max || code == error::header_limit) {
            co_return Reading::too_large;
        }
        if (parser_->is_header_done()) break;
        if (code && code != error::need_more) co_return Reading::malformed;
        if (have_ == in_.size()) co_return Reading::too_large;
        if (!co_await receive()) co_return Reading::gone;
    }
    head_end_ = used_;
    has_to_ask_ = !parser_->is_done() && parser_->awaits_continue();
    co_return Reading::head;
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
            used_ += parser_->put(asio::const_buffer(in_.data() + used_, have_ - used_), code);
        }
        if (const auto piece = parser_->take_piece(); !piece.empty()) co_return piece;
        if (!code) continue;  // that was the line before a chunk
        if (code == error::body_limit) co_return body_too_large();
        move_to_front();
        if (code != error::need_more || have_ == in_.size()) {
            co_return refuse(ErrorKind::invalid, "http.body_malformed", "The chunks are broken.");
        }
        if (std::exchange(has_to_ask_, false)) out_ += "HTTP/1.1 100 Continue\r\n\r\n";
        if (!co_await receive()) {
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
    std::memmove(in_.data() + head_end_, in_.data() + used_, have_ - used_);
    have_ -= used_ - head_end_;
    used_ = head_end_;
}

/// Waits for the peer: to take what was answered, and then to send more. The answers to pipelined
/// requests leave together.
Task<bool> Session::receive() {
    waits_since_ = clock_.steady();
    if (!co_await flush()) co_return false;
    is_idle_ = have_ == 0;
    if (is_ended_ || (is_idle_ && is_ending_)) co_return false;
    const auto [code, bytes] = co_await socket_.async_read_some(
        asio::buffer(in_.data() + have_, in_.size() - have_), no_throw
    );
    waits_since_.reset();
    have_ += bytes;
    is_idle_ = false;
    co_return !code;
}

Task<bool> Session::flush() {
    if (out_.empty()) co_return true;
    if (is_ended_) co_return false;
    const auto [code, bytes] = co_await asio::async_write(socket_, asio::buffer(out_), no_throw);
    out_.clear();
    co_return !code;
}

/// To close with bytes unread resets the connection, and the peer may never see the last answer.
Task<> Session::linger() {
    is_idle_ = true;
    for (bool is_open = !is_ending_; is_open;) {
        const auto [code, bytes] = co_await socket_.async_read_some(asio::buffer(in_), no_throw);
        is_open = !code;
    }
}

void Session::append_answer(const Response& response, bool keeps_alive, bool has_body) {
    out_.append("HTTP/1.1 ").append(std::to_string(response.status)).append(" ");
    out_.append(phrase_of(response.status));
    if (response.status != 204) {
        out_.append("\r\nContent-Type: ").append(response.content_type);
        out_.append("\r\nContent-Length: ").append(std::to_string(response.body.size()));
    }
    for (const auto& [name, value] : response.headers) {
        out_.append("\r\n").append(name).append(": ").append(value);
    }
    out_.append("\r\nDate: ").append(date_.text());
    if (!keeps_alive) out_.append("\r\nConnection: close");
    out_.append("\r\n\r\n");
    if (has_body) out_.append(response.body);
}

void Session::end_soon() {
    is_ending_ = true;
    if (is_idle_) end_now();
}

void Session::end_now() {
    beast::error_code ignored;
    socket_.cancel(ignored);
    is_ending_ = is_ended_ = true;
}

void Session::check_silence(SteadyTime now) {
    if (waits_since_ && now - *waits_since_ > limits_.silence_max) end_now();
}

}  // namespace acme::http
