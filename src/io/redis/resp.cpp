#include "io/redis/resp.hpp"

#include "base/text.hpp"

#include <hiredis/hiredis.h>
#include <hiredis/read.h>

#include <new>

namespace acme::redis {
namespace {

Reply to_reply(const redisReply& from) {
    switch (from.type) {
        case REDIS_REPLY_INTEGER: return {std::int64_t{from.integer}};
        case REDIS_REPLY_ARRAY: {
            std::vector<Reply> list;
            list.reserve(from.elements);
            for (std::size_t i = 0; i < from.elements; ++i) {
                list.push_back(to_reply(*from.element[i]));
            }
            return {std::move(list)};
        }
        case REDIS_REPLY_STRING:
        case REDIS_REPLY_STATUS:
        case REDIS_REPLY_ERROR: return {std::string(from.str, static_cast<std::size_t>(from.len))};
        default: return {};
    }
}

}  // namespace

void append_command(std::string& out, std::span<const std::string> words) {
    out += '*';
    append_number(out, static_cast<std::int64_t>(words.size()));
    for (const std::string& word : words) {
        out += "\r\n$";
        append_number(out, static_cast<std::int64_t>(word.size()));
        out += "\r\n";
        out += word;
    }
    out += "\r\n";
}

void ReplyReader::Free::operator()(redisReader* reader) const { redisReaderFree(reader); }

ReplyReader::ReplyReader() : reader_(redisReaderCreate()) {
    if (reader_ == nullptr) throw std::bad_alloc();
}

bool ReplyReader::feed(std::string_view bytes) {
    unread_ += bytes.size();
    if (unread_ > reply_bytes_max ||
        redisReaderFeed(reader_.get(), bytes.data(), bytes.size()) != REDIS_OK) {
        is_broken_ = true;
    }
    return !is_broken_;
}

std::optional<Spoken> ReplyReader::next() {
    void* read = nullptr;
    if (is_broken_ || redisReaderGetReply(reader_.get(), &read) != REDIS_OK) {
        is_broken_ = true;
        return std::nullopt;
    }
    if (read == nullptr) return std::nullopt;
    unread_ = 0;
    const std::unique_ptr<redisReply, decltype(&freeReplyObject)> reply(
        static_cast<redisReply*>(read), freeReplyObject
    );
    if (reply->type == REDIS_REPLY_ERROR) {
        return std::unexpected(std::string(reply->str, static_cast<std::size_t>(reply->len)));
    }
    return to_reply(*reply);
}

}  // namespace acme::redis
