#include "platform/sessions/second_step.hpp"

#include "base/text.hpp"
#include "io/http/fields.hpp"
#include "io/http/problem.hpp"
#include "io/pg/database.hpp"
#include "platform/factors/credential_fields.hpp"
#include "platform/sessions/tries.hpp"

namespace acme::sessions {

http::Response mfa_required(const factors::Step& step, const http::Call& call) {
    const Error error{
        .kind = ErrorKind::unauthenticated,
        .code = "sessions.mfa_required",
        .message = "Your second factor is asked for.",
    };
    http::Response response = http::problem(error, call.request.path(), *call.context.trace);
    std::string& body = response.body;
    body.pop_back();
    append_json_string(body.append(R"(,"mfa_token":)"), step.token);
    std::string_view separator = R"(,"methods":[)";
    for (const std::string_view method : step.methods) {
        append_json_string(body.append(separator), method);
        separator = ",";
    }
    body.append("]}");
    return response;
}

std::optional<factors::Presented> read_presented(http::Fields& fields) {
    const auto method = fields.optional_choice("method", {"totp", "recovery", "webauthn"});
    const auto code = fields.optional_text("code", {1, 40});
    auto assertion = factors::read_assertion(fields, "credential");
    if (!method) return std::nullopt;
    const bool is_passkey = *method == "webauthn";
    if (is_passkey && !assertion) {
        fields.complain("credential", "http.field_missing", "What the browser made of a passkey.");
    }
    if (!is_passkey && !code) {
        fields.complain("code", "http.field_missing", "What the app shows, or was kept.");
    }
    std::string text = code.value_or("");
    std::erase(text, ' ');
    return factors::Presented{
        .method = *method, .code = std::move(text), .assertion = std::move(assertion)
    };
}

Task<Result<>> pass_second(
    Judges judges, pg::Transaction& transaction, trace::Context context, Attempt attempt
) {
    const std::string account = "mfa " + attempt.user.str();
    ACME_TRY(co_await judges.tries.admit(context, account, attempt.address));
    factors::Presented& presented = attempt.presented;
    if (presented.assertion && presented.method == "webauthn") {
        ACME_TRY(co_await judges.passkeys.pass(
            transaction, context, attempt.address, attempt.user, *std::move(presented.assertion)
        ));
    } else {
        audit::Actor actor{.name = attempt.user.str(), .ip = attempt.address};
        ACME_TRY(co_await judges.factors.pass(
            transaction, context, std::move(actor), attempt.user, std::move(presented)
        ));
    }
    co_await judges.tries.give_back(context, account, attempt.address);
    co_return done;
}

}  // namespace acme::sessions
