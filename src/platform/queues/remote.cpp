#include "platform/queues/remote.hpp"

#include "io/http/json.hpp"

#include <boost/json/array.hpp>
#include <boost/url/url.hpp>

namespace acme::queues {
namespace {

constexpr std::size_t answer_bytes_max = std::size_t{16} * 1024 * 1024;

ErrorKind kind_of(int status) {
    switch (status) {
        case 401: return ErrorKind::unauthenticated;
        case 403: return ErrorKind::forbidden;
        case 404: return ErrorKind::not_found;
        case 409: return ErrorKind::conflict;
        case 413: return ErrorKind::too_large;
        case 429: return ErrorKind::rate_limited;
        default: return status >= 500 ? ErrorKind::unavailable : ErrorKind::invalid;
    }
}

std::string text_in(const boost::json::object& object, std::string_view name) {
    const auto* const value = object.if_contains(name);
    return value != nullptr && value->is_string() ? std::string(value->get_string()) : "";
}

/// What the platform says of it, with each field that is wrong, for a person.
std::unexpected<Error> refused(int status, std::string_view body) {
    std::string said = "The platform answers " + std::to_string(status) + ".";
    const auto problem = http::parse_object(body);
    if (problem && !text_in(*problem, "detail").empty()) said = text_in(*problem, "detail");
    const auto* const errors = problem ? problem->if_contains("errors") : nullptr;
    if (errors != nullptr && errors->is_array()) {
        for (const auto& error : errors->get_array()) {
            if (!error.is_object()) continue;
            const auto& field = error.get_object();
            said += "\n  " + text_in(field, "pointer") + ": " + text_in(field, "detail");
        }
    }
    return refuse(kind_of(status), "queues.refused", std::move(said));
}

}  // namespace

Remote::Remote(fetch::Client& fetch, std::string url, Secret key)
    : fetch_(fetch), url_(std::move(url)), key_(std::move(key)) {}

Task<Result<boost::json::object>> Remote::ask(trace::Context context, fetch::Request request) {
    request.name = "queues.ask";
    request.headers.emplace_back("Authorization", "Bearer " + std::string(key_.reveal()));
    int status = 0;
    std::string body;
    try {
        fetch::Response response = co_await fetch_.send(context, std::move(request));
        status = response.status();
        body = co_await response.read_all(answer_bytes_max);
    } catch (const fetch::Fault&) {
        co_return refuse(
            ErrorKind::unavailable, "queues.unreachable", "The platform does not answer."
        );
    }
    if (status >= 400) co_return refused(status, body);
    co_return http::parse_object(body);
}

Task<Result<boost::json::object>> Remote::get(
    trace::Context context, std::string path, Query query
) {
    boost::urls::url address;
    for (const auto& [name, value] : query) address.params().append({name, value});
    fetch::Request request{
        .name = "queues.ask", .url = url_ + path + std::string(address.buffer())
    };
    co_return co_await ask(context, std::move(request));
}

Task<Result<boost::json::object>> Remote::send(
    trace::Context context, std::string method, std::string path, std::string body
) {
    fetch::Request request{.name = "queues.ask", .method = std::move(method), .url = url_ + path};
    if (!body.empty()) request.headers.emplace_back("Content-Type", "application/json");
    request.body = body;
    co_return co_await ask(context, std::move(request));
}

}  // namespace acme::queues
