#include "platform/sessions/proof_fields.hpp"

#include "io/http/fields.hpp"
#include "platform/accounts/email.hpp"

namespace acme::sessions {
namespace {

std::string digits_of(std::string_view code) {
    std::string digits;
    for (const char c : code) {
        if (c != ' ' && c != '-') digits += c;
    }
    return digits;
}

}  // namespace

accounts::Brought read_proof(http::Fields& fields) {
    accounts::Brought brought{
        .token = fields.optional_text("token", {1, 100}).value_or(""),
        .email = fields.optional_text("email", {1, accounts::email_bytes_max}).value_or(""),
        .code = digits_of(fields.optional_text("code", {1, 20}).value_or("")),
    };
    if (brought.token.empty() && (brought.email.empty() || brought.code.empty())) {
        fields.complain(
            "token", "accounts.proof_missing", "The token of the link, or the email and the code."
        );
    }
    return brought;
}

std::string account_of(std::string_view use, const std::string& email) {
    const std::string normal = accounts::normalize_email(email).value_or(email);
    return std::string(use).append(" ").append(normal);
}

std::string account_of(const accounts::Brought& brought) {
    return brought.token.empty() ? account_of("code", brought.email) : "";
}

}  // namespace acme::sessions
