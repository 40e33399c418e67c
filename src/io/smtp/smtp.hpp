#pragma once

/// Hands mails to a server by SMTP, over libcurl on threads beside the loop. Certificates are
/// always checked, against the system's authorities (or SSL_CERT_FILE); proxies of the environment
/// are not asked. Source: RFC 5321, RFC 6409.

#include "base/result.hpp"
#include "base/secret.hpp"
#include "base/task.hpp"
#include "io/loop/beside.hpp"
#include "io/telemetry/telemetry.hpp"

#include <string>

namespace acme::smtp {

struct Letter {
    std::string to;       // one address, ASCII
    std::string subject;  // one line, ASCII
    std::string text;     // UTF-8; lines end in \n
};

struct Options {
    Secret url;                   // smtp://user:password@host:587, smtps://host
    std::string from;             // an address, ASCII
    bool demands_tls = false;     // also without a password; see send()
    std::size_t at_once_max = 1;  // mails under way, each on a thread of its own
};

class Client {
public:
    Client(Options options, Loop& loop, Telemetry& telemetry);

    /// Returns when the server has taken it; what it does not say within 30 seconds has failed.
    /// More than Options::at_once_max wait for each other. `message_id` is without the brackets.
    /// smtp: is encrypted by STARTTLS where the server offers it, and must be when the URL has a
    /// password or Options demand it; to this machine itself it is never.
    ///
    /// Errors: smtp.refused (invalid): the server will never take this mail; smtp.unavailable
    /// (unavailable): it may later; loop.busy (unavailable). None names an address or repeats the
    /// server's words.
    Task<Result<>> send(trace::Context context, Letter letter, std::string message_id);

private:
    Options options_;
    Telemetry& telemetry_;
    Beside beside_;
};

}  // namespace acme::smtp
