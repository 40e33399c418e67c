#pragma once

/// The memory of uploads: a fixed number of buffers of one part each. Belongs to one thread.

#include "io/loop/line.hpp"
#include "io/objects/store.hpp"
#include "io/telemetry/telemetry.hpp"

#include <memory>
#include <span>
#include <vector>

namespace prometheus {
class Gauge;
}

namespace acme::files {

class Buffers;

/// One buffer, until it is gone.
class Buffer {
public:
    Buffer(Buffers& owner, std::unique_ptr<char[]> bytes);
    Buffer(Buffer&& other) noexcept = default;
    Buffer& operator=(Buffer&&) = delete;
    ~Buffer();

    bool is_full() const { return used_ == objects::part_bytes; }
    std::string_view text() const { return {bytes_.get(), used_}; }
    void clear() { used_ = 0; }

    /// Takes as much as there is room for, and tells how much that was.
    std::size_t fill(std::string_view bytes);

private:
    Buffers* owner_;
    std::unique_ptr<char[]> bytes_;  // null: moved from
    std::size_t used_ = 0;
};

class Buffers {
public:
    /// Memory is taken with the first use of each, and kept.
    Buffers(std::size_t count, Telemetry& telemetry);

    /// Waits for its turn. Errors: uploads.busy (unavailable) after `time_max`.
    Task<Result<Buffer>> take(std::chrono::milliseconds time_max);

private:
    friend class Buffer;

    void give_back(std::unique_ptr<char[]> bytes);

    std::size_t left_;  // never used so far
    std::vector<std::unique_ptr<char[]>> free_;
    Line<std::unique_ptr<char[]>> waiting_;
    prometheus::Gauge& in_use_;
};

}  // namespace acme::files
