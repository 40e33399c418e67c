// What a session sends: heads, and bodies whole or piece by piece.
#include "base/text.hpp"
#include "io/http/problem.hpp"
#include "io/http/session.hpp"
#include "io/http/takeover.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace acme::http {
namespace {

/// The peer has silence_max for so much, however many writes it takes: a reader that is slower than
/// this is cut off, and no answer lies here longer.
constexpr std::size_t slice_bytes = 256 * 1024;

/// Shorter pieces leave together with what frames them.
constexpr std::size_t copied_bytes_max = 16 * 1024;

bool is_control(char c) { return (static_cast<unsigned char>(c) < ' ' && c != '\t') || c == 127; }

/// A line break in a value would begin a header of the sender's choice.
void append_value(std::string& out, std::string_view value) {
    const std::size_t begin = out.size();
    out.append(value);
    bool has_control = false;  // of all, not up to the first: many characters at a time
    for (const char c : value) has_control |= is_control(c);
    if (!has_control) return;
    std::replace_if(out.begin() + static_cast<std::ptrdiff_t>(begin), out.end(), is_control, ' ');
}

void append_header(std::string& out, std::string_view name, std::string_view value) {
    out.append("\r\n").append(name).append(": ");
    append_value(out, value);
}

void append_chunk_size(std::string& out, std::size_t size) {
    std::array<char, 16> digits{};
    const auto written = std::to_chars(digits.data(), digits.data() + digits.size(), size, 16);
    out.append(digits.data(), written.ptr).append("\r\n");
}

}  // namespace

void Session::append_head(const Response& response, bool keeps_alive) {
    append_number(out_.append("HTTP/1.1 "), response.status);
    out_.append(" ").append(phrase_of(response.status));
    if (response.status != 204 && response.status != 304) {
        if (!response.content_type.empty()) {
            append_header(out_, "Content-Type", response.content_type);
        }
        if (response.source == nullptr || response.length) {
            const std::uint64_t length =
                response.source != nullptr ? *response.length : response.body.size();
            append_number(out_.append("\r\nContent-Length: "), static_cast<std::int64_t>(length));
        } else if (parser_->takes_chunks()) {
            out_.append("\r\nTransfer-Encoding: chunked");
        }
    }
    for (const auto& [name, value] : response.headers) append_header(out_, name, value);
    out_.append("\r\nDate: ").append(date_.text());
    out_.append("\r\nX-Request-Id: ").append(trace_.request_id);
    if (!service_.release().empty()) append_header(out_, "X-Acme-Release", service_.release());
    if (!keeps_alive) out_.append("\r\nConnection: close");
    out_.append("\r\n\r\n");
}

/// What waits to be sent, and `piece` behind it.
Task<bool> Session::flush(std::string_view piece) {
    if (piece.size() <= stream_.joined_bytes_max()) out_.append(std::exchange(piece, ""));
    std::string_view first = out_;
    const bool is_open = !is_ended_;
    for (std::size_t slice = 0; first.size() + piece.size() > 0 && !is_ended_;) {
        if (slice == 0) {
            slice = slice_bytes;
            waits_since_ = clock_.steady();
        }
        const auto begin = first.substr(0, slice);
        const auto [code, sent] =
            co_await stream_.write_some(begin, piece.substr(0, slice - begin.size()));
        if (code) break;
        slice -= sent;
        const std::size_t of_first = std::min(sent, first.size());
        first.remove_prefix(of_first);
        piece.remove_prefix(sent - of_first);
    }
    waits_since_.reset();
    const bool is_sent = is_open && first.size() + piece.size() == 0;
    out_.clear();
    co_return is_sent;
}

/// nullopt: it failed, or took too long.
Task<std::optional<std::string_view>> Session::next_piece() {
    const TableRoute& route = *exchange_.route;
    const bool is_bounded = route.time_max.count() > 0 && !route.is_stream;
    exchange_.deadline = is_bounded ? clock_.steady() + route.time_max : SteadyTime::max();
    std::optional<std::string_view> piece;
    is_answering_ = true;
    try {
        piece = co_await source_->read();
    } catch (const std::exception& thrown) {
        if (exchange_.cut == Cut::none) {
            exchange_.span->fail();
            service_.telemetry().log.write(
                LogLevel::error,
                "http.source_failed",
                exchange_.context,
                {{"reason", thrown.what()}}
            );
        }
    }
    is_answering_ = false;
    if (exchange_.cut != Cut::none) {
        co_await asio::this_coro::reset_cancellation_state();
        co_return std::nullopt;
    }
    co_return piece;
}

/// Whether the connection belongs to the source from here on; then this session has none.
bool Session::give_away(Source& source, bool is_chunked) {
    auto* const taker = dynamic_cast<Takeover*>(&source);
    if (taker == nullptr) return false;
    auto socket = stream_.release();
    if (!socket) return false;
    source_ = nullptr;
    is_ending_ = is_ended_ = true;
    taker->take(std::make_shared<Held>(*std::move(socket), is_chunked));
    return true;
}

/// One piece at a time: the next is asked for when the peer has taken this one. A source that
/// breaks off, or is shorter or longer than announced, ends the connection in the midst of the
/// body, which the peer notices.
Task<bool> Session::send_source(const Response& response) {
    const bool is_chunked = !response.length && parser_->takes_chunks();
    std::uint64_t left = response.length.value_or(UINT64_MAX);
    source_ = response.source.get();
    if (is_ending_) source_->end_soon();
    bool is_whole = false;
    while (!is_ended_) {
        // The head goes first: a source may take long for its first piece.
        if (!co_await flush()) break;
        if (give_away(*source_, is_chunked)) co_return true;
        const auto piece = co_await next_piece();
        if (!piece || piece->size() > left) break;
        if (piece->empty()) {
            is_whole = !response.length || left == 0;
            break;
        }
        left -= piece->size();
        if (is_chunked) append_chunk_size(out_, piece->size());
        if (piece->size() <= copied_bytes_max) {
            out_.append(*piece);
        } else if (!co_await flush(*piece)) {
            break;
        }
        if (is_chunked) out_.append("\r\n");
    }
    source_ = nullptr;
    if (is_whole && is_chunked) out_.append("0\r\n\r\n");
    if (is_whole) co_return co_await flush();
    const bool is_our_fault = !is_ended_;
    end_now();
    co_return is_our_fault;
}

}  // namespace acme::http
