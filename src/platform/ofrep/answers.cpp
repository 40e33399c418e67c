#include "platform/ofrep/answers.hpp"

#include "base/text.hpp"

#include <array>
#include <forward_list>
#include <vector>

namespace acme::ofrep {
namespace {

constexpr std::string_view lacks_unit =
    R"(,"errorCode":"TARGETING_KEY_MISSING","errorDetails":"The context names no unit that this flag goes by.")";

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
            ends_[i] += '"';
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

/// An answer, without its braces.
struct Answer {
    std::string_view members;
    std::string_view rest;
};

/// `made` keeps what it points to beside the snapshot.
Answer answer_of(
    const flags::Snapshot& snapshot,
    std::uint32_t flag,
    const flags::Evaluation& evaluation,
    const Ends& ends,
    std::forward_list<std::string>& made
) {
    if (has_failed(evaluation)) return {snapshot.members_of(flag), lacks_unit};
    const std::string_view members = evaluation.has_value()
                                         ? snapshot.value_of(flag, evaluation.value).members
                                         : snapshot.members_of(flag);
    const std::string_view end = ends.of(evaluation.reason);
    if (evaluation.prerequisite == flags::no_prerequisite) return {members, end};
    std::string& rest = made.emplace_front(end);
    append_json_string(
        rest.append(R"(,"metadata":{"prerequisite":)"),
        snapshot.prerequisite_of(flag, evaluation.prerequisite)
    );
    return {members, rest.append("}")};
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
    std::forward_list<std::string> made;
    const Answer answer = answer_of(snapshot, flag, evaluation, Ends::of(words), made);
    body.append(answer.members).append(answer.rest);
}

std::string all_flags(
    flags::Flags& flags, const flags::Subject& subject, Words words, std::string_view more
) {
    constexpr std::string_view begin = R"({"flags":[)";
    const flags::Snapshot& snapshot = *subject.snapshot();
    const std::uint32_t count = snapshot.size();
    const Ends& ends = Ends::of(words);
    std::forward_list<std::string> made;
    std::vector<Answer> answers;
    answers.reserve(count);
    std::size_t bytes = begin.size() + more.size() + 2;
    for (std::uint32_t flag = 0; flag < count; ++flag) {
        const auto evaluation = flags.evaluate(flag, subject);
        answers.push_back(answer_of(snapshot, flag, evaluation, ends, made));
        bytes += answers.back().members.size() + answers.back().rest.size() + 3;
    }
    std::string body;
    body.resize_and_overwrite(bytes, [&](char* const text, std::size_t) {
        char* at = copy(text, begin);
        for (const Answer& answer : answers) {
            at = copy(at, &answer == answers.data() ? "{" : ",{");
            at = copy(copy(at, answer.members), answer.rest);
            *at++ = '}';
        }
        return copy(copy(copy(at, "]"), more), "}") - text;
    });
    return body;
}

}  // namespace acme::ofrep
