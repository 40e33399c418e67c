#pragma once

/// Feature flags for everybody else: the OpenFeature Remote Evaluation Protocol 0.3.0. Belongs to a
/// thread.
///
/// Answers are evaluated, not looked up: neither PostgreSQL nor Redis is asked for them, and an
/// outage of both changes nothing but how old they may be.

#include "base/result.hpp"
#include "io/http/message.hpp"
#include "io/redis/cache_meter.hpp"
#include "platform/flag_feed/ground.hpp"
#include "platform/flags/flags.hpp"
#include "platform/ofrep/answers.hpp"
#include "platform/ofrep/asking.hpp"
#include "platform/ofrep/evaluated.hpp"
#include "platform/ofrep/streams.hpp"

namespace acme::ofrep {

/// A node waits so long for the rule set that a reader has heard of.
inline constexpr std::chrono::milliseconds wait_max{200};

class Ofrep {
public:
    /// `region` is where the data of this installation lies. All else outlives it.
    Ofrep(
        std::string region,
        flag_feed::Ground& ground,
        flags::Flags& flags,
        redis::Client& redis,
        Streams& streams,
        Telemetry& telemetry
    );

    /// POST /ofrep/v1/evaluate/flags/{key}. Errors: those of Body::read_all().
    Task<Result<http::Response>> evaluate(const http::Call& call);

    /// POST /ofrep/v1/evaluate/flags, of all flags. Errors: those of Body::read_all().
    Task<Result<http::Response>> evaluate_all(const http::Call& call);

    /// Joins what it left running.
    Task<> close() { return evaluated_.close(); }

private:
    struct Asked {
        std::string environment;
        Words words = Words::usual;
    };

    Asked asked_by(const http::Request& request);
    Task<> wait_for_news(const http::Request& request, std::string environment);
    std::optional<Refusal> refusal_of(const Asked& asked);
    Task<http::Response> answer_from_redis(const http::Call& call, Question question);
    static std::size_t mark_of(const Asked& asked, const http::Call& call, std::string_view body);
    Question question_of(const Asked& asked, const http::Call& call, std::string_view body) const;

    std::string region_;
    flag_feed::Ground& ground_;
    flag_feed::Reader reader_;
    flags::Flags& flags_;
    Streams& streams_;
    Telemetry& telemetry_;
    redis::CacheMeter meter_;
    Evaluated evaluated_;
};

}  // namespace acme::ofrep
