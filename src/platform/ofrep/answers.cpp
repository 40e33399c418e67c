#include "platform/ofrep/answers.hpp"

#include "base/text.hpp"

#include <array>
#include <forward_list>
#include <vector>

namespace acme::ofrep {
namespace {

constexpr std::string_view lacks_unit =
    R"(,"errorCode":"TARGETING_KEY_MISSING","errorDetails":"The context names no unit that this flag goes by."})";

std::string_view word_of(flags::Reason reason, Words words) {
    if (reason == flags::Reason::fallthrough && words == Words::strict) return "UNKNOWN";
    return flags::word_of(reason);
}

/// What follows the members of an answer, by its reason: most have nothing else.
class Ends {
public:
    explicit Ends(Words words) {
        for (std::size_t i = 0; i < ends_.size(); ++i) {
            ends_[i].append(R"(,"reason":")").append(word_of(static_cast<flags::Reason>(i), words));
            ends_[i] += R"("})";
        }
    }

    static const Ends& of(Words words) {
        static const Ends usual(Words::usual);
        static const Ends strict(Words::strict);
        return words == Words::strict ? strict : usual;
    }

    std::string_view of(flags::Reason reason) const {
        return ends_[static_cast<std::size_t>(reason)];
    }

private:
    std::array<std::string, flags::reason_count> ends_;
};

bool is_plain(const flags::Evaluation& evaluation) {
    return evaluation.prerequisite == flags::no_prerequisite && !has_failed(evaluation);
}

/// What follows the members of an answer that is not plain.
std::string end_of(
    const flags::Snapshot& snapshot,
    std::uint32_t flag,
    const flags::Evaluation& evaluation,
    std::string_view plain
) {
    if (has_failed(evaluation)) return std::string(lacks_unit);
    std::string end(plain.substr(0, plain.size() - 1));
    append_json_string(
        end.append(R"(,"metadata":{"prerequisite":)"),
        snapshot.prerequisite_of(flag, evaluation.prerequisite)
    );
    return end.append("}}");
}

/// Where the text that was copied to `at` ends.
char* copy(char* at, std::string_view text) { return at + text.copy(at, text.size()); }

}  // namespace

bool has_failed(const flags::Evaluation& evaluation) {
    return !evaluation.has_value() && evaluation.fault == flags::Fault::targeting_key_missing;
}

void append_answer(
    std::string& body,
    const flags::Snapshot& snapshot,
    std::uint32_t flag,
    const flags::Evaluation& evaluation,
    Words words
) {
    const std::string_view plain = Ends::of(words).of(evaluation.reason);
    body.append("{").append(snapshot.members_of(flag, evaluation.value));
    if (is_plain(evaluation))
        body.append(plain);
    else
        body.append(end_of(snapshot, flag, evaluation, plain));
}

std::string all_flags(
    flags::Flags& flags, const flags::Subject& subject, Words words, std::string_view more
) {
    constexpr std::string_view begin = R"({"flags":[)";
    const Ends& plain = Ends::of(words);
    const std::vector<flags::Answer> answers = flags.evaluate_all(subject);
    std::vector<std::string_view> ends(answers.size());
    std::forward_list<std::string> made;  // of those that are not plain
    std::size_t bytes = begin.size() + more.size() + 2;
    for (std::uint32_t flag = 0; flag < answers.size(); ++flag) {
        const flags::Evaluation& evaluation = answers[flag].evaluation;
        ends[flag] = plain.of(evaluation.reason);
        if (!is_plain(evaluation)) {
            ends[flag] =
                made.emplace_front(end_of(*subject.snapshot(), flag, evaluation, ends[flag]));
        }
        bytes += answers[flag].members.size() + ends[flag].size() + 2;
    }
    std::string body;
    body.resize_and_overwrite(bytes, [&](char* const text, std::size_t) {
        char* at = copy(text, begin);
        for (std::size_t flag = 0; flag < answers.size(); ++flag) {
            if (flag > 0) *at++ = ',';
            *at++ = '{';
            at = copy(copy(at, answers[flag].members), ends[flag]);
        }
        return copy(copy(copy(at, "]"), more), "}") - text;
    });
    return body;
}

}  // namespace acme::ofrep
