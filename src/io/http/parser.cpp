#include "io/http/parser.hpp"

#include <boost/beast/core/string.hpp>
#include <boost/beast/http/error.hpp>

#include <functional>

namespace acme::http {
namespace {

using boost::beast::http::verb;

Method method_of(verb verb) {
    switch (verb) {
        case verb::get: return Method::get;
        case verb::head: return Method::head;
        case verb::post: return Method::post;
        case verb::put: return Method::put;
        case verb::patch: return Method::patch;
        case verb::delete_: return Method::del;
        case verb::options: return Method::options;
        default: return Method::other;
    }
}

}  // namespace

void Parser::on_request_impl(verb verb, Text, Text target, int version, Code& error) {
    method_ = method_of(verb);
    version_ = version;
    target_ = target;
    // "*" and "host:port" are for proxies; every route begins with a slash.
    if (!target_.starts_with('/')) error = boost::beast::http::error::bad_target;
}

void Parser::on_field_impl(boost::beast::http::field field, Text name, Text value, Code& error) {
    if (is_header_done()) return;  // a trailer: its bytes will not stay
    if (count_ == headers_max) {
        error = boost::beast::http::error::header_limit;
        return;
    }
    // A value that goes on in the next line comes from a copy that Beast is about to drop. Nobody
    // sends one any more. Source: RFC 9112, 5.2: it is refused, or mended.
    if (!is_in_buffer(value)) {
        error = boost::beast::http::error::bad_value;
        return;
    }
    headers_[count_++] = {.name = name, .value = value};
    if (field == boost::beast::http::field::host) ++hosts_;
    if (field == boost::beast::http::field::expect && version_ >= 11) {
        awaits_continue_ = boost::beast::iequals(value, "100-continue");
    }
}

bool Parser::is_in_buffer(Text text) const {
    const std::less_equal<const char*> is_before;
    return text.empty() || (is_before(bytes_.data(), text.data()) &&
                            is_before(text.data() + text.size(), bytes_.data() + bytes_.size()));
}

/// Source: RFC 9112, 3.2: a request with no Host, or with two, is to be refused.
void Parser::on_header_impl(Code& error) {
    const bool is_sound = hosts_ == 1 || (hosts_ == 0 && version_ < 11);
    if (!is_sound) error = boost::beast::http::error::bad_field;
}

std::size_t Parser::on_body_impl(Text bytes, Code&) {
    piece_ = bytes;
    return bytes.size();
}

std::size_t Parser::on_chunk_body_impl(std::uint64_t, Text bytes, Code&) {
    piece_ = bytes;
    return bytes.size();
}

}  // namespace acme::http
