#include "platform/files/remote.hpp"

#include "io/http/json.hpp"

namespace acme::files {
namespace {

constexpr std::size_t answer_bytes_max = std::size_t{4} * 1024 * 1024;

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

/// What the platform says of it, for a person.
std::unexpected<Error> refused(int status, std::string_view body) {
    std::string said = "The platform answers " + std::to_string(status) + ".";
    const auto problem = http::parse_object(body);
    const auto* const detail = problem ? problem->if_contains("detail") : nullptr;
    if (detail != nullptr && detail->is_string()) said = detail->get_string();
    return refuse(kind_of(status), "files.refused", std::move(said));
}

}  // namespace

Remote::Remote(fetch::Client& fetch, Options options)
    : fetch_(fetch), options_(std::move(options)) {}

Task<Result<fetch::Response>> Remote::send(trace::Context context, fetch::Request request) {
    request.headers.emplace_back("Authorization", "Bearer " + std::string(options_.key.reveal()));
    try {
        fetch::Response response = co_await fetch_.send(context, std::move(request));
        if (response.status() < 400) co_return response;
        co_return refused(response.status(), co_await response.read_all(answer_bytes_max));
    } catch (const fetch::Fault&) {
        co_return refuse(
            ErrorKind::unavailable, "files.unreachable", "The platform does not answer."
        );
    }
}

Task<Result<boost::json::object>> Remote::ask(
    trace::Context context,
    std::string_view method,
    std::string path,
    std::string json,
    fetch::HeaderList headers
) {
    if (!json.empty()) headers.emplace_back("Content-Type", "application/json");
    fetch::Request request{
        .name = "files.ask",
        .method = std::string(method),
        .url = options_.url + path,
        .headers = std::move(headers),
        .body = json,
    };
    auto response = ACME_TRY(co_await send(context, std::move(request)));
    if (response.status() == 204) co_return boost::json::object();
    try {
        co_return ACME_TRY(http::parse_object(co_await response.read_all(answer_bytes_max)));
    } catch (const fetch::Fault&) {
        co_return refuse(
            ErrorKind::unavailable, "files.unreachable", "The platform's answer broke off."
        );
    }
}

}  // namespace acme::files
