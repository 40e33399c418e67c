#include "io/process/lines.hpp"

namespace acme::process {

void Lines::add(std::string_view bytes, const LineSink& sink) {
    while (!bytes.empty()) {
        const auto end = bytes.find('\n');
        const auto room = line_bytes_max - rest_.size();
        const auto piece = bytes.substr(0, std::min(end, room));
        rest_.append(piece);
        bytes.remove_prefix(piece.size());
        const bool is_ended = !bytes.empty() && bytes.front() == '\n';
        if (is_ended) bytes.remove_prefix(1);
        if (!is_ended && rest_.size() < line_bytes_max) return;
        sink(rest_);
        rest_.clear();
    }
}

void Lines::finish(const LineSink& sink) {
    if (!rest_.empty()) sink(rest_);
    rest_.clear();
}

}  // namespace acme::process
