#pragma once

/// Redis as rooms see it: a copy that may be gone at any time. Each thread has its own client.
///
/// Every call has a deadline of 5 ms and stands behind a breaker (design/backend.md, 7.5): Redis
/// that hangs must not hold requests up. So a failure is a value here, not an exception: every
/// caller has a way to go on without Redis.

#include "base/result.hpp"
#include "base/secret.hpp"
#include "base/task.hpp"
#include "io/telemetry/telemetry.hpp"

#include <chrono>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace acme::redis {

/// Why there is no reply.
enum class Failure : std::uint8_t {
    unreachable,  // no connection, or it broke
    late,         // no reply within the deadline
    open,         // the breaker is open: nothing was sent
    refused,      // Redis answered with an error
};

/// A RESP reply. nil is std::monostate.
struct Reply {
    using Value = std::variant<std::monostate, std::int64_t, std::string, std::vector<Reply>>;
    Value value;

    bool is_nil() const { return std::holds_alternative<std::monostate>(value); }
    const std::string* text() const { return std::get_if<std::string>(&value); }
    const std::int64_t* integer() const { return std::get_if<std::int64_t>(&value); }
    const std::vector<Reply>* list() const { return std::get_if<std::vector<Reply>>(&value); }
};

template <class T>
using Answer = std::expected<T, Failure>;

/// A Lua script with a name, which labels its span. A constant at namespace scope.
class Script {
public:
    consteval Script(const char* name, const char* lua) : name_(name), lua_(lua) {}

    const char* name() const { return name_; }
    const char* lua() const { return lua_; }

private:
    const char* name_;
    const char* lua_;
};

struct Options {
    Secret url;  // see parse_url()
    std::chrono::milliseconds deadline{5};
    std::string authorities = "";  // PEM, for rediss://; "": those that the system trusts
};

class Client {
public:
    /// Connects with the first call. Throws std::invalid_argument for a URL that parse_url()
    /// refuses; the configuration has asked before.
    Client(Options options, Telemetry& telemetry);
    ~Client();
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    /// One command, "SET", "key", "value". Many run at once over one connection. Cannot be
    /// cancelled: the deadline bounds the wait.
    Task<Answer<Reply>> run(trace::Context context, std::vector<std::string> words);

    /// Hears the reply to a call that was given up as late, or that none will come. Until then
    /// nobody knows whether it was carried out.
    using Late = std::function<void(const Answer<Reply>& reply)>;

    /// EVALSHA, and EVAL once when the server does not know the script.
    Task<Answer<Reply>> run(
        trace::Context context,
        const Script& script,
        std::vector<std::string> keys,
        std::vector<std::string> args,
        Late late = nullptr
    );

    /// What the last call found: for /readyz, doctor and the dashboard.
    bool is_up() const;

    /// Refuses a server that is too old; one that cannot be reached is none of this call's
    /// business, since the program starts without it (ENV-2). Errors: redis.too_old (conflict).
    Task<Result<>> check_server(trace::Context context);

    /// Ends the connection; what still waits fails.
    void close();

private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace acme::redis
