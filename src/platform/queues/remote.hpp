#pragma once

/// The jobs of a platform over its HTTP API with a key: what `acme jobs` works with, from wherever
/// it runs.

#include "base/result.hpp"
#include "base/secret.hpp"
#include "base/task.hpp"
#include "io/fetch/fetch.hpp"

#include <boost/json/object.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace acme::queues {

using Query = std::vector<std::pair<std::string, std::string>>;

class Remote {
public:
    /// `url` is "https://acme.example.com", `key` an API key or a token. `fetch` outlives it.
    Remote(fetch::Client& fetch, std::string url, Secret key);

    /// The answer's object. Errors: queues.refused, of the kind that the status says and with what
    /// the platform said; queues.unreachable (unavailable); queues.url (invalid).
    Task<Result<boost::json::object>> get(trace::Context context, std::string path, Query query);
    Task<Result<boost::json::object>> send(
        trace::Context context, std::string method, std::string path, std::string body
    );

private:
    Task<Result<boost::json::object>> ask(trace::Context context, fetch::Request request);

    fetch::Client& fetch_;
    std::string url_;
    Secret key_;
};

}  // namespace acme::queues
