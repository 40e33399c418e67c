#pragma once

/// Words to bytes, bytes to replies. Source: the Redis serialization protocol, version 2; reading
/// is done by hiredis.

#include "io/redis/client.hpp"

#include <memory>
#include <span>

struct redisReader;

namespace acme::redis {

/// What a server that hangs on to its sense never sends; more is taken for a broken stream.
inline constexpr std::size_t reply_bytes_max = std::size_t{64} * 1024 * 1024;

void append_command(std::string& out, std::span<const std::string> words);

/// A reply, or the text of an error reply, "NOSCRIPT No matching script".
using Spoken = std::expected<Reply, std::string>;

class ReplyReader {
public:
    ReplyReader();

    /// False when the bytes are no RESP; nothing can be read after that.
    bool feed(std::string_view bytes);

    /// The next whole reply, oldest first.
    std::optional<Spoken> next();

    bool is_broken() const { return is_broken_; }

private:
    struct Free {
        void operator()(redisReader* reader) const;
    };

    std::unique_ptr<redisReader, Free> reader_;
    std::size_t unread_ = 0;  // bytes since the last whole reply
    bool is_broken_ = false;
};

}  // namespace acme::redis
