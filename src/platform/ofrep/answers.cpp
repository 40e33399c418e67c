#include "platform/ofrep/answers.hpp"

#include "base/text.hpp"

#include <array>

namespace acme::ofrep {
namespace {

constexpr std::size_t flag_bytes = 96;  // of an answer, about

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
    if (has_failed(evaluation)) {
        body.append(snapshot.members_of(flag)).append(R"(,"errorCode":")");
        body.append(flags::word_of(evaluation.fault));
        body.append(R"(","errorDetails":"The context names no unit that this flag goes by.")");
        return;
    }
    if (evaluation.has_value()) {
        body.append(snapshot.value_of(flag, evaluation.value).members);
    } else {
        body.append(snapshot.members_of(flag));
    }
    body.append(Ends::of(words).of(evaluation.reason));
    if (evaluation.prerequisite == flags::no_prerequisite) return;
    append_json_string(
        body.append(R"(,"metadata":{"prerequisite":)"),
        snapshot.prerequisite_of(flag, evaluation.prerequisite)
    );
    body.append("}");
}

std::string all_flags(
    flags::Flags& flags, const flags::Subject& subject, Words words, std::string_view more
) {
    const flags::Snapshot& snapshot = *subject.snapshot();
    std::string body;
    body.reserve(flag_bytes * (snapshot.size() + 2) + more.size());
    body.append(R"({"flags":[)");
    const std::uint32_t count = snapshot.size();
    for (std::uint32_t flag = 0; flag < count; ++flag) {
        body.append(flag == 0 ? "{" : "},{");
        append_answer(body, snapshot, flag, flags.evaluate(flag, subject), words);
    }
    return body.append(count == 0 ? "]" : "}]").append(more).append("}");
}

}  // namespace acme::ofrep
