#pragma once

/// A request body that comes in pieces, and may break off, for tests that need no socket.

#include "io/http/body.hpp"

#include <algorithm>
#include <string>

namespace acme::testing {

class PiecesBody final : public http::Body {
public:
    explicit PiecesBody(std::string text, std::size_t piece_bytes = 50'000, bool breaks_off = false)
        : text_(std::move(text)), piece_bytes_(piece_bytes), breaks_off_(breaks_off) {}

    Result<> limit(std::size_t bytes_max) override {
        if (text_.size() > bytes_max) return http::body_too_large();
        return {};
    }

    Task<Result<std::string_view>> read() override {
        const std::string_view rest = std::string_view(text_).substr(at);
        if (rest.empty() && breaks_off_) {
            co_return refuse(ErrorKind::invalid, "http.body_cut_off", "The body broke off.");
        }
        const std::string_view piece = rest.substr(0, std::min(rest.size(), piece_bytes_));
        at += piece.size();
        co_return piece;
    }

    std::size_t at = 0;  // so much was read

private:
    std::string text_;
    std::size_t piece_bytes_;
    bool breaks_off_;
};

}  // namespace acme::testing
