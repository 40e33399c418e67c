#include "app/dashboard.hpp"

#include "app/assets.hpp"
#include "app/operations.hpp"
#include "app/platform.hpp"
#include "io/http/router.hpp"

#include <array>

namespace acme::app {
namespace {

using assets::Asset;
using assets::Coding;
using assets::Kept;
using http::Response;

/// The addresses of the dashboard's pages (design/dashboard.md, section 3). The script reads the
/// address; the server sends the same page to all.
constexpr std::array<std::string_view, 22> pages{
    "/",        "/sign-in",      "/sign-in/link", "/sign-up",       "/verify",
    "/forgot",  "/reset",        "/invite",       "/releases",      "/releases/{id}",
    "/fleet",   "/audit",        "/files",        "/access",        "/device",
    "/mailbox", "/organization", "/webhooks",     "/webhooks/{id}", "/me",
    "/jobs",    "/jobs/{id}",
};

// Nothing from elsewhere, nothing inline, in nobody's frame.
const http::HeaderList page_headers{
    {"Content-Security-Policy",
     "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'; "
     "object-src 'none'"},
    {"X-Content-Type-Options", "nosniff"},
    {"Referrer-Policy", "same-origin"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
};

constexpr std::string_view for_ever = "public, max-age=31536000, immutable";
constexpr std::string_view ask_again = "no-cache";

constexpr std::chrono::seconds keep_pause{5};

Coding coding_for(const http::Request& request) {
    const std::string_view taken = request.header("Accept-Encoding");
    if (taken.contains("br")) return Coding::brotli;
    if (taken.contains("gzip")) return Coding::gzip;
    return Coding::identity;
}

std::string_view content_of(const Asset& asset, Coding coding) {
    switch (coding) {
        case Coding::identity: return asset.raw;
        case Coding::gzip: return asset.gzip;
        case Coding::brotli: return asset.brotli;
    }
    return asset.raw;
}

Kept copy_of(const Asset& asset, Coding coding) {
    return {
        .content_type = std::string(asset.content_type),
        .etag = std::string(asset.etag),
        .content = std::string(content_of(asset, coding)),
    };
}

Response show(const http::Request& request, Kept file, std::string_view cache) {
    Response response{.content_type = std::move(file.content_type), .headers = page_headers};
    const std::string etag = "\"" + file.etag + "\"";
    response.headers.emplace_back("ETag", etag);
    response.headers.emplace_back("Cache-Control", cache);
    response.headers.emplace_back("Vary", "Accept-Encoding");
    if (request.header("If-None-Match") == etag) {
        response.status = 304;
        return response;
    }
    const Coding coding = coding_for(request);
    if (coding == Coding::brotli) response.headers.emplace_back("Content-Encoding", "br");
    if (coding == Coding::gzip) response.headers.emplace_back("Content-Encoding", "gzip");
    response.body = std::move(file.content);
    return response;
}

Task<Result<Response>> answer_asset(assets::Assets& kept, const http::Call& call) {
    const http::Request& request = call.request;
    if (const Asset* const own = find_asset(request.path())) {
        co_return show(request, copy_of(*own, coding_for(request)), for_ever);
    }
    const std::string path(request.path());
    auto found = co_await kept.find(call.context, path, coding_for(request));
    if (found) co_return show(request, *std::move(found), for_ever);
    co_return refuse(ErrorKind::not_found, "dashboard.no_asset", "There is no such file.");
}

Task<Result<Response>> answer_icon(const http::Call& call) {
    const Asset* const icon = find_asset(call.request.path());
    if (icon == nullptr) {
        co_return refuse(ErrorKind::not_found, "dashboard.no_asset", "There is no such file.");
    }
    co_return show(call.request, copy_of(*icon, coding_for(call.request)), ask_again);
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
    co_return show(call.request, copy_of(*page, coding_for(call.request)), ask_again);
}

/// Whether the address was typed or followed by a person.
bool is_navigation(const http::Request& request) {
    const bool is_read =
        request.method == http::Method::get || request.method == http::Method::head;
    return is_read && request.header("Accept").find("text/html") != std::string_view::npos;
}

bool is_of_the_api(std::string_view path) { return path == "/v1" || path.starts_with("/v1/"); }

void add(http::Router& router, std::string_view pattern, http::Handler handler) {
    router.add({
        .method = http::Method::get,
        .pattern = pattern,
        .access = http::Access::anyone(),
        .body_bytes_max = http::no_body,
        .doc = {.summary = "Shows the dashboard.", .response_type = "text/html"},
        .handler = std::move(handler),
        .is_metered = false,
    });
}

}  // namespace

Task<Result<Response>> answer_unknown(const http::Call& call) {
    const Asset* const page = find_asset("/index.html");
    if (page == nullptr || !is_navigation(call.request) || is_of_the_api(call.request.path())) {
        co_return refuse(ErrorKind::not_found, "http.no_route", "There is nothing here.");
    }
    // Never 304: what the browser has is another address's page.
    co_return Response{
        .status = 404,
        .body = std::string(page->raw),
        .content_type = std::string(page->content_type),
        .headers = page_headers,
    };
}

void add_dashboard(http::Router& router, assets::Assets& kept) {
    for (std::string_view page : pages) {
        add(router, page, [](const http::Call& call) { return answer_page(call); });
    }
    add(router, "/assets/{name}", [&kept](const http::Call& call) {
        return answer_asset(kept, call);
    });
    add(router, "/favicon.svg", [](const http::Call& call) { return answer_icon(call); });
}

Task<bool> keep_assets(Platform& platform) {
    trace::Trace trace(platform.clock, platform.random);
    const auto context = trace.begin(std::nullopt, 0);
    try {
        std::vector<std::string> running;
        const nodes::Fleet fleet = co_await platform.nodes.list(context);
        running.reserve(fleet.nodes.size());
        for (const nodes::Node& node : fleet.nodes) running.push_back(node.self.release);
        co_await platform.assets.keep(
            context, platform.config.release, hashed_assets(), std::move(running)
        );
        co_return true;
    } catch (const pg::Fault& fault) {
        platform.log.warn("dashboard.assets_not_kept", {{"reason", fault.what()}});
        co_return false;
    }
}

Task<> keep_assets_later(Platform& platform, const Readiness& readiness) {
    while (!readiness.is_draining()) {
        for (auto left = keep_pause; !readiness.is_draining() && left.count() > 0; --left) {
            co_await sleep_for(std::chrono::seconds(1));
        }
        if (!readiness.is_draining() && co_await keep_assets(platform)) co_return;
    }
}

}  // namespace acme::app
