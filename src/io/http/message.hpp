#pragma once

/// Requests and responses as plain values. Beast's types stay in parser.hpp and client.cpp: what
/// includes them takes seconds to compile.

#include "base/identity.hpp"
#include "io/http/body.hpp"
#include "io/telemetry/trace.hpp"

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace acme::http {

enum class Method : std::uint8_t { get, head, post, put, patch, del, options, other };

std::string_view name_of(Method method);

struct Header {
    std::string_view name;
    std::string_view value;
};

/// nullopt where a percent sign is not followed by two hex digits. Forms and URLSearchParams write
/// a space as a plus, in queries only.
std::optional<std::string> percent_decoded(std::string_view text, bool plus_is_space);

/// A head, and the body that follows it. The views point into the connection's buffer and hold
/// until the request has been answered.
struct Request {
    Method method = Method::get;
    std::string_view target = "";  // as sent: path and query
    std::span<const Header> headers = {};
    Body& body;
    std::string_view peer = "";  // address of the connection's other end, without the port

    std::string_view path() const { return target.substr(0, target.find('?')); }

    /// The first one of that name, in any case; "" when there is none.
    std::string_view header(std::string_view name) const;

    /// The first value of `?name=`, percent-decoded; nullopt when it is absent or malformed.
    std::optional<std::string> query(std::string_view name) const;

    /// The value of a cookie; "" when there is none.
    std::string_view cookie(std::string_view name) const;
};

/// The body of an answer that is made while it is sent: a download, a stream of events.
class Source {
public:
    virtual ~Source() = default;

    /// The next bytes, which hold until the next call; "" at the end. An exception cuts the
    /// connection, so that nobody takes a part for the whole.
    virtual Task<std::string_view> read() = 0;

    /// Called once when the server drains: a source without an end (events) ends soon after.
    virtual void end_soon() {}
};

using HeaderList = std::vector<std::pair<std::string, std::string>>;

struct Response {
    int status = 200;
    std::string body = "";
    std::string content_type = "application/json";
    HeaderList headers = {};
    std::unique_ptr<Source> source = nullptr;            // in place of `body`
    std::optional<std::uint64_t> length = std::nullopt;  // of the source; none: sent in chunks
};

/// A request on its way to one handler. Lives until that handler has answered.
struct Call {
    const Request& request;
    trace::Context context;
    std::vector<std::string> params;  // what {placeholders} matched, decoded, from left to right
    std::optional<Identity> identity = std::nullopt;

    /// Only routes whose Access is not anyone() may ask.
    const Identity& who() const { return identity.value(); }
};

}  // namespace acme::http
