#include "platform/flags/subject.hpp"

#include "platform/flags/compiled.hpp"

#include <array>
#include <charconv>

namespace acme::flags {

Subject::Subject(
    std::shared_ptr<const Snapshot> snapshot, WallTime now, std::shared_ptr<Tally> tally
)
    : snapshot_(std::move(snapshot)), tally_(std::move(tally)), now_(now) {
    if (!snapshot_) return;
    compiled_ = &snapshot_->compiled();
    index_ = &compiled_->index;
    attributes_.resize(compiled_->slot_count);
}

void Subject::set(std::string_view name, std::string_view text) {
    if (!snapshot_) return;
    const auto& slots = snapshot_->compiled().slots;
    const auto found = slots.find(name);
    if (found == slots.end()) return;
    attributes_[found->second] = {
        .text = std::string(text), .hash = hash_text(text), .is_present = true
    };
}

void Subject::set(std::string_view name, double number) {
    std::array<char, 32> digits{};
    const auto written = std::to_chars(digits.data(), digits.data() + digits.size(), number);
    set(name, std::string_view(digits.data(), written.ptr));
}

void Subject::set(std::string_view name, std::int64_t number) {
    set(name, std::string_view(std::to_string(number)));
}

void Subject::set(std::string_view name, bool yes) {
    set(name, std::string_view(yes ? "true" : "false"));
}

}  // namespace acme::flags
