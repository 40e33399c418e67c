#pragma once

/// Whether the bytes of one request are those that were meant. Private to platform/uploads.

#include "platform/uploads/uploads.hpp"

#include <memory>

struct evp_md_ctx_st;

namespace acme::uploads {

class ChecksumCheck {
public:
    explicit ChecksumCheck(Checksum expected);

    void add(std::string_view bytes);

    /// Once, when all has been added.
    bool is_right();

private:
    struct Free {
        void operator()(evp_md_ctx_st* context) const;
    };

    Checksum expected_;
    std::unique_ptr<evp_md_ctx_st, Free> context_;
};

}  // namespace acme::uploads
