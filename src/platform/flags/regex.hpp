#pragma once

/// A regular expression that somebody typed: RE2, which takes linear time whatever it is.

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace re2 {
class RE2;
}

namespace acme::flags {

class Regex {
public:
    static constexpr int memory_max = 1 << 20;  // of the compiled expression, bytes

    /// `pattern` has no problem.
    explicit Regex(const std::string& pattern);
    ~Regex();
    Regex(Regex&&) noexcept;
    Regex& operator=(Regex&&) noexcept;

    /// What is wrong with it, in words.
    static std::optional<std::string> problem_of(const std::string& pattern);

    /// Anywhere in the text. Any thread.
    bool matches(std::string_view text) const;

private:
    std::unique_ptr<const re2::RE2> compiled_;
};

}  // namespace acme::flags
