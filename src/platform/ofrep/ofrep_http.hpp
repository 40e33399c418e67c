#pragma once

#include "io/http/router.hpp"
#include "platform/ofrep/exposures.hpp"
#include "platform/ofrep/ofrep.hpp"
#include "platform/ofrep/rulesets.hpp"

namespace acme::ofrep {

/// All of one thread; they outlive the router.
struct Room {
    Ofrep& ofrep;
    Streams& streams;
    Rulesets& rulesets;
    Exposures& exposures;
};

/// /ofrep/v1/evaluate/flags, /ofrep/v1/evaluate/flags/{key}, /ofrep/v1/stream, /v1/flags/ruleset,
/// /v1/flags/ruleset/lists/{id}, /v1/flags/stream and /v1/flags/exposures.
void add_routes(http::Router& router, Room room);

/// A refusal as OFREP's readers know it, where the path is one of theirs: errorCode GENERAL and
/// errorDetails stand beside what every refusal of ours has. For http::ServiceOptions.
void add_ofrep_words(const http::Request& request, http::Response& refusal);

}  // namespace acme::ofrep
