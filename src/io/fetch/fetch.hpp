#pragma once

/// HTTP(S) requests to other programs, over libcurl on the loop of the thread. One Client a thread.
///
/// Redirects are answers like any other, certificates are always checked, proxies of the
/// environment are not asked, and only http: and https: are spoken.

#include "base/task.hpp"
#include "io/telemetry/telemetry.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace acme::fetch {

enum class Reason : std::uint8_t {
    unreachable,  // no such name, refused, no connection in time
    forbidden,    // Options::may_connect takes none of its addresses
    insecure,     // TLS: the certificate is not to be trusted
    timed_out,    // connected, but silent for too long
    broken_off,   // the answer ended early, or is no HTTP
    too_large,    // longer than the caller takes
    busy,         // Options::transfers_max are under way
    closed,       // the client was closed meanwhile
};

/// There is no answer, or only a part of one. The text names the request and the peer, never a
/// header or a query.
class Fault : public std::runtime_error {
public:
    Fault(Reason reason, const std::string& text) : std::runtime_error(text), reason_(reason) {}

    Reason reason() const { return reason_; }

private:
    Reason reason_;
};

using HeaderList = std::vector<std::pair<std::string, std::string>>;

struct Request {
    std::string_view name;  // a literal, "s3.put_part": names the span and faults
    std::string method = "GET";
    std::string url = "";
    HeaderList headers = {};
    std::string_view body = "";  // stays where it is until the response has ended or is gone
    std::chrono::milliseconds connect_time_max{5'000};
    std::chrono::milliseconds answer_time_max{30'000};   // from send() to the head of the answer
    std::chrono::milliseconds silence_time_max{30'000};  // while read() waits
    bool sends_trace = false;  // to our own nodes: traceparent, tracestate and X-Request-Id
};

class Transfer;
class Multi;

/// The head of an answer, and the body that follows it. Gone before the end, it breaks the transfer
/// off and closes its connection.
class Response {
public:
    explicit Response(std::shared_ptr<Transfer> transfer);
    Response(Response&&) noexcept = default;
    Response& operator=(Response&&) noexcept = default;
    ~Response();

    int status() const;

    /// The first one of that name, in any case; "" when there is none.
    std::string_view header(std::string_view name) const;

    /// The next bytes, at most 80 KiB, which hold until the next call; "" at the end. While nobody
    /// reads, at most as many wait in memory, and TCP holds the peer back. Throws Fault.
    Task<std::string_view> read();

    /// The whole. Throws Fault, too_large beyond `bytes_max`.
    Task<std::string> read_all(std::size_t bytes_max);

private:
    std::shared_ptr<Transfer> transfer_;
};

/// Whether a connection to this address, "192.0.2.7" or "2001:db8::7", may be opened.
using MayConnect = std::function<bool(std::string_view address)>;

struct Options {
    std::size_t transfers_max = 256;           // at once, of this thread
    std::size_t idle_connections_max = 64;     // kept open for the next request
    std::string ca_file = "";                  // in place of the system's authorities
    bool needs_tls_1_3 = false;                // nothing older is spoken
    std::string user_agent = "acme-platform";  // "" sends none

    /// Asked for each address when its connection is opened, after the name was looked up: what a
    /// name says at another time counts for nothing. None: every address.
    MayConnect may_connect = {};
};

class Client {
public:
    /// Touches the loop with the first send(). Throws when libcurl cannot be started.
    explicit Client(Telemetry& telemetry, Options options = {});
    ~Client();
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    /// Returns with the head of the answer, whatever its status. A task that is cancelled breaks
    /// the transfer off. Throws Fault, and std::invalid_argument for a header with a line end.
    Task<Response> send(trace::Context context, Request request);

    /// Breaks off what is under way and closes every connection. Call it while the loop lives;
    /// the destructor does so too.
    void close();

private:
    Telemetry& telemetry_;
    Options options_;
    std::shared_ptr<Multi> multi_;  // made by the first send(), on whose loop it runs
    bool is_closed_ = false;
};

}  // namespace acme::fetch
