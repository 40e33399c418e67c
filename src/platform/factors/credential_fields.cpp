#include "platform/factors/credential_fields.hpp"

#include "base/bytes.hpp"
#include "io/http/fields.hpp"

namespace acme::factors {
namespace {

/// What stands in a credential, of which all that is needed is text.
class Parts {
public:
    Parts(http::Fields& fields, std::string_view key) : fields_(fields), key_(key) {
        const auto* const value = fields.any(key);
        if (value == nullptr || value->is_null()) return;
        is_there_ = true;
        credential_ = value->if_object();
        const auto* const response =
            credential_ != nullptr ? credential_->if_contains("response") : nullptr;
        if (response != nullptr) response_ = response->if_object();
        if (response_ == nullptr) complain("must be an object with a response");
    }

    bool is_there() const { return is_there_; }

    std::string id() { return response_ != nullptr ? text(*credential_, "id") : ""; }

    /// Decoded.
    std::string bytes(std::string_view name, bool is_required = true) {
        if (response_ == nullptr) return "";
        const auto* const value = response_->if_contains(name);
        if (!is_required && (value == nullptr || value->is_null())) return "";
        return parse_base64url(text(*response_, name)).value_or("");
    }

private:
    std::string text(const boost::json::object& object, std::string_view name) {
        const auto* const value = object.if_contains(name);
        const bool is_text = value != nullptr && value->is_string();
        std::string found = is_text ? std::string(value->get_string()) : "";
        if (!parse_base64url(found) || found.empty()) {
            complain("needs " + std::string(name) + " in base64url");
        }
        return found;
    }

    void complain(std::string what) {
        fields_.complain(key_, "factors.credential_malformed", std::move(what));
    }

    http::Fields& fields_;
    std::string_view key_;
    bool is_there_ = false;
    const boost::json::object* credential_ = nullptr;
    const boost::json::object* response_ = nullptr;
};

}  // namespace

std::optional<NewCredential> read_new_credential(http::Fields& fields, std::string_view key) {
    Parts parts(fields, key);
    if (!parts.is_there()) return std::nullopt;
    return NewCredential{
        .id = parts.id(),
        .client_data = parts.bytes("clientDataJSON"),
        .authenticator_data = parts.bytes("authenticatorData"),
    };
}

std::optional<Assertion> read_assertion(http::Fields& fields, std::string_view key) {
    Parts parts(fields, key);
    if (!parts.is_there()) return std::nullopt;
    return Assertion{
        .id = parts.id(),
        .client_data = parts.bytes("clientDataJSON"),
        .authenticator_data = parts.bytes("authenticatorData"),
        .signature = parts.bytes("signature"),
        .user_handle = parts.bytes("userHandle", false),
    };
}

}  // namespace acme::factors
