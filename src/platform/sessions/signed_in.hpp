#pragma once

/// What all ways of signing in share. For .cpp files, like io/http/json.hpp.

#include "io/http/message.hpp"
#include "platform/sessions/sessions.hpp"

namespace acme::sessions {

/// The session as JSON, with its cookie.
http::Response signed_in(Sessions::Begun begun);

Origin origin_of(const Sessions& sessions, const http::Call& call, std::string method);

/// A new session at every sign-in; the one before it in this browser has no owner any more. Who
/// that was is asked here, for the router does not where anyone may come.
Task<std::optional<Identity>> former_of(Sessions& sessions, const http::Call& call);

/// auth_events_total: signing in and out, by what became of it. Both are literals.
void count_event(Metrics& metrics, const char* kind, const char* result);

}  // namespace acme::sessions
