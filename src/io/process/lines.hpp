#pragma once

/// Cuts a stream of bytes into lines.

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace acme::process {

/// Without its line end. Called on the loop's thread; must not throw.
using LineSink = std::function<void(std::string_view line)>;

class Lines {
public:
    /// A longer line is delivered in pieces of this size.
    static constexpr std::size_t line_bytes_max = 64 * 1024;

    void add(std::string_view bytes, const LineSink& sink);

    /// Delivers what has no line end, when the stream has ended.
    void finish(const LineSink& sink);

private:
    std::string rest_;
};

}  // namespace acme::process
