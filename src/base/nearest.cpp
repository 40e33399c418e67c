#include "base/nearest.hpp"

#include <algorithm>
#include <numeric>

namespace acme {
namespace {

/// Edits of one character, and neighbours that changed places, between two names.
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before_last;
    std::vector<std::size_t> last(b.size() + 1);
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(last.begin(), last.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
            row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + change});
            const bool is_swap =
                i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && change == 1;
            if (is_swap) row[j] = std::min(row[j], before_last[j - 2] + 1);
        }
        before_last = last;
        last = row;
    }
    return last[b.size()];
}

}  // namespace

std::string_view nearest(std::string_view text, const std::vector<std::string_view>& words) {
    std::string_view near;
    std::size_t least = 3;  // two edits are a slip; three are another word
    for (std::string_view word : words) {
        const bool continues = text.starts_with(word) && text.size() <= word.size() + 4;
        const std::size_t edits = continues ? 1 : distance(text, word);
        if (edits < least && edits * 2 < word.size()) {
            least = edits;
            near = word;
        }
    }
    return near;
}

}  // namespace acme
