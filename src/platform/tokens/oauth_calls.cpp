#include "platform/tokens/oauth_calls.hpp"

namespace acme::tokens {

http::Response refusal(int status, std::string_view code, std::string_view about) {
    http::Response response =
        http::json(status, boost::json::object{{"error", code}, {"error_description", about}});
    response.headers.emplace_back("Cache-Control", "no-store");
    if (status == 401) response.headers.emplace_back("WWW-Authenticate", R"(Basic realm="acme")");
    return response;
}

bool is_form(const http::Request& request) {
    const std::string_view type = request.header("Content-Type");
    return type.substr(0, type.find(';')) == form_type;
}

http::Response no_store(boost::json::object body) {
    http::Response response = http::json(200, std::move(body));
    response.headers.emplace_back("Cache-Control", "no-store");
    return response;
}

}  // namespace acme::tokens
