#include "platform/files/multipart.hpp"

#include "platform/files/name.hpp"

#include <algorithm>

namespace acme::files {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool begins_with(std::string_view text, std::string_view begin) {
    return text.size() >= begin.size() &&
           std::ranges::equal(text.substr(0, begin.size()), begin, {}, lower, lower);
}

std::unexpected<Error> malformed() {
    return refuse(
        ErrorKind::invalid, "files.multipart_malformed", "This is no multipart/form-data body."
    );
}

std::string_view trimmed(std::string_view text) {
    const auto begin = text.find_first_not_of(" \t");
    if (begin == text.npos) return "";
    return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

}  // namespace

std::optional<std::string> boundary_of(std::string_view content_type) {
    constexpr std::string_view type = "multipart/form-data";
    constexpr std::string_view key = "boundary=";
    constexpr std::size_t boundary_bytes_max = 70;
    if (!begins_with(content_type, type)) return std::nullopt;
    std::string_view rest = content_type.substr(type.size());
    while (!rest.empty() && !begins_with(trimmed(rest), key)) {
        rest.remove_prefix(std::min(rest.find(';'), rest.size() - 1) + 1);
    }
    rest = trimmed(rest);
    rest.remove_prefix(std::min(key.size(), rest.size()));
    if (rest.starts_with('"')) {
        rest.remove_prefix(1);
        rest = rest.substr(0, rest.find('"'));
    } else {
        rest = trimmed(rest.substr(0, rest.find(';')));
    }
    return std::string(rest.size() <= boundary_bytes_max ? rest : "");
}

/// What stands before the first delimiter counts as if a line end stood before it.
FilePart::FilePart(http::Body& body, std::string_view boundary)
    : body_(body), delimiter_("\r\n--" + std::string(boundary)), in_("\r\n") {}

Task<Result<>> FilePart::begin() {
    if (delimiter_ == "\r\n--") co_return malformed();
    const std::size_t first = ACME_TRY(co_await find(delimiter_, frame_bytes_max));
    in_.erase(0, first + delimiter_.size());
    while (ACME_TRY(co_await next_part())) {
        if (disposition_.find("filename") != disposition_.npos) co_return done;
        const std::size_t end = ACME_TRY(co_await find(delimiter_, frame_bytes_max));
        in_.erase(0, end + delimiter_.size());
    }
    co_return refuse(
        ErrorKind::invalid, "files.multipart_empty", "The form has no part with a file name."
    );
}

Task<Result<std::string_view>> FilePart::read() {
    if (is_file_over_) co_return "";
    in_.erase(0, taken_);
    taken_ = 0;
    while (true) {
        const auto at = in_.find(delimiter_);
        if (at == 0) {
            ACME_TRY(co_await finish());
            co_return "";
        }
        // Without the delimiter in it, its first bytes may still be the last ones.
        const std::size_t sure =
            at != in_.npos ? at : in_.size() - std::min(in_.size(), delimiter_.size() - 1);
        if (sure > 0) {
            taken_ = sure;
            co_return std::string_view(in_).substr(0, sure);
        }
        if (!ACME_TRY(co_await fetch())) co_return malformed();
    }
}

/// False at the end of the body.
Task<Result<bool>> FilePart::fetch() {
    const std::string_view piece = ACME_TRY(co_await body_.read());
    in_ += piece;
    co_return !piece.empty();
}

/// Where `mark` stands in in_; reads on until it is there.
Task<Result<std::size_t>> FilePart::find(std::string_view mark, std::size_t bytes_max) {
    while (true) {
        const auto at = in_.find(mark);
        if (at != in_.npos) {
            framed_ += at;
            if (at > bytes_max || framed_ > frame_bytes_max) co_return malformed();
            co_return at;
        }
        if (in_.size() > bytes_max + mark.size()) co_return malformed();
        if (!ACME_TRY(co_await fetch())) co_return malformed();
    }
}

/// Behind a delimiter: the head of the next part is read, or there is none.
Task<Result<bool>> FilePart::next_part() {
    while (in_.size() < 2) {
        if (!ACME_TRY(co_await fetch())) co_return malformed();
    }
    if (in_.starts_with("--")) co_return false;
    const std::size_t end = ACME_TRY(co_await find("\r\n\r\n", head_bytes_max));
    if (!read_head(std::string_view(in_).substr(0, end + 2))) co_return malformed();
    in_.erase(0, end + 4);
    co_return true;
}

bool FilePart::read_head(std::string_view head) {
    disposition_.clear();
    content_type_.clear();
    head.remove_prefix(std::min(head.find('\n'), head.size() - 1) + 1);  // of the delimiter's line
    while (!head.empty()) {
        const auto end = head.find("\r\n");
        if (end == head.npos) return false;
        const std::string_view line = head.substr(0, end);
        head.remove_prefix(end + 2);
        const auto colon = line.find(':');
        if (colon == line.npos) return false;
        const std::string_view value = trimmed(line.substr(colon + 1));
        if (begins_with(line, "content-disposition:")) disposition_ = value;
        if (begins_with(line, "content-type:")) content_type_ = value;
    }
    return !disposition_.empty();
}

/// The file is over; what else is there may be fields, but no other file.
Task<Result<>> FilePart::finish() {
    is_file_over_ = true;
    in_.erase(0, delimiter_.size());
    const std::string disposition = disposition_;
    const std::string content_type = content_type_;
    while (ACME_TRY(co_await next_part())) {
        if (disposition_.find("filename") != disposition_.npos) {
            co_return refuse(
                ErrorKind::invalid, "files.multipart_many", "A request takes one file."
            );
        }
        const std::size_t end = ACME_TRY(co_await find(delimiter_, frame_bytes_max));
        in_.erase(0, end + delimiter_.size());
    }
    disposition_ = disposition;
    content_type_ = content_type;
    in_.clear();
    while (ACME_TRY(co_await fetch())) {
        framed_ += in_.size();
        in_.clear();
        if (framed_ > frame_bytes_max) co_return malformed();
    }
    co_return done;
}

}  // namespace acme::files
