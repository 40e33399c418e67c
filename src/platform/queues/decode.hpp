#pragma once

/// A job as somebody asks for it, out of JSON. Private to platform/queues.

#include "io/http/fields.hpp"
#include "work/queues/adding.hpp"

namespace acme::queues {

/// Errors: queues.payload_too_large (too_large), http.fields_invalid with queues.name,
/// queues.time, queues.run_at_twice, queues.key_max, queues.unique.
Result<NewJob> job_in(boost::json::object object);

}  // namespace acme::queues
