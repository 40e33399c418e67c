#include "platform/ofrep/evaluated.hpp"

#include "base/bytes.hpp"
#include "base/hash.hpp"
#include "platform/flag_feed/copy.hpp"

namespace acme::ofrep {
namespace {

constexpr std::size_t written_max = 4096;

std::string key_of(std::int64_t version, const Question& question) {
    return flag_feed::key_of(
        question.environment,
        "eval:" + std::to_string(version) + ":" + to_base64url(sha256(question.text))
    );
}

}  // namespace

bool Evaluated::wants(std::size_t mark) {
    const SteadyTime now = telemetry_.clock.steady();
    const auto found = written_.find(mark);
    if (found != written_.end() && now - found->second < rewrite_after) return false;
    if (now - second_ >= std::chrono::seconds(1)) {
        second_ = now;
        writes_ = 0;
    }
    if (writes_ >= writes_per_second_max || tasks_.size() >= writes_per_second_max) return false;
    ++writes_;
    if (written_.size() >= written_max) written_.clear();
    written_[mark] = now;
    return true;
}

void Evaluated::keep(
    const Executor& executor, std::uint64_t version, Question question, std::string body
) {
    tasks_.spawn(executor, "flags.evaluated", write(version, std::move(question), std::move(body)));
}

Task<> Evaluated::write(std::uint64_t version, Question question, std::string body) {
    trace::Trace trace(telemetry_.clock, telemetry_.random);
    // It is a copy of what was answered: nothing is lost with it.
    (void)co_await redis_.run(
        trace.begin(std::nullopt, 0),
        {"SET",
         key_of(static_cast<std::int64_t>(version), question),
         std::move(body),
         "EX",
         std::to_string(flag_feed::copy_seconds)}
    );
}

Task<std::optional<std::string>> Evaluated::find(trace::Context context, Question question) {
    const auto version =
        co_await flag_feed::read_copied_version(redis_, context, question.environment);
    if (version == 0) co_return std::nullopt;
    const auto reply = co_await redis_.run(context, {"GET", key_of(version, question)});
    if (!reply || reply->text() == nullptr) co_return std::nullopt;
    co_return *reply->text();
}

}  // namespace acme::ofrep
