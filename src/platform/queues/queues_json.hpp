#pragma once

/// Jobs and queues as the API shows them. Private to platform/queues.

#include "io/http/router.hpp"
#include "work/pull/pull.hpp"
#include "work/queues/adding.hpp"
#include "work/queues/finding.hpp"
#include "work/queues/throughput.hpp"

#include <boost/json/object.hpp>

#include <span>

namespace acme::queues {

std::span<const http::Schema> schemas();
std::span<const http::Schema> pull_schemas();

/// Payloads and outputs without what looks like a secret.
boost::json::object to_json(const Job& job);
boost::json::object to_json(const Details& details);
boost::json::object to_json(const Cause& cause);
boost::json::object to_json(const QueueState& state);
boost::json::object to_json(const pull::Worker& worker);
boost::json::object to_json(const Minute& minute);

/// As its worker gets it: whole.
boost::json::object to_json(const pull::Fetched& job);

/// `text` as JSON; null for "" and for what is none.
boost::json::value parsed(std::string_view text);

}  // namespace acme::queues
