#include "app/dashboard.hpp"

#include "app/assets.hpp"
#include "io/http/router.hpp"

#include <array>

namespace acme::app {
namespace {

using http::Response;

/// The addresses of the dashboard's pages (design/dashboard.md, section 3). The script reads the
/// address; the server sends the same page to all.
constexpr std::array<std::string_view, 5> pages{"/", "/sign-in", "/sign-in/link", "/files", "/me"};

// Nothing from elsewhere, nothing inline, in nobody's frame.
const http::HeaderList page_headers{
    {"Content-Security-Policy",
     "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'; "
     "object-src 'none'"},
    {"X-Content-Type-Options", "nosniff"},
    {"Referrer-Policy", "same-origin"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
};

bool takes(const http::Request& request, std::string_view coding) {
    return request.header("Accept-Encoding").find(coding) != std::string_view::npos;
}

Response show(const http::Request& request, const Asset& asset, std::string_view cache) {
    Response response{.content_type = std::string(asset.content_type), .headers = page_headers};
    const std::string etag = "\"" + std::string(asset.etag) + "\"";
    response.headers.emplace_back("ETag", etag);
    response.headers.emplace_back("Cache-Control", cache);
    response.headers.emplace_back("Vary", "Accept-Encoding");
    if (request.header("If-None-Match") == etag) {
        response.status = 304;
        return response;
    }
    if (takes(request, "br")) {
        response.headers.emplace_back("Content-Encoding", "br");
        response.body = asset.brotli;
    } else if (takes(request, "gzip")) {
        response.headers.emplace_back("Content-Encoding", "gzip");
        response.body = asset.gzip;
    } else {
        response.body = asset.raw;
    }
    return response;
}

Task<Result<Response>> answer_asset(const http::Call& call) {
    const Asset* const asset = find_asset(call.request.path());
    if (asset == nullptr) {
        co_return refuse(ErrorKind::not_found, "dashboard.no_asset", "There is no such file.");
    }
    co_return show(call.request, *asset, "public, max-age=31536000, immutable");
}

Task<Result<Response>> answer_page(const http::Call& call) {
    const Asset* const page = find_asset("/index.html");
    if (page == nullptr) {
        co_return refuse(
            ErrorKind::not_found,
            "dashboard.absent",
            "This program was built without its dashboard."
        );
    }
    co_return show(call.request, *page, "no-cache");
}

void add(http::Router& router, std::string_view pattern, http::Handler handler) {
    router.add({
        .method = http::Method::get,
        .pattern = pattern,
        .access = http::Access::anyone(),
        .body_bytes_max = http::no_body,
        .doc = {.summary = "Shows the dashboard.", .response_type = "text/html"},
        .handler = std::move(handler),
    });
}

}  // namespace

void add_dashboard(http::Router& router) {
    for (std::string_view page : pages) {
        add(router, page, [](const http::Call& call) { return answer_page(call); });
    }
    add(router, "/assets/{name}", [](const http::Call& call) { return answer_asset(call); });
    add(router, "/favicon.svg", [](const http::Call& call) { return answer_asset(call); });
}

}  // namespace acme::app
