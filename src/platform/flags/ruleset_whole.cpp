// What only the whole rule set shows: names that others use, and what waits for what.
#include "platform/flags/ruleset.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace acme::flags {
namespace {

class Whole {
public:
    explicit Whole(const Ruleset& ruleset) : ruleset_(ruleset) {}

    std::vector<FieldError> finish() && {
        if (!is_key(ruleset_.environment)) {
            add("/environment", "flags.key", "This must be the key of an environment.");
        }
        if (ruleset_.flags.size() > flags_max) add("/flags", "flags.too_many", "At most 10000.");
        if (ruleset_.segments.size() > segments_max) {
            add("/segments", "flags.too_many", "At most 1000.");
        }
        segments();
        flags();
        for (std::size_t i = 0; i < ruleset_.flags.size(); ++i) {
            const Flag& flag = ruleset_.flags[i];
            const std::string pointer = "/flags/" + std::to_string(i);
            append(problems_of(flag, pointer));
            prerequisites(pointer, flag);
            for (std::size_t k = 0; k < flag.rules.size(); ++k) {
                segments_used(pointer + "/rules/" + std::to_string(k) + "/if", flag.rules[k]);
            }
        }
        chains();
        return std::move(problems_);
    }

private:
    void add(std::string pointer, std::string code, std::string detail) {
        problems_.push_back({std::move(pointer), std::move(code), std::move(detail)});
    }

    void append(std::vector<FieldError> more) {
        std::ranges::move(more, std::back_inserter(problems_));
    }

    void segments() {
        for (std::size_t i = 0; i < ruleset_.segments.size(); ++i) {
            const Segment& segment = ruleset_.segments[i];
            const std::string pointer = "/segments/" + std::to_string(i);
            append(problems_of(segment, pointer));
            if (!segments_.insert(segment.key).second) {
                add(pointer + "/key", "flags.duplicate", "Another segment has this key.");
            }
        }
    }

    void flags() {
        for (std::size_t i = 0; i < ruleset_.flags.size(); ++i) {
            if (flags_.emplace(ruleset_.flags[i].key, i).second) continue;
            const std::string pointer = "/flags/" + std::to_string(i) + "/key";
            add(pointer, "flags.duplicate", "Another flag has this key.");
        }
    }

    void segments_used(const std::string& pointer, const Rule& rule) {
        for (std::size_t i = 0; i < rule.clauses.size(); ++i) {
            if (rule.clauses[i].op != Op::segment) continue;
            const auto& values = rule.clauses[i].values;
            for (std::size_t k = 0; k < values.size(); ++k) {
                if (segments_.contains(values[k])) continue;
                const std::string at = pointer + "/" + std::to_string(i) + "/values/";
                add(at + std::to_string(k), "flags.unknown_segment", "There is no such segment.");
            }
        }
    }

    static bool has(const std::vector<Variant>& variants, std::string_view key) {
        return std::ranges::find(variants, key, &Variant::key) != variants.end();
    }

    void prerequisites(const std::string& pointer, const Flag& flag) {
        for (std::size_t i = 0; i < flag.prerequisites.size(); ++i) {
            const Prerequisite& one = flag.prerequisites[i];
            const std::string at = pointer + "/prerequisites/" + std::to_string(i);
            const auto found = flags_.find(one.flag);
            if (found == flags_.end()) {
                add(at + "/flag", "flags.unknown_flag", "There is no such flag.");
                continue;
            }
            const Flag& other = ruleset_.flags[found->second];
            for (std::size_t k = 0; k < one.variants.size(); ++k) {
                if (has(other.variants, one.variants[k])) continue;
                add(at + "/variants/" + std::to_string(k),
                    "flags.unknown_variant",
                    "That flag has no such variant.");
            }
        }
    }

    struct Chain {
        bool is_open = false;  // is being looked at: whoever meets it again is in a cycle
        bool is_done = false;
        std::size_t depth = 0;
        std::size_t evaluations = 1;
    };

    static constexpr std::size_t followed_max = 64;

    /// A chain that is longer than any may be is not followed to its end: it is refused all the
    /// same, and the stack of a thread has one too.
    const Chain& follow(std::size_t index, std::size_t depth) {
        Chain& chain = chains_[index];
        if (chain.is_done || chain.is_open || depth > followed_max) return chain;
        chain.is_open = true;
        const Flag& flag = ruleset_.flags[index];
        const std::string pointer = "/flags/" + std::to_string(index) + "/prerequisites";
        for (std::size_t i = 0; i < flag.prerequisites.size(); ++i) {
            const auto found = flags_.find(flag.prerequisites[i].flag);
            if (found == flags_.end() || found->second == index) continue;
            const Chain other = follow(found->second, depth + 1);
            if (other.is_open) {
                add(pointer + "/" + std::to_string(i) + "/flag",
                    "flags.cycle",
                    "That flag waits, in the end, for this one.");
                continue;
            }
            chain.depth = std::max(chain.depth, other.depth + 1);
            chain.evaluations = std::min(chain.evaluations + other.evaluations, flags_max);
        }
        if (chain.depth > prerequisite_depth_max) {
            add(pointer, "flags.depth", "Flags wait for each other over at most 8 steps.");
        } else if (chain.evaluations > prerequisite_evaluations_max) {
            add(pointer, "flags.depth", "A flag waits for at most 256 others, each way counted.");
        }
        chain.is_open = false;
        chain.is_done = true;
        return chain;
    }

    void chains() {
        chains_.resize(ruleset_.flags.size());
        for (std::size_t i = 0; i < ruleset_.flags.size(); ++i) follow(i, 0);
    }

    const Ruleset& ruleset_;
    std::vector<FieldError> problems_;
    std::set<std::string_view> segments_;
    std::map<std::string_view, std::size_t> flags_;
    std::vector<Chain> chains_;
};

}  // namespace

std::vector<FieldError> problems_of(const Ruleset& ruleset) { return Whole(ruleset).finish(); }

}  // namespace acme::flags
