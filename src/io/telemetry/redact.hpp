#pragma once

/// Keeps secrets out of what is written down: log lines, span attributes, audit rows, notes.
///
/// Three layers. A Secret (base/secret.hpp) cannot be formatted at all. The value of a field whose
/// name says that it is secret is replaced. And in any text whatever looks like a credential is:
/// our keys (ack_, whsec_), session cookies (v1.), JSON web tokens, PEM, ids of cloud keys, Bearer
/// and Basic, card numbers, the user part of a URL, and the value behind a secret name in a query,
/// a form, a connection string, a header or JSON. It rather takes too much than too little.

#include <string>
#include <string_view>

namespace acme {

/// Stands where a secret stood.
inline constexpr std::string_view redaction_mask = "[redacted]";

/// "password", "X-Api-Key", "signingKey", "set-cookie", "otp", "code" …, in any spelling.
bool is_secret_name(std::string_view name);

/// `text`, or redaction_mask in place of the value or of each credential in it.
std::string redacted(std::string_view key, std::string_view text);

/// `text` itself when nothing in it looks like a credential; else `scratch`, which then holds it
/// without. What is common costs a glance at each byte and no memory.
std::string_view redact(std::string_view text, std::string& scratch);

/// JSON without secrets, by names at any depth and by sight; other bytes stay as they are. What is
/// no JSON is treated as text.
std::string redacted_json(std::string_view json);

}  // namespace acme
