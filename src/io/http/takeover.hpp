#pragma once

/// The body of an answer that outlives its session: thousands of streams that say something now and
/// then, each of which would otherwise hold the session's buffer and its tasks. The session sends
/// the head, gives the connection away and ends.

#include "io/http/message.hpp"
#include "io/http/stream.hpp"

namespace acme::http {

/// A connection without a session. Nobody waits for it: what is said fits into the kernel's buffer,
/// or the peer has left or does not read.
class Held : public std::enable_shared_from_this<Held> {
public:
    /// `is_chunked`: the head has announced it.
    Held(Socket socket, bool is_chunked);

    /// False when not all of it was taken: then there is nothing left to do with it.
    bool send(std::string_view text);

    /// Calls `gone` once, on the loop, when the peer has left; never after this object is gone.
    void watch(std::function<void()> gone);

private:
    void wait();

    Socket socket_;
    std::function<void()> gone_;
    bool is_chunked_;
};

/// Over TLS it is read() as any other source.
class Takeover : public Source {
public:
    /// Called once, in place of read().
    virtual void take(std::shared_ptr<Held> connection) = 0;
};

}  // namespace acme::http
